#include "host/network/bf16_gemm.h"

#include "host/support/error.h"

#ifdef FRIEDEL_ONEDNN

#include <omp.h>

#include <algorithm>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <vector>

#endif

namespace friedel {

#ifdef FRIEDEL_ONEDNN

namespace {

constexpr int tile_rows = 256, tile_columns = 1024;
constexpr int whole = 64;  // tiles are multiples of this where the matrix allows it

using Type = dnnl::memory::data_type;

// Tiles of about equal size that cover `extent`.
int tile_of(int extent, int most) {
    const int tiles = (extent + most - 1) / most;
    return ((extent + tiles - 1) / tiles + whole - 1) / whole * whole;
}

dnnl::memory::desc matrix(int rows, int columns, Transpose transpose, int stride, Type type) {
    return {{rows, columns}, type, transpose == Transpose::yes ? dnnl::memory::dims{1, stride} : dnnl::memory::dims{stride, 1}};
}

// Threads are the pool's: oneDNN asks OpenMP, which answers for the thread that asks, how many it may start.
void keep_to_this_thread() {
    thread_local const bool once = (omp_set_num_threads(1), true);
    (void)once;
}

struct Scratch {
    std::vector<char> memory;
    void* at_least(std::size_t bytes) {
        if (memory.size() < bytes + 64) memory.resize(bytes + 64);
        const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
        return memory.data() + (64 - address % 64) % 64;
    }
};

}  // namespace

struct Bf16Gemm::Plans {
    // Of one tile.
    struct Plan {
        dnnl::memory::desc a, b, c, scratch;
        dnnl::matmul product;
    };
    // Type of the result, transpositions, strides of c, a and b, extents of the tile.
    using Key = std::tuple<Type, Transpose, Transpose, int, int, int, int, int, int>;

    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    std::map<Key, Plan> known;

    const Plan& plan(const Key& key) {
        const auto found = known.find(key);
        if (found != known.end()) return found->second;
        const auto [type, transpose_a, transpose_b, stride_c, stride_a, stride_b, rows, columns, inner] = key;
        Plan plan{matrix(rows, inner, transpose_a, stride_a, Type::bf16),
                  matrix(inner, columns, transpose_b, stride_b, Type::bf16),
                  matrix(rows, columns, Transpose::no, stride_c, type),
                  {},
                  {}};
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // the library's own is not for several threads at once
        const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(plan.a, plan.b, plan.c), attributes, engine);
        plan.scratch = description.scratchpad_desc();
        plan.product = dnnl::matmul(description);
        return known.emplace(key, std::move(plan)).first->second;
    }

    template <class Result>
    void multiply(Result* c, int stride_c, Type type, const Bfloat16* a, Transpose transpose_a, const Bfloat16* b, Transpose transpose_b,
                  int rows, int columns, int inner, ThreadPool& pool) {
        const bool ta = transpose_a == Transpose::yes, tb = transpose_b == Transpose::yes;
        const int stride_a = bf16_stride(ta ? rows : inner), stride_b = bf16_stride(tb ? inner : columns);
        const int tall = tile_of(rows, tile_rows), wide = tile_of(columns, tile_columns);
        const int row_tiles = (rows + tall - 1) / tall, column_tiles = (columns + wide - 1) / wide;
        const auto extent = [](int tile, int size, int all) { return std::min(size, all - tile * size); };
        keep_to_this_thread();
        // Full tiles and those at the two edges; made here, because the threads only read.
        const Plan* plans[2][2];
        for (const int edge_row : {0, 1}) {
            for (const int edge_column : {0, 1}) {
                plans[edge_row][edge_column] =
                    &plan({type, transpose_a, transpose_b, stride_c, stride_a, stride_b, extent(edge_row ? row_tiles - 1 : 0, tall, rows),
                           extent(edge_column ? column_tiles - 1 : 0, wide, columns), inner});
            }
        }
        pool.run(row_tiles * column_tiles, [&](int tile, int) {
            keep_to_this_thread();
            const int i = tile / column_tiles, j = tile % column_tiles;
            const Plan& p = *plans[i + 1 == row_tiles][j + 1 == column_tiles];
            const std::size_t row = static_cast<std::size_t>(i) * tall, column = static_cast<std::size_t>(j) * wide;
            const auto there = [&](const dnnl::memory::desc& what, const void* at) {
                return dnnl::memory(what, engine, const_cast<void*>(at));
            };
            thread_local Scratch scratch;
            dnnl::stream stream(engine);
            p.product.execute(stream, {{DNNL_ARG_SRC, there(p.a, a + (ta ? row : row * stride_a))},
                                       {DNNL_ARG_WEIGHTS, there(p.b, b + (tb ? column * stride_b : column))},
                                       {DNNL_ARG_DST, there(p.c, c + row * stride_c + column)},
                                       {DNNL_ARG_SCRATCHPAD, there(p.scratch, scratch.at_least(p.scratch.get_size()))}});
            stream.wait();
        });
    }
};

std::string Bf16Gemm::missing() {
    constexpr auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted
               ? ""
               : "this processor does not multiply bfloat16 (AVX512-BF16)";
}

Bf16Gemm::Bf16Gemm() {
    if (const std::string what = missing(); !what.empty()) fail(what);
    plans_ = std::make_unique<Plans>();
}

void Bf16Gemm::multiply(Bfloat16* c, const Bfloat16* a, Transpose transpose_a, const Bfloat16* b, Transpose transpose_b, int rows,
                        int columns, int inner, ThreadPool& pool) {
    plans_->multiply(c, bf16_stride(columns), Type::bf16, a, transpose_a, b, transpose_b, rows, columns, inner, pool);
}

void Bf16Gemm::multiply(float* c, const Bfloat16* a, Transpose transpose_a, const Bfloat16* b, Transpose transpose_b, int rows, int columns,
                        int inner, ThreadPool& pool) {
    plans_->multiply(c, columns, Type::f32, a, transpose_a, b, transpose_b, rows, columns, inner, pool);
}

std::string Bf16Gemm::kernels() const {
    const dnnl_version_t& version = *dnnl::version();
    return "oneDNN " + std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' + std::to_string(version.patch) +
           (dnnl::get_effective_cpu_isa() > dnnl::cpu_isa::avx512_core_bf16 ? " with AMX" : " with AVX512-BF16");
}

#else

struct Bf16Gemm::Plans {};

std::string Bf16Gemm::missing() { return "this program was built without oneDNN (libdnnl-dev)"; }
Bf16Gemm::Bf16Gemm() { fail(missing()); }
void Bf16Gemm::multiply(Bfloat16*, const Bfloat16*, Transpose, const Bfloat16*, Transpose, int, int, int, ThreadPool&) {}
void Bf16Gemm::multiply(float*, const Bfloat16*, Transpose, const Bfloat16*, Transpose, int, int, int, ThreadPool&) {}
std::string Bf16Gemm::kernels() const { return {}; }

#endif

Bf16Gemm::~Bf16Gemm() = default;

}  // namespace friedel
