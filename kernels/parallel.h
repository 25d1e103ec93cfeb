// Threads. Work is cut into a partition that depends on the sizes alone, so results have the same bits for any number.
#pragma once

#include <cstdint>
#include <type_traits>

namespace descent {

/// Sets how many threads descent's own kernels use; the host's OpenMP and BLAS settings are not touched.
/// Throws std::invalid_argument unless n >= 1.
void set_num_threads(int n);

/// The number set last; at first the smaller of the machine's processors and OMP_NUM_THREADS.
int get_num_threads();

namespace kernels {

/// Elements of cheap work in one chunk; below two chunks nothing is threaded.
inline constexpr std::int64_t kGrain = 32768;

/// True inside a parallel region of any kind: kernels then stay serial.
bool in_parallel();

/// Calls f(i) for 0 <= i < chunks on the team. When f throws, one of the exceptions comes out after the last call.
void parallel_chunks(std::int64_t chunks, void (*f)(void*, std::int64_t), void* context);

/// As above for a lambda.
template <class F>
void parallel_chunks(std::int64_t chunks, F&& f) {
  if (chunks == 1) return f(std::int64_t{0});
  parallel_chunks(
      chunks, [](void* context, std::int64_t i) { (*static_cast<std::remove_reference_t<F>*>(context))(i); }, &f);
}

/// Calls f(begin, end) over [0, n) in chunks of `grain` elements.
template <class F>
void parallel_for(std::int64_t n, std::int64_t grain, F&& f) {
  if (n <= grain) {
    if (n > 0) f(std::int64_t{0}, n);
    return;
  }
  parallel_chunks((n + grain - 1) / grain, [&](std::int64_t i) {
    const std::int64_t begin = i * grain, end = begin + grain < n ? begin + grain : n;
    f(begin, end);
  });
}

}  // namespace kernels
}  // namespace descent
