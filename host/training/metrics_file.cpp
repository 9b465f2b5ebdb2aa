#include "host/training/metrics_file.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "host/support/text_file.h"

namespace friedel {

namespace {

const char* const header =
    "step,patterns,seconds,patterns_per_second,learning_rate,loss,accuracy,simulated_loss,simulated_accuracy,"
    "measured_loss,measured_accuracy,skipped_steps\n";

const std::filesystem::path& with_rows_kept(const std::filesystem::path& file, std::int64_t resumed_step) {
    check_replaceable(file, "step,patterns,");
    std::string kept = header;
    if (resumed_step > 0) {
        std::ifstream before(file);
        std::string line;
        std::getline(before, line);
        // A last line without its end may be half a row.
        while (std::getline(before, line) && !before.eof() && std::atoll(line.c_str()) <= resumed_step) kept += line + "\n";
    }
    write_text_file(file, kept);
    return file;
}

}  // namespace

MetricsFile::MetricsFile(const std::filesystem::path& file, std::int64_t resumed_step, const Tell& tell)
    : lines_(with_rows_kept(file, resumed_step), header[0], tell) {}

void MetricsFile::row(const TrainingReport& report) {
    char text[256];
    std::snprintf(text, sizeof text, "%lld,%lld,%.2f,%.1f,%.6g", static_cast<long long>(report.step),
                  static_cast<long long>(report.patterns), report.seconds, report.patterns_per_second, report.learning_rate);
    std::string line = text;
    std::snprintf(text, sizeof text, ",%.6g,%.4f", report.loss, report.accuracy);
    line += std::isfinite(report.loss) ? text : ",,";  // where all steps were skipped
    for (const auto& result : {report.validated.simulated, report.validated.measured}) {
        std::snprintf(text, sizeof text, ",%.6g,%.4f", result ? result->loss : 0.0, result ? result->accuracy : 0.0);
        line += result ? text : ",,";
    }
    lines_.append(line + "," + std::to_string(report.skipped_steps));
}

}  // namespace friedel
