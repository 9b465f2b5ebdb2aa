// Matrix products by cuBLASLt, row-major. Descriptors and the algorithm of each shape are chosen once, at its first use; the choice is the
// library's own first recommendation, so that two runs compute the same bits.
#pragma once

#include <map>
#include <memory>
#include <tuple>

#include "cuda/check.h"
#include "cuda/owned.h"
#include "cuda/precision.h"
#include "host/network/product.h"

namespace friedel::cuda {

inline cudaDataType_t operand_type(Precision precision) { return precision == Precision::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

class Gemm {
public:
    explicit Gemm(Precision precision);
    ~Gemm();

    // What a product is: a matrix of operands, or floats without gaps between the rows.
    enum class Result { operands, floats };

    // c[rows][columns], operands or floats. Operands have zeros between the end of a row and the next.
    void multiply(cudaStream_t stream, void* c, Result result, Product product);

private:
    struct Plan;
    using Key = std::tuple<Result, Transpose, Transpose, int, int, int>;
    Plan* plan_for(const Key& key);  // null where there is none

    Precision precision_;
    Owned<cublasLtHandle_t, cublasLtDestroy> handle_;
    DeviceArray<char> workspace_;
    DeviceScratch<float> filled_;  // results with rows as long as those of operands
    std::map<Key, std::unique_ptr<Plan>> plans_;
};

}  // namespace friedel::cuda
