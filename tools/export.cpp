// friedel export: writes a model for other programs to run.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/answers/onnx_file.h"
#include "host/support/error.h"
#include "host/support/text_file.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::string model, output;
    bool onnx = false, half = false, bytes = false;
    double megabytes = 0;  // largest file with rounded weights; 0: not asked for
};

// A byte for each weight, rounded as finely as a file of so many megabytes holds, to within 3 %.
void write_within(const std::filesystem::path& file, const Model& model, double megabytes) {
    constexpr double finest = 0.01, coarsest = 1;  // steps in root mean squares of a unit's weights: errors of 0.3 and 30 %
    struct Draft {
        std::filesystem::path path;
        ~Draft() {
            std::error_code ignored;
            std::filesystem::remove(path, ignored);
        }
    } const draft{file.string() + ".draft." + std::to_string(::getpid())};
    const auto write_draft = [&](double step) {
        model.write(draft.path, Model::Weights::byte, static_cast<float>(step));
        const bool fits = static_cast<double>(std::filesystem::file_size(draft.path)) <= 1e6 * megabytes;
        return fits;
    };
    if (!write_draft(finest)) {
        double too_fine = finest, step = coarsest;
        if (!write_draft(step)) {
            fail(file.string(), ": a network of ", model.shape.text(), " does not fit into ", megabytes,
                 " MB; ask for more, or train a smaller one");
        }
        while (step > 1.03 * too_fine) {
            const double between = std::sqrt(step * too_fine);
            (write_draft(between) ? step : too_fine) = between;
        }
        write_draft(step);  // the last one tried may have been too large
    }
    std::filesystem::rename(draft.path, behind_links(file));
}

int run(const Options& o) {
    const bool stays_a_model = o.megabytes > 0 || o.half || o.bytes;
    refuse_overwriting(o.output, {o.model});
    if (stays_a_model) {
        check_hdf5_output(o.output, model_kind);
    } else {
        check_replaceable(o.output, onnx_beginning);
        if (std::filesystem::path(o.output).extension() != ".onnx")
            misused(o.output, ": would hold ONNX; give the ending .onnx, or --half, --bytes or --megabytes for a model of friedel");
    }
    const Model model = Model::read(o.model);
    if (o.megabytes > 0) {
        write_within(o.output, model, o.megabytes);
    } else if (o.half || o.bytes) {
        model.write(o.output, o.half ? Model::Weights::half : Model::Weights::byte);
    } else {
        write_onnx(o.output, model);
    }
    std::printf("%s: %s", o.output.c_str(), model.shape.text().c_str());
    if (model.members.size() > 1) std::printf(", ensemble of %zu", model.members.size());
    std::printf(", %.1f MB\n", static_cast<double>(std::filesystem::file_size(o.output)) / 1e6);
    return 0;
}

}  // namespace

std::function<int()> export_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("MODEL", o->model, "Trained model (.h5)")->required();
    auto* const forms = app.add_option_group("forms", "One of");
    forms->add_flag("--onnx", o->onnx, "As ONNX (opset 13), for onnxruntime and others");
    forms->add_flag("--half", o->half, "As a model of Friedel's with weights in half precision: half the size");
    forms->add_flag("--bytes", o->bytes, "As a model of Friedel's with a byte for each weight: a quarter of the size");
    forms
        ->add_option("--megabytes", o->megabytes,
                     "As a model of Friedel's with weights rounded until the file has no more than so many: measure what that costs with "
                     "'friedel evaluate'")
        ->check(above_zero());
    forms->require_option(1);
    app.add_option("-o,--output", o->output, "File to write")->required();
    app.footer(
        "Input: pattern [batch][points], preprocessed as the file's metadata say. Outputs: probabilities [batch][classes], the mean over "
        "the\n"
        "ensemble as calibrated, and logits [batch][classes], of an ensemble [members][batch][classes]. Example:\n"
        "  friedel export model.h5 --onnx -o model.onnx");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
