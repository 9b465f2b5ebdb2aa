#include "host/support/gemm.h"

#include <cblas.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <vector>

#include "host/support/error.h"

// LAPACK, which OpenBLAS carries without a header of its own that every distribution packs.
extern "C" void dposv_(const char* triangle, const int* n, const int* right_sides, double* a, const int* lda, double* b, const int* ldb,
                       int* info, std::size_t triangle_length);
// How OpenBLAS chooses its kernels, where it carries those of several processors.
extern "C" [[gnu::weak]] void gotoblas_dynamic_init();
extern "C" [[gnu::weak]] void gotoblas_dynamic_quit();
// How it gets the buffer that each thread needs for a product. It keeps them for later ones.
extern "C" [[gnu::weak]] void* blas_memory_alloc(int);
extern "C" [[gnu::weak]] void blas_memory_free(void*);

namespace friedel {

namespace {

// Large enough that packing both operands costs a few per cent, small enough that many cores find work.
constexpr int tile_rows = 256, tile_columns = 512;

int tiles_of(int extent, int tile) { return (extent + tile - 1) / tile; }

CBLAS_TRANSPOSE of(Transpose transpose) { return transpose == Transpose::yes ? CblasTrans : CblasNoTrans; }

// OpenBLAS tells processors by their models, and gives those that came after it kernels of 2004: 0.3.21 makes of an Emerald Rapids a
// Prescott, at a sixth of the speed. What the processor can do decides then.
void choose_kernels() {
#ifdef __x86_64__
    const std::string_view chosen = openblas_get_corename();
    if (chosen != "Prescott" || !gotoblas_dynamic_init || !gotoblas_dynamic_quit || std::getenv("OPENBLAS_CORETYPE")) return;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    setenv("OPENBLAS_CORETYPE", wide ? "SkylakeX" : "Haswell", 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
#endif
}

// The pool shares out tiles; threads of OpenBLAS's own would fight it for the cores.
void prepare() { [[maybe_unused]] static const bool prepared = (choose_kernels(), openblas_set_num_threads(1), true); }

bool is_room_for(std::size_t bytes) {
    void* const room = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

// OpenBLAS asks for a buffer again and again, for ever, where none can be had.
void take_buffers(int threads) {
    constexpr std::size_t buffer = 129 << 20;  // bytes of address space, of which a product touches a few megabytes; on x86-64
    std::vector<void*> held;
    for (; static_cast<int>(held.size()) < threads && is_room_for(buffer);) held.push_back(blas_memory_alloc(0));
    for (void* const one : held) blas_memory_free(one);
    if (static_cast<int>(held.size()) == threads) return;
    fail("no room for matrix products, which take ", buffer >> 20, " MB of address space for each of ", threads,
         threads == 1 ? " thread" : " threads", "; raise the limit (ulimit -v, h_vmem of a batch system), set OPENBLAS_NUM_THREADS=1",
         threads == 1 ? "" : ", or use fewer --threads");
}

}  // namespace

void prepare_products(int threads) {
    prepare();
    constexpr int most = 64;  // OpenBLAS may be built for no more, and has a word of its own for that
    static std::atomic<int> ready = 0;
    if (threads <= ready || ready == most || !blas_memory_alloc || !blas_memory_free) return;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    threads = std::min(threads, most);
    if (threads <= ready) return;
    take_buffers(threads);
    ready = threads;
}

void gemm(float* c, const float* a, Transpose transpose_a, const float* b, Transpose transpose_b, int rows, int columns, int inner,
          ThreadPool& pool) {
    prepare_products(pool.size());
    const bool ta = transpose_a == Transpose::yes, tb = transpose_b == Transpose::yes;
    const int row_tiles = tiles_of(rows, tile_rows), column_tiles = tiles_of(columns, tile_columns);
    // Tiles of equal size instead of full ones and a remainder.
    const int tall = tiles_of(rows, row_tiles), wide = tiles_of(columns, column_tiles);
    const int lda = ta ? rows : inner, ldb = tb ? inner : columns;
    pool.run(row_tiles * column_tiles, [&](int tile, int) {
        const int row = tile / column_tiles * tall, column = tile % column_tiles * wide;
        const int height = std::min(tall, rows - row), width = std::min(wide, columns - column);
        if (height <= 0 || width <= 0) return;
        const float* const a_tile = a + (ta ? row : static_cast<std::size_t>(row) * lda);
        const float* const b_tile = b + (tb ? static_cast<std::size_t>(column) * ldb : column);
        cblas_sgemm(CblasRowMajor, of(transpose_a), of(transpose_b), height, width, inner, 1.0f, a_tile, lda, b_tile, ldb, 0.0f,
                    c + static_cast<std::size_t>(row) * columns + column, columns);
    });
}

void gemm_on_this_thread(float* c, const float* a, Transpose transpose_a, const float* b, Transpose transpose_b, int rows, int columns,
                         int inner, bool add) {
    prepare_products(1);
    cblas_sgemm(CblasRowMajor, of(transpose_a), of(transpose_b), rows, columns, inner, 1.0f, a,
                transpose_a == Transpose::yes ? rows : inner, b, transpose_b == Transpose::yes ? inner : columns, add ? 1.0f : 0.0f, c,
                columns);
}

void leave_where_threads_may_hang(int status) {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) std::_Exit(status);
}

bool solve_positive_definite(double* a, double* x, int n) {
    prepare_products(1);
    const int one = 1;
    int info = 0;
    dposv_("L", &n, &one, a, &n, x, &n, &info, 1);
    return info == 0;
}

std::string gemm_kernels() {
    prepare();
    return openblas_get_corename();
}

}  // namespace friedel
