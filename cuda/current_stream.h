// The stream that work goes to. A host thread begins with device 0 whatever others have chosen, and a stream is of use on its own device
// alone: whoever takes the stream gets its device too.
#pragma once

#include "cuda/check.h"

namespace friedel::cuda {

inline void choose_device(int number) {
    static thread_local int chosen = -1;
    if (chosen == number) return;
    check(cudaSetDevice(number), "choosing the device");
    chosen = number;
}

class CurrentStream {
public:
    explicit CurrentStream(int device) : device_(device) {}

    operator cudaStream_t() const {
        choose_device(device_);
        return stream_;
    }
    void use(cudaStream_t stream) { stream_ = stream; }

    // Back to the stream before, however the scope is left.
    class Switch {
    public:
        Switch(CurrentStream& current, cudaStream_t to) : current_(current), before_(current.stream_) { current.stream_ = to; }
        ~Switch() { current_.stream_ = before_; }
        Switch(const Switch&) = delete;
        Switch& operator=(const Switch&) = delete;

    private:
        CurrentStream& current_;
        cudaStream_t before_;
    };

private:
    int device_;
    cudaStream_t stream_ = nullptr;
};

}  // namespace friedel::cuda
