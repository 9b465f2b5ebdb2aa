// Files of classifications: written line by line, and gone on with after an interruption.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "host/answers/classification.h"
#include "host/answers/result_lines.h"
#include "host/support/hdf5_file.h"

namespace friedel {

extern const FileKind classification_kind;

// Writes results one by one, in the form that the ending asks for: .csv, .jsonl or .h5 (friedel_kind "classification", format 1).
// The file stands under its name once finish() returns; until then lines are in FILE.part, where they stay if the work ends early.
class ClassificationOutput {
public:
    enum class Begin { anew, where_it_ended };

    // answered_by tells one model, library and set of options from others; every result carries it, and where_it_ended (after the whole
    // lines of FILE.part, or else of FILE) throws Error where earlier results carry another, where these are no results, and for .h5; as
    // where another process writes the file. What is outdated of earlier results is taken out.
    ClassificationOutput(const std::filesystem::path& file, const Model& model, std::size_t patterns, const std::string& answered_by,
                         Begin begin = Begin::anew, const OutdatedResults& outdated = {});
    ~ClassificationOutput();
    ClassificationOutput(const ClassificationOutput&) = delete;
    ClassificationOutput& operator=(const ClassificationOutput&) = delete;

    // What was there already.
    const EarlierResults& earlier() const;
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
