#include "random_groups.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/random_groups.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "math-inl.h"
#include "trig-inl.h"
#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

constexpr std::size_t kBlocks = 16;  // of Philox in a group

// Philox works on 64-bit lanes, one block a lane, whose upper halves hold rubbish: the 32x32 → 64 bit product reads the
// lower halves only and leaves the next word in each half.
using D64 = hn::ScalableTag<std::uint64_t>;
using D32 = hn::Repartition<std::uint32_t, D64>;
using V64 = hn::Vec<D64>;

/// a·b of the lower halves.
HWY_INLINE V64 MulLower(V64 a, V64 b) {
#if HWY_TARGET == HWY_SCALAR
  const D64 d;
  const std::uint64_t kLower = 0xFFFFFFFFu;
  return hn::Set(d, (hn::GetLane(a) & kLower) * (hn::GetLane(b) & kLower));
#else
  const D32 d;
  return hn::MulEven(hn::BitCast(d, a), hn::BitCast(d, b));
#endif
}

/// Ten rounds on the blocks whose numbers are the lanes of `block`; `word` gets the four results in the lower halves.
HWY_INLINE void Philox10(V64 block, Draw draw, std::uint64_t seed, V64 (&word)[4]) {
  const D64 d;
  const V64 m0 = hn::Set(d, std::uint64_t{0xD2511F53}), m1 = hn::Set(d, std::uint64_t{0xCD9E8D57});
  V64 c0 = block, c1 = hn::ShiftRight<32>(block), c2 = hn::Set(d, static_cast<std::uint64_t>(draw)), c3 = hn::Zero(d);
  std::uint32_t k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const V64 p0 = MulLower(c0, m0), p1 = MulLower(c2, m1);
    c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(d, std::uint64_t{k0}));
    c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(d, std::uint64_t{k1}));
    c1 = p1;
    c3 = p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  word[0] = c0;
  word[1] = c1;
  word[2] = c2;
  word[3] = c3;
}

HWY_INLINE V64 BlockNumbers(std::uint64_t first, std::uint64_t step) {
  const D64 d;
  return hn::Add(hn::Set(d, first), hn::Mul(hn::Iota(d, 0), hn::Set(d, step)));
}

#if HWY_TARGET == HWY_SCALAR
/// One group: out[w·16 + b] = word w of block b.
HWY_INLINE void Group32(std::uint64_t seed, std::uint64_t group, Draw draw, std::uint32_t* HWY_RESTRICT out) {
  for (std::size_t b = 0; b < kBlocks; ++b) {
    V64 word[4];
    Philox10(hn::Set(D64(), group * kBlocks + b), draw, seed, word);
    for (std::size_t w = 0; w < 4; ++w) out[w * kBlocks + b] = static_cast<std::uint32_t>(hn::GetLane(word[w]));
  }
}
#else
HWY_INLINE void Group32(std::uint64_t seed, std::uint64_t group, Draw draw, std::uint32_t* HWY_RESTRICT out) {
  const D64 d;
  const D32 d32;
  const std::size_t lanes = hn::Lanes(d);
  // Even blocks in one vector and odd ones in another make a vector of words in order.
  for (std::size_t b = 0; b < kBlocks; b += 2 * lanes) {
    V64 even[4], odd[4];
    Philox10(BlockNumbers(group * kBlocks + b, 2), draw, seed, even);
    Philox10(BlockNumbers(group * kBlocks + b + 1, 2), draw, seed, odd);
    for (std::size_t w = 0; w < 4; ++w)
      hn::StoreU(hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(odd[w])), hn::BitCast(d32, even[w])), d32,
                 out + w * kBlocks + b);
  }
}
#endif

