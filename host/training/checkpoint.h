// Checkpoints of an unfinished training run: MODEL.checkpoint.STEP, HDF5 closed by a line with a checksum of all bytes before it.
// They are written by a thread of their own, under a temporary name first; the newest few are kept, and fewer where the disk is full.
#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "host/support/hdf5_file.h"
#include "host/support/tell.h"

namespace friedel {

extern const FileKind checkpoint_kind;

struct Checkpoint {
    std::int64_t step;
    std::filesystem::path file;
};

// Those of the model file `output`, whole or not, the oldest first.
std::vector<Checkpoint> list_checkpoints(const std::filesystem::path& output);

// What is wrong with the file: "is empty", "is cut short or was never finished", ...; empty where it is whole.
std::string checkpoint_fault(const std::filesystem::path& file);

// The newest one that is whole. Those that were passed over are told, one line each.
std::optional<Checkpoint> newest_whole_checkpoint(const std::filesystem::path& output, const Tell& tell);

// Once the model of a finished run is on the disk.
void remove_checkpoints(const std::filesystem::path& output);

class CheckpointWriter {
public:
    struct Outcome {
        Checkpoint checkpoint;
        std::size_t bytes;
        double seconds;
        std::string fault;  // why it could not be written; empty where it could
    };

    CheckpointWriter(std::filesystem::path output, int kept);

    // Writes the bytes of an H5File in the background, waiting first for the one before. Of a step that is written already: nothing.
    // The newest up to step `spared` stays, beside the newest few.
    void start(std::int64_t step, std::vector<unsigned char> image, std::int64_t spared = -1);
    bool busy() const;  // one is being written, or its outcome has not been asked for
    // What became of the last one, once: when it has ended, or after waiting for that.
    std::optional<Outcome> outcome();
    std::optional<Outcome> wait();

private:
    std::filesystem::path output_;
    int kept_;
    std::int64_t written_step_ = -1;
    std::future<Outcome> writing_;
};

}  // namespace friedel
