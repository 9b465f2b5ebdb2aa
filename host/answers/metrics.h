// How good a set of answers is: accuracy with bootstrap intervals, what refusing the unsure ones gains, and calibration.
// Works on what was answered, not on how: space groups, extinction groups and crystal systems are all classes here.
#pragma once

#include <cstdint>
#include <vector>

namespace friedel {

// The answer to one pattern whose class is known.
struct Answer {
    int truth, predicted;  // classes
    int rank;              // of the truth among the answers: 0 is the first
    double confidence;     // probability of the first answer
    double entropy;        // nats
    int cluster;           // patterns of one mineral share it: they are drawn together by the bootstrap
    bool correct() const { return rank == 0; }
};

// Judges one row of probabilities [classes]. Of equally probable classes the one with the lower number stands first.
Answer judge(const float* probabilities, int classes, int truth, int cluster);

// A mean over patterns with its 95 % interval: percentiles of means over clusters drawn with replacement.
struct Estimate {
    int count = 0;  // of patterns; the rest is 0 if there are none
    double value = 0, low = 0, high = 0;
};
Estimate bootstrap_mean(const std::vector<double>& values, const std::vector<int>& clusters, std::uint64_t seed = 1);

// Part of the answers whose truth is among the first `top`. Where all or none are, no draw of the bootstrap differs from another, and the
// other end of the interval is that of Clopper and Pearson (1934) for the number of clusters.
Estimate accuracy(const std::vector<Answer>& answers, int top = 1);

// What is answered in order of confidence, and how well that goes.
enum class RefuseBy { entropy, largest_probability };

struct RiskCoverage {
    // [answers] for the 1, 2, ... n surest patterns: accuracy among them, and the entropy or probability of the last of them.
    std::vector<double> accuracy, threshold;
    double area = 0;              // AURC: mean of 1 - accuracy over all coverages
    double at_half_coverage = 0;  // accuracy among the surer half
};
// Patterns that are equally sure count with their mean, so that the result does not hang on the order of the files.
RiskCoverage risk_coverage(const std::vector<Answer>& answers, RefuseBy by);

// Patterns whose confidence lies in one of the equal bins that divide 0 to 1.
struct ReliabilityBin {
    int count = 0;
    double confidence = 0, accuracy = 0;  // means over the bin
};
std::vector<ReliabilityBin> reliability(const std::vector<Answer>& answers, int bins = 15);
// ECE: mean over patterns of |accuracy - confidence| of their bin.
double expected_calibration_error(const std::vector<ReliabilityBin>& bins);
// The ECE that these answers would have if every probability meant what it says: few patterns have one though nothing is wrong. Mean and
// central 95 % over draws in which each answer is right with its own probability; patterns of a cluster are drawn one by one.
Estimate calibration_error_by_chance(const std::vector<Answer>& answers, int bins = 15, std::uint64_t seed = 1);

// [classes][classes] counts, row: truth, column: first answer.
std::vector<int> confusion_matrix(const std::vector<Answer>& answers, int classes);

}  // namespace friedel
