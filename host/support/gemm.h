// Matrix products in single precision, row-major, on all cores, and small linear systems; the only module that knows OpenBLAS.
// The result is cut into tiles that depend on its shape alone, so that it is bitwise the same for any number of threads.
#pragma once

#include <string>

#include "host/support/thread_pool.h"
#include "host/support/transpose.h"

namespace friedel {

// Makes room for products on so many threads at once, while none is computed; throws Error where there is none. gemm does it for its pool.
void prepare_products(int threads);

// c[rows][columns] = op(a) op(b), with op(a) [rows][inner] and op(b) [inner][columns].
void gemm(float* c, const float* a, Transpose transpose_a, const float* b, Transpose transpose_b, int rows, int columns, int inner,
          ThreadPool& pool);

// The same on the thread that calls, added to c where `add` says so.
void gemm_on_this_thread(float* c, const float* a, Transpose transpose_a, const float* b, Transpose transpose_b, int rows, int columns,
                         int inner, bool add = false);

// The last thing that a program does, where its address space is limited: OpenBLAS starts a thread for every core when it is loaded, each
// with a buffer, and at the end waits for ever for those that found no room for theirs.
void leave_where_threads_may_hang(int status);

// Solves the symmetric a x = b, [n][n], by Cholesky's factors; x holds b before, `a` is used up. False if a is not positive definite.
bool solve_positive_definite(double* a, double* x, int n);

// The kernels that OpenBLAS picked for this processor, "Cooperlake" and the like: a rate depends on them.
std::string gemm_kernels();

}  // namespace friedel
