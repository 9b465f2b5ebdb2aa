// What the CUDA libraries create and want destroyed, and memory on the device.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "cuda/check.h"

namespace friedel::cuda {

// A CUDA object with the function that destroys it.
template <class T, auto destroy>
class Owned {
public:
    Owned() = default;
    Owned(Owned&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Owned() {
        if (value_) destroy(value_);
    }
    T* fill() { return &value_; }
    T release() { return std::exchange(value_, T{}); }
    operator T() const { return value_; }

private:
    T value_{};
};

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using Event = Owned<cudaEvent_t, cudaEventDestroy>;
using Graph = Owned<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = Owned<cudaGraphExec_t, cudaGraphExecDestroy>;

// Memory on the device.
template <class T>
class DeviceArray {
public:
    DeviceArray() = default;
    explicit DeviceArray(std::size_t size) : size_(size) {
        if (size > 0) check(cudaMalloc(memory_.fill(), size * sizeof(T)), "allocating device memory");
    }
    DeviceArray(const T* from, std::size_t size) : DeviceArray(size) {
        if (size > 0) check(cudaMemcpy(data(), from, size * sizeof(T), cudaMemcpyHostToDevice), "copying to the device");
        check(cudaDeviceSynchronize(), "copying to the device");  // other streams do not wait for this copy
    }
    T* data() const { return static_cast<T*>(static_cast<void*>(memory_)); }
    std::size_t size() const { return size_; }

private:
    Owned<void*, cudaFree> memory_;
    std::size_t size_ = 0;
};

// Memory of the device for one stage after another of one stream. It never shrinks, and what it was before it grew stays: a recorded step
// may still point there.
template <class T>
class DeviceScratch {
public:
    T* at_least(std::size_t size) {
        if (size == 0) return nullptr;
        if (grown_.empty() || grown_.back().size() < size) grown_.emplace_back(size);
        return grown_.back().data();
    }

private:
    std::vector<DeviceArray<T>> grown_;
};

}  // namespace friedel::cuda
