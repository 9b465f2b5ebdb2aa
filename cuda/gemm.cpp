#include "cuda/gemm.h"

#include <cstdint>

#include "cuda/network.h"

namespace friedel::cuda {

namespace {

constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what cuBLAS asks for on Hopper
constexpr std::uint32_t parameter_alignment = 128;              // bytes: tensors of NetworkShape start at multiples of 32 floats

using Layout = Owned<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Description = Owned<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Preference = Owned<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

cublasOperation_t operation(Transpose transpose) { return transpose == Transpose::yes ? CUBLAS_OP_T : CUBLAS_OP_N; }

}  // namespace

// cuBLAS counts columns first: what is row-major here is its transpose there, and c^T = op(b)^T op(a)^T.
struct Gemm::Plan {
    Description product;
    Layout a, b, c;  // in the order of cuBLAS: its A is our b
    cublasLtMatmulAlgo_t algorithm;
    bool known = false;
};

Gemm::Gemm(Precision precision) : precision_(precision), workspace_(workspace_bytes) { check(cublasLtCreate(handle_.fill()), "starting"); }
Gemm::~Gemm() = default;

Gemm::Plan* Gemm::plan_for(const Key& key) {
    std::unique_ptr<Plan>& plan = plans_[key];
    if (plan) return plan->known ? plan.get() : nullptr;
    const auto [result, transpose_a, transpose_b, rows, columns, inner] = key;
    const bool float_result = result == Result::floats;
    auto made = std::make_unique<Plan>();
    const cublasComputeType_t compute = precision_ == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    check(cublasLtMatmulDescCreate(made->product.fill(), compute, CUDA_R_32F), "describing a product");
    const cublasOperation_t op_b = operation(transpose_b), op_a = operation(transpose_a);
    check(cublasLtMatmulDescSetAttribute(made->product, CUBLASLT_MATMUL_DESC_TRANSA, &op_b, sizeof op_b), "describing a product");
    check(cublasLtMatmulDescSetAttribute(made->product, CUBLASLT_MATMUL_DESC_TRANSB, &op_a, sizeof op_a), "describing a product");
    // A row-major matrix [r][s] is a column-major one of s rows and r columns.
    const auto layout = [&](Layout& out, cudaDataType_t type, int r, int s, int stride) {
        check(cublasLtMatrixLayoutCreate(out.fill(), type, static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(r), stride),
              "describing a matrix");
    };
    const cudaDataType_t type = operand_type(precision_);
    const auto stored = [&](Layout& out, bool transposed, int r, int s) {
        if (transposed) std::swap(r, s);
        layout(out, type, r, s, row_stride(precision_, s));
    };
    stored(made->a, transpose_b == Transpose::yes, inner, columns);
    stored(made->b, transpose_a == Transpose::yes, rows, inner);
    layout(made->c, float_result ? CUDA_R_32F : type, rows, columns, float_result ? columns : row_stride(precision_, columns));

    Preference preference;
    check(cublasLtMatmulPreferenceCreate(preference.fill()), "choosing an algorithm");
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t what, const auto& value) {
        check(cublasLtMatmulPreferenceSetAttribute(preference, what, &value, sizeof value), "choosing an algorithm");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, parameter_alignment);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, parameter_alignment);
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle_, made->product, made->a, made->b, made->c, made->c, preference, 1, &found, &count);
    if (status != CUBLAS_STATUS_NOT_SUPPORTED) check(status, "choosing an algorithm");
    made->known = status == CUBLAS_STATUS_SUCCESS && count > 0;
    made->algorithm = found.algo;
    plan = std::move(made);
    return plan->known ? plan.get() : nullptr;
}

void Gemm::multiply(cudaStream_t stream, void* c, Result result, Product p) {
    if (p.rows == 0 || p.columns == 0) return;
    // The rows of operands are filled up with zeros to multiples of 16 bytes. To multiply those too costs nothing, and a product of
    // lengths that are none takes three to seven times as long (H200: 13 to 29 % of the rate of one that is, which reaches 95 %).
    if (p.transpose_a == Transpose::no && p.transpose_b == Transpose::yes) p.inner = row_stride(precision_, p.inner);
    const int asked = p.columns;
    if (p.transpose_b == Transpose::no) p.columns = row_stride(precision_, asked);
    if (result == Result::floats && p.columns != asked) {
        float* const apart = filled_.at_least(static_cast<std::size_t>(p.rows) * p.columns);
        multiply(stream, apart, Result::floats, p);
        return from_operands(stream, static_cast<float*>(c), OperandRows<const float>{apart, p.rows, asked, p.columns});
    }
    Plan* const plan = plan_for({result, p.transpose_a, p.transpose_b, p.rows, p.columns, p.inner});
    if (!plan) {
        fail("cuBLASLt knows no algorithm for a product of ", p.rows, " x ", p.inner, " and ", p.inner, " x ", p.columns,
             "; try another --precision");
    }
    const float one = 1, zero = 0;
    check(cublasLtMatmul(handle_, plan->product, &one, p.b, plan->a, p.a, plan->b, &zero, c, plan->c, c, plan->c, &plan->algorithm,
                         workspace_.data(), workspace_.size(), stream),
          "multiplying");
}

}  // namespace friedel::cuda