/// One group: out[b] = words 0 and 1 of block b, out[16 + b] = words 2 and 3.
HWY_INLINE void Group64(std::uint64_t seed, std::uint64_t group, Draw draw, std::uint64_t* HWY_RESTRICT out) {
  const D64 d;
  const V64 lower = hn::Set(d, std::uint64_t{0xFFFFFFFF});
  for (std::size_t b = 0; b < kBlocks; b += hn::Lanes(d)) {
    V64 word[4];
    Philox10(BlockNumbers(group * kBlocks + b, 1), draw, seed, word);
    for (std::size_t w = 0; w < 2; ++w)
      hn::StoreU(hn::Or(hn::And(word[2 * w], lower), hn::ShiftLeft<32>(word[2 * w + 1])), d, out + w * kBlocks + b);
  }
}

HWY_NOINLINE void Words32(std::uint64_t seed, std::uint64_t group, std::int64_t groups, std::uint32_t* out) {
  for (std::int64_t g = 0; g < groups; ++g)
    Group32(seed, group + static_cast<std::uint64_t>(g), Draw::Words32, out + g * kGroup32);
}
HWY_NOINLINE void Words64(std::uint64_t seed, std::uint64_t group, std::int64_t groups, std::uint64_t* out) {
  for (std::int64_t g = 0; g < groups; ++g)
    Group64(seed, group + static_cast<std::uint64_t>(g), Draw::Words64, out + g * kGroup64);
}

// Box and Muller (1958): z0 = r·cos 2πv, z1 = r·sin 2πv, r = √(−2 log u), u in (0, 1].

/// sin and cos of a full turn times w / 2^32: the nearest quarter turn, and the rest within ±π/4 (Cephes sinf, cosf).
template <class D, class VU>
HWY_INLINE void SinCosTurn(D d, VU w, hn::Vec<D>& sine, hn::Vec<D>& cosine) {
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  const auto quarter = hn::ShiftRight<30>(hn::Add(w, hn::Set(du, 0x20000000u)));
  const auto rest = hn::BitCast(di, hn::Sub(w, hn::ShiftLeft<30>(quarter)));
  const auto x = hn::Mul(hn::ConvertTo(d, rest), hn::Set(d, 1.4629180792671596e-9f));  // 2π / 2^32
  const auto z = hn::Mul(x, x);
  auto s = hn::MulAdd(z, hn::Set(d, -1.9515295891e-4f), hn::Set(d, 8.3321608736e-3f));
  s = hn::MulAdd(hn::Mul(x, z), hn::MulAdd(z, s, hn::Set(d, -1.6666654611e-1f)), x);
  auto c = hn::MulAdd(z, hn::Set(d, 2.443315711809948e-5f), hn::Set(d, -1.388731625493765e-3f));
  c = hn::MulAdd(z, c, hn::Set(d, 4.166664568298827e-2f));
  c = hn::MulAdd(hn::Mul(z, z), c, hn::NegMulAdd(z, hn::Set(d, 0.5f), hn::Set(d, 1.f)));
  const auto odd = hn::MaskFromVec(hn::BitCast(d, hn::Sub(hn::Zero(du), hn::And(quarter, hn::Set(du, 1u)))));
  const auto sine_sign = hn::BitCast(d, hn::ShiftLeft<30>(hn::And(quarter, hn::Set(du, 2u))));
  const auto cosine_sign =
      hn::BitCast(d, hn::ShiftLeft<30>(hn::And(hn::Add(quarter, hn::Set(du, 1u)), hn::Set(du, 2u))));
  sine = hn::Xor(hn::IfThenElse(odd, c, s), sine_sign);
  cosine = hn::Xor(hn::IfThenElse(odd, s, c), cosine_sign);
}

