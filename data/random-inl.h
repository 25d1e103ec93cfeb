// For data/'s .cpp files: random numbers of its own, so that what a loader yields does not depend on what else draws
// from the global stream. The generator and its seeding are fixed by the C++ standard: the same numbers everywhere.
#pragma once

#include <bit>
#include <cstdint>
#include <random>

namespace descent::data {

class Random {
 public:
  /// One stream per (seed, stream).
  Random(std::uint64_t seed, std::uint64_t stream) {
    std::seed_seq words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                        static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
    engine_.seed(words);
  }

  /// Uniform on [0, n), without bias: numbers past n are drawn again. n >= 1.
  std::int64_t below(std::int64_t n) {
    const auto limit = static_cast<std::uint64_t>(n);
    const std::uint64_t mask = std::bit_ceil(limit) - 1;
    std::uint64_t value;
    do value = engine_() & mask;
    while (value >= limit);
    return static_cast<std::int64_t>(value);
  }

  /// Uniform on [lo, hi), 53 random bits.
  double uniform(double lo, double hi) { return lo + (hi - lo) * 0x1p-53 * static_cast<double>(engine_() >> 11); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace descent::data
