#include "update.h"

#include <hwy/targets.h>

namespace descent::kernels {
namespace {

Simd best() noexcept {
#if defined(__x86_64__)
  const auto targets = hwy::SupportedTargets();
  if (targets & HWY_AVX3) return Simd::Avx512;
  if (targets & HWY_AVX2) return Simd::Avx2;
#endif
  return Simd::Baseline;
}

}  // namespace

Simd& simd() noexcept {
  static Simd level = best();
  return level;
}

}  // namespace descent::kernels
