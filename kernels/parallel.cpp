#include "parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>

namespace descent {
namespace {

std::atomic<int>& thread_count() {
  static std::atomic<int> count = std::max(1, std::min(omp_get_num_procs(), omp_get_max_threads()));
  return count;
}

}  // namespace

void set_num_threads(int n) {
  if (n < 1) throw std::invalid_argument("set_num_threads: n must be at least 1, got " + std::to_string(n));
  thread_count().store(n, std::memory_order_relaxed);
}

int get_num_threads() { return thread_count().load(std::memory_order_relaxed); }

namespace kernels {

bool in_parallel() { return omp_in_parallel() != 0; }

void parallel_chunks(std::int64_t chunks, void (*f)(void*, std::int64_t), void* context) {
  const int threads = static_cast<int>(std::min<std::int64_t>(get_num_threads(), chunks));
  if (threads <= 1 || in_parallel()) {
    for (std::int64_t i = 0; i < chunks; ++i) f(context, i);
    return;
  }
  std::exception_ptr failure;  // none may leave the region: that would end the program
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::int64_t i = 0; i < chunks; ++i) {
    try {
      f(context, i);
    } catch (...) {
#pragma omp critical(descent_parallel_chunks)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace kernels
}  // namespace descent
