#include "tools/output_files.h"

#include <set>

#include "host/support/error.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace fs = std::filesystem;

void refuse_overwriting(const fs::path& output, const std::vector<std::string>& inputs) {
    std::error_code ignored;
    for (const std::string& input : inputs) {
        if (!output.empty() && !input.empty() && fs::equivalent(output, input, ignored))
            fail(output.string(), ": is read by this command and would be written over; name another file to write");
    }
}

void refuse_overwriting(const fs::path& output, const PatternList& patterns) {
    if (!output.empty() && patterns.reads(output))
        fail(output.string(), ": is one of the patterns to be read and would be written over; name another file to write");
}

bool is_json_lines(const fs::path& output) {
    const fs::path ending = output.extension();
    if (!output.empty() && ending != ".csv" && ending != ".jsonl")
        misused(output.string(), ": results are written as .csv or .jsonl; give one of these endings");
    return ending == ".jsonl";
}

void check_hdf5_output(const fs::path& output, const FileKind& kind) {
    check_writable(output);
    std::error_code none;
    if (!(fs::file_size(output, none) > 0) || none) {
        const std::set<std::string> of_others{".cif", ".csv", ".html", ".json", ".jsonl", ".onnx",
                                              ".pt",  ".svg", ".toml", ".tsv",  ".txt",   ".xy"};
        if (of_others.contains(lower_case(output.extension().string())))
            misused(output.string(), ": this command writes HDF5; give a name that ends in .h5");
        return;
    }
    const std::string cure = ", and this command writes a file of kind '" + spaced(kind.name) + "'; name another file, or remove it";
    if (!is_hdf5_file(output)) fail(output.string(), ": is there already and is no HDF5 file", cure);
    std::string found;
    try {
        found = H5File::open_any(output).kind();
    } catch (const Error&) {  // another program's, or damaged
    }
    if (found != kind.name)
        fail(output.string(), ": is there already and ",
             found.empty() ? "is damaged or was not written by friedel" : "holds a " + spaced(found), cure);
}

}  // namespace friedel::tools
