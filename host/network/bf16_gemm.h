// Matrix products of bfloat16 on the processor, summed in single precision; the only module that knows oneDNN. The result is cut into
// tiles that depend on its shape alone, each computed by one thread, so that it is bitwise the same for any number of threads.
// Rows of a bfloat16 matrix start bf16_stride(columns) elements apart; a float result has no gaps.
#pragma once

#include <memory>
#include <string>

#include "host/network/bfloat16.h"
#include "host/support/gemm.h"

namespace friedel {

// Rows start on cache lines.
inline int bf16_stride(int columns) { return (columns + 31) / 32 * 32; }

class Bf16Gemm {
public:
    // What keeps this program from it on this machine; empty if nothing does.
    static std::string missing();

    // Throws Error where something is missing.
    Bf16Gemm();
    ~Bf16Gemm();

    // c[rows][columns] = op(a) op(b), with op(a) [rows][inner] and op(b) [inner][columns].
    void multiply(Bfloat16* c, const Bfloat16* a, Transpose transpose_a, const Bfloat16* b, Transpose transpose_b, int rows, int columns,
                  int inner, ThreadPool& pool);
    void multiply(float* c, const Bfloat16* a, Transpose transpose_a, const Bfloat16* b, Transpose transpose_b, int rows, int columns,
                  int inner, ThreadPool& pool);

    // "oneDNN 2.6.3" and the instructions that it uses: a rate depends on them.
    std::string kernels() const;

private:
    struct Plans;
    std::unique_ptr<Plans> plans_;
};

}  // namespace friedel
