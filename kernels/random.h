// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// Number i of a stream depends on (seed, offset, i) alone: the same for any number of threads and any vector width.
#pragma once

#include <array>

#include "view.h"

namespace descent::kernels {

/// A position in a stream. A call that draws n numbers uses counters [offset, offset + n): the caller advances it.
struct Philox {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;
};

/// The bare generator: ten rounds on a 128-bit counter with a 64-bit key.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Uniform on [lo, hi): 24 random bits for float32, 53 for float64. `out` is contiguous in all of these.
void random_uniform(View out, Philox stream, double lo, double hi);

/// Normal with the given mean and deviation, by Box–Muller on vectors.
void random_normal(View out, Philox stream, double mean, double std);

/// Integers on [lo, hi) by multiply-shift on 64 bits: chances differ by at most (hi − lo)/2⁶⁴. Stored in any dtype.
void random_int(View out, Philox stream, std::int64_t lo, std::int64_t hi);

/// 1 with probability p[i] (same shape as out, float32 or float64, contiguous), else 0; out of any dtype.
void random_bernoulli(View out, View p, Philox stream);

/// A random permutation of 0 … n − 1 (Fisher–Yates on the stream).
void random_permutation(std::int64_t* out, std::int64_t n, Philox stream);

/// Inverted dropout in one pass: keep with probability 1 − p; out = keep ? in / (1 − p) : 0, mask = keep (boolean).
/// p = 1 gives exact zeros. All contiguous, float32 or float64.
void dropout(View out, View mask, View in, double p, Philox stream);

/// out = mask ? in / (1 − p) : 0, the gradient of the above.
void dropout_apply(View out, View mask, View in, double p);

}  // namespace descent::kernels