HWY_NOINLINE void NormalsF32(std::uint64_t seed, std::uint64_t group, std::int64_t groups, float mean, float std,
                             float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const auto m = hn::Set(d, mean), s = hn::Set(d, std);
  HWY_ALIGN std::uint32_t words[kGroup32];
  for (std::int64_t g = 0; g < groups; ++g, out += kGroup32) {
    Group32(seed, group + static_cast<std::uint64_t>(g), Draw::NormalF32, words);
    for (std::size_t half = 0; half < 2; ++half)  // words 0 and 1 of each block, then 2 and 3
      for (std::size_t b = 0; b < kBlocks; b += hn::Lanes(d)) {
        const std::size_t at = 2 * half * kBlocks + b;
        // 31 bits plus a half, over 2^31: never 0.
        const auto bits = hn::BitCast(di, hn::ShiftRight<1>(hn::Load(du, words + at)));
        const auto u = hn::Mul(hn::Add(hn::ConvertTo(d, bits), hn::Set(d, 0.5f)), hn::Set(d, 0x1p-31f));
        const auto r = hn::Sqrt(hn::Mul(hn::Set(d, -2.f), VecLog(d, u)));
        auto sine = hn::Zero(d), cosine = hn::Zero(d);
        SinCosTurn(d, hn::Load(du, words + at + kBlocks), sine, cosine);
        hn::StoreU(hn::MulAdd(s, hn::Mul(r, cosine), m), d, out + at);
        hn::StoreU(hn::MulAdd(s, hn::Mul(r, sine), m), d, out + at + kBlocks);
      }
  }
}

/// [0, 1) from the upper 53 bits: 52 as the mantissa of a number in [1, 2), the last one added.
template <class D, class VU>
HWY_INLINE hn::Vec<D> Unit53(D d, VU w) {
  const hn::RebindToUnsigned<D> du;
  const auto one = hn::Set(du, std::uint64_t{0x3FF0000000000000});
  const auto u = hn::Sub(hn::BitCast(d, hn::Or(hn::ShiftRight<12>(w), one)), hn::Set(d, 1.));
  const auto last = hn::And(hn::ShiftRight<11>(w), hn::Set(du, std::uint64_t{1}));
  // `last` in the exponent's lowest bit is the smallest normal number: 2^−1022 · 2^969 = 2^−53.
  return hn::MulAdd(hn::BitCast(d, hn::ShiftLeft<52>(last)), hn::Set(d, 0x1p969), u);
}

HWY_NOINLINE void NormalsF64(std::uint64_t seed, std::uint64_t group, std::int64_t groups, double mean, double std,
                             double* out) {
  const hn::ScalableTag<double> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto m = hn::Set(d, mean), s = hn::Set(d, std);
  HWY_ALIGN std::uint64_t words[kGroup64];
  for (std::int64_t g = 0; g < groups; ++g, out += kGroup64) {
    Group64(seed, group + static_cast<std::uint64_t>(g), Draw::NormalF64, words);
    for (std::size_t b = 0; b < kBlocks; b += hn::Lanes(d)) {
      const auto u = hn::Sub(hn::Set(d, 1.), Unit53(d, hn::Load(du, words + b)));
      const auto r = hn::Sqrt(hn::Mul(hn::Set(d, -2.), VecLog(d, u)));
      const auto angle = hn::Mul(Unit53(d, hn::Load(du, words + kBlocks + b)), hn::Set(d, 6.283185307179586));
      hn::StoreU(hn::MulAdd(s, hn::Mul(r, VecCos(d, angle)), m), d, out + b);
      hn::StoreU(hn::MulAdd(s, hn::Mul(r, VecSin(d, angle)), m), d, out + kBlocks + b);
    }
  }
}

/// lo + u·(hi − lo) as (1 − u)·lo + u·hi, whose parts never overflow.
template <class D, class V>
HWY_INLINE V Between(D d, V u, V lo, V hi, V top) {
  const V x = hn::MulAdd(u, hi, hn::Mul(hn::Sub(hn::Set(d, hn::TFromD<D>(1)), u), lo));
  return hn::Min(hn::Max(x, lo), top);
}

