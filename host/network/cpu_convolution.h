// Convolutions on the processor: patches gathered and multiplied by the filters, groups of signals at a time. Operands are floats or
// bfloat16; what is multiplied and added up is floats in any case. Work is cut by shapes alone.
#pragma once

#include <algorithm>
#include <vector>

#include "host/network/cpu_operands.h"
#include "host/support/gemm.h"
#include "host/support/thread_pool.h"
#include "kernels/convolution.h"

namespace friedel {

template <class Value>
class CpuConvolution {
public:
    explicit CpuConvolution(ThreadPool& pool) : pool_(pool) {}

    // As Backend has them.
    void forward(Value* out, const Value* in, const Value* filters, const ConvolutionShape& shape, int rows) {
        const float* const weights = as_floats(filters, shape);
        for_groups(shape, rows, [&](int first, int signals, Scratch& scratch) {
            gather(scratch.patches, in, shape, first, signals);
            const int positions = signals * shape.positions();
            scratch.values.resize(static_cast<std::size_t>(positions) * shape.filters);
            gemm_on_this_thread(scratch.values.data(), scratch.patches.data(), Transpose::no, weights, Transpose::yes, positions,
                                shape.filters, shape.patch());
            for (int i = 0; i < signals; ++i)
                convert(out + operand_row<Value>(first + i, shape.outputs()), scratch.values.data() + offset(i, shape.outputs()),
                        shape.outputs());
        });
    }

    void backward_filters(float* gradient, const Value* out_gradient, const Value* in, const ConvolutionShape& shape, int rows) {
        const std::size_t size = offset(shape.filters, shape.patch());
        const int share = (rows + shares - 1) / shares;
        partial_.assign(shares * size, 0.0f);
        prepare_products(pool_.size());
        pool_.run(shares, [&](int i, int) {
            thread_local Scratch scratch;
            const int end = std::min(rows, (i + 1) * share);
            for (int first = i * share; first < end; first += group_of(shape)) {
                const int signals = std::min(group_of(shape), end - first);
                gather(scratch.patches, in, shape, first, signals);
                take(scratch.values, out_gradient, shape.outputs(), first, signals);
                gemm_on_this_thread(partial_.data() + i * size, scratch.values.data(), Transpose::yes, scratch.patches.data(),
                                    Transpose::no, shape.filters, shape.patch(), signals * shape.positions(), true);
            }
        });
        std::copy_n(partial_.begin(), size, gradient);
        for (int i = 1; i < shares; ++i) {
            const float* const part = partial_.data() + i * size;
            for (std::size_t j = 0; j < size; ++j) gradient[j] += part[j];
        }
    }

    void backward_input(Value* in_gradient, const Value* out_gradient, const Value* filters, const ConvolutionShape& shape, int rows) {
        const float* const weights = as_floats(filters, shape);
        for_groups(shape, rows, [&](int first, int signals, Scratch& scratch) {
            take(scratch.values, out_gradient, shape.outputs(), first, signals);
            const int positions = signals * shape.positions();
            scratch.patches.resize(offset(positions, shape.patch()));
            gemm_on_this_thread(scratch.patches.data(), scratch.values.data(), Transpose::no, weights, Transpose::no, positions,
                                shape.patch(), shape.filters);
            scratch.values.resize(static_cast<std::size_t>(shape.inputs()));
            for (int i = 0; i < signals; ++i) {
                scatter_patches(scratch.values.data(), scratch.patches.data() + offset(i * shape.positions(), shape.patch()), shape);
                convert(in_gradient + operand_row<Value>(first + i, shape.inputs()), scratch.values.data(), shape.inputs());
            }
        });
    }

private:
    struct Scratch {
        std::vector<float> patches, values;
    };

    static constexpr int rows_per_product = 256;
    static constexpr int shares = 16;  // of the batch, for sums over all of it

    static std::size_t offset(int row, int columns) { return static_cast<std::size_t>(row) * columns; }
    static int group_of(const ConvolutionShape& shape) { return std::max(1, rows_per_product / shape.positions()); }

    // f(first signal, how many, scratch)
    template <class F>
    void for_groups(const ConvolutionShape& shape, int rows, F&& f) {
        const int group = group_of(shape);
        prepare_products(pool_.size());
        pool_.run((rows + group - 1) / group, [&](int i, int) {
            thread_local Scratch scratch;
            f(i * group, std::min(group, rows - i * group), scratch);
        });
    }

    static void gather(std::vector<float>& patches, const Value* in, const ConvolutionShape& shape, int first, int signals) {
        patches.resize(offset(signals * shape.positions(), shape.patch()));
        for (int i = 0; i < signals; ++i)
            gather_patches(patches.data() + offset(i * shape.positions(), shape.patch()),
                           in + operand_row<Value>(first + i, shape.inputs()), shape);
    }

    // Rows of a matrix without the gaps between them.
    static void take(std::vector<float>& values, const Value* matrix, int columns, int first, int rows) {
        values.resize(offset(rows, columns));
        for (int i = 0; i < rows; ++i)
            convert(values.data() + offset(i, columns), matrix + operand_row<Value>(first + i, columns), columns);
    }

    const float* as_floats(const Value* filters, const ConvolutionShape& shape) {
        filters_.resize(offset(shape.filters, shape.patch()));
        for (int i = 0; i < shape.filters; ++i)
            convert(filters_.data() + offset(i, shape.patch()), filters + operand_row<Value>(i, shape.patch()), shape.patch());
        return filters_.data();
    }

    ThreadPool& pool_;
    std::vector<float> filters_, partial_;
};

}  // namespace friedel
