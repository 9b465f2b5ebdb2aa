// Files of classifications: written line by line, and gone on with after an interruption.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_set>

#include "host/answers/classification.h"
#include "host/support/hdf5_file.h"

namespace friedel {

extern const FileKind classification_kind;

// Writes results one by one, in the form that the ending asks for: .csv, .jsonl or .h5 (friedel_kind "classification", format 1).
// The file stands under its name once finish() returns; until then lines are in FILE.part, where they stay if the work ends early.
class ClassificationOutput {
public:
    enum class Begin { anew, where_it_ended };

    // answered_by tells one model, library and set of options from others; every result carries it, and where_it_ended (after the whole
    // lines of FILE.part, or else of FILE) throws Error where earlier results carry another, where these are no results, and for .h5.
    // That one of `holders` could not be read gives way to the results of the patterns in it.
    ClassificationOutput(const std::filesystem::path& file, const Model& model, std::size_t patterns, const std::string& answered_by,
                         Begin begin = Begin::anew, const std::unordered_set<std::string>& holders = {});
    ~ClassificationOutput();
    ClassificationOutput(const ClassificationOutput&) = delete;
    ClassificationOutput& operator=(const ClassificationOutput&) = delete;

    // Names of the patterns that were there already.
    const std::unordered_set<std::string>& there_already() const;
    // Those of them that could not be read then.
    const std::unordered_set<std::string>& unread_already() const;
    void add(const Classification& classification);
    // What was added survives the end of this process.
    void flush();
    // Where results are kept if the work ends now; empty if nowhere.
    std::filesystem::path unfinished_file() const;
    void finish();

    class Writer;

private:
    std::unique_ptr<Writer> writer_;
};

// Why no results can be written under this name, with a cure; empty if they can.
std::string fault_of_output_name(const std::filesystem::path& file, ClassificationOutput::Begin begin);

}  // namespace friedel
