#include "host/training/recovery.h"

#include <optional>

#include "host/support/joined.h"
#include "host/support/text_format.h"
#include "host/training/checkpoint.h"

namespace friedel {

std::string recovery_advice(const std::filesystem::path& output, std::int64_t healthy_step, const OptimiserConfig& optimiser) {
    const float half = optimiser.learning_rate / 2;
    const std::string cure = " --set optimiser.learning_rate=" + formatted("%g", half) + " or --set optimiser.clip_norm=1";
    std::optional<Checkpoint> before;
    std::string later;
    for (const Checkpoint& checkpoint : list_checkpoints(output)) {
        if (checkpoint.step > healthy_step) {
            append_word(later, checkpoint.file.filename().string());
        } else if (checkpoint_fault(checkpoint.file).empty()) {
            before = checkpoint;
        }
    }
    const std::string way = later.empty() ? "" : "remove " + later + " and ";
    if (!before) return way + "start anew with" + cure;
    return way + "go on from step " + std::to_string(before->step) + " with --resume" + cure;
}

}  // namespace friedel