HWY_NOINLINE void UniformF32(const std::uint32_t* words, std::int64_t n, float lo, float hi, float top, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const auto vlo = hn::Set(d, lo), vhi = hn::Set(d, hi), vtop = hn::Set(d, top);
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < count; i += lanes) {
    const std::size_t left = count - i;
    const auto w = left >= lanes ? hn::LoadU(du, words + i) : LoadTail(du, words + i, left);
    const auto u = hn::Mul(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<8>(w))), hn::Set(d, 0x1p-24f));
    const auto x = Between(d, u, vlo, vhi, vtop);
    if (left >= lanes)
      hn::StoreU(x, d, out + i);
    else
      StoreTail(x, d, out + i, left);
  }
}
HWY_NOINLINE void UniformF64(const std::uint64_t* words, std::int64_t n, double lo, double hi, double top,
                             double* out) {
  const hn::ScalableTag<double> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto vlo = hn::Set(d, lo), vhi = hn::Set(d, hi), vtop = hn::Set(d, top);
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < count; i += lanes) {
    const std::size_t left = count - i;
    const auto w = left >= lanes ? hn::LoadU(du, words + i) : LoadTail(du, words + i, left);
    const auto x = Between(d, Unit53(d, w), vlo, vhi, vtop);
    if (left >= lanes)
      hn::StoreU(x, d, out + i);
    else
      StoreTail(x, d, out + i, left);
  }
}

HWY_NOINLINE void ApplyF32(const std::uint32_t* words, std::int64_t n, std::uint32_t threshold, const float* in,
                           float scale, float* out, std::uint8_t* keep) {
  for (std::int64_t i = 0; i < n; ++i) {
    const bool kept = words[i] >= threshold;
    keep[i] = kept;
    const float x = in[i] * scale;
    out[i] = kept ? x : 0.f;
  }
}
HWY_NOINLINE void ApplyF64(const std::uint32_t* words, std::int64_t n, std::uint32_t threshold, const double* in,
                           double scale, double* out, std::uint8_t* keep) {
  for (std::int64_t i = 0; i < n; ++i) {
    const bool kept = words[i] >= threshold;
    keep[i] = kept;
    const double x = in[i] * scale;
    out[i] = kept ? x : 0.;
  }
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(Words32);
HWY_EXPORT(Words64);
HWY_EXPORT(NormalsF32);
HWY_EXPORT(NormalsF64);
HWY_EXPORT(UniformF32);
HWY_EXPORT(UniformF64);
HWY_EXPORT(ApplyF32);
HWY_EXPORT(ApplyF64);
}  // namespace

void words32(std::uint64_t seed, std::uint64_t group, std::int64_t groups, std::uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(Words32)(seed, group, groups, out);
}
void words64(std::uint64_t seed, std::uint64_t group, std::int64_t groups, std::uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(Words64)(seed, group, groups, out);
}
void normals(std::uint64_t seed, std::uint64_t group, std::int64_t groups, float mean, float std, float* out) {
  HWY_DYNAMIC_DISPATCH(NormalsF32)(seed, group, groups, mean, std, out);
}
void normals(std::uint64_t seed, std::uint64_t group, std::int64_t groups, double mean, double std, double* out) {
  HWY_DYNAMIC_DISPATCH(NormalsF64)(seed, group, groups, mean, std, out);
}
void to_uniform(const std::uint32_t* words, std::int64_t n, float lo, float hi, float top, float* out) {
  HWY_DYNAMIC_DISPATCH(UniformF32)(words, n, lo, hi, top, out);
}
void to_uniform(const std::uint64_t* words, std::int64_t n, double lo, double hi, double top, double* out) {
  HWY_DYNAMIC_DISPATCH(UniformF64)(words, n, lo, hi, top, out);
}
void apply_words(const std::uint32_t* words, std::int64_t n, std::uint32_t threshold, const float* in, float scale,
                 float* out, std::uint8_t* keep) {
  HWY_DYNAMIC_DISPATCH(ApplyF32)(words, n, threshold, in, scale, out, keep);
}
void apply_words(const std::uint32_t* words, std::int64_t n, std::uint32_t threshold, const double* in, double scale,
                 double* out, std::uint8_t* keep) {
  HWY_DYNAMIC_DISPATCH(ApplyF64)(words, n, threshold, in, scale, out, keep);
}

}  // namespace descent::kernels
#endif
