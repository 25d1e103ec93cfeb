#include "convolution_tiles.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/convolution_tiles.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

using D = hn::CappedTag<float, kTileColumns>;
using V = hn::Vec<D>;
constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3;  // 32 instead of 16

// ---- Products of shifted planes: the sums of R rows and N vectors stay in registers

template <int R, int N>
HWY_INLINE void Tile(const PlaneProduct& t, const float* planes, const float* weights, const float* start, float* out,
                     std::int64_t distance) {
  const D d;
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  V sum[R][N];
  HWY_UNROLL(8)
  for (int r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < N; ++v) sum[r][v] = hn::Set(d, start[r]);
  }
  for (std::int64_t c = 0; c < t.channels; ++c, planes += t.plane) {
    for (std::int64_t k = 0; k < t.taps; ++k, weights += kTileRows) {
      const float* x = planes + t.offsets[k];
      V row[N];
      HWY_UNROLL(4)
      for (int v = 0; v < N; ++v) row[v] = hn::LoadU(d, x + v * lanes);
      HWY_UNROLL(8)
      for (int r = 0; r < R; ++r) {
        const V factor = hn::Set(d, weights[r]);
        HWY_UNROLL(4)
        for (int v = 0; v < N; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
      }
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < N; ++v) hn::StoreU(sum[r][v], d, out + r * distance + v * lanes);
  }
}

HWY_NOINLINE void MultiplyPlanes(const PlaneProduct& t, const float* planes, float* out) {
  constexpr int kRows = kManyRegisters ? 8 : 4;
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  const std::int64_t distance = whole_vectors(t.n);
  for (std::int64_t m = 0; m < kTileRows; m += kRows) {
    const float *w = t.weights + m, *start = t.start + m;
    float* y = out + m * distance;
    std::int64_t p = 0;
    for (; p + 2 * lanes < t.n && p + 4 * lanes != whole_vectors(t.n); p += 3 * lanes)
      Tile<kRows, 3>(t, planes + p, w, start, y + p, distance);
    for (; p + lanes < t.n; p += 2 * lanes) Tile<kRows, 2>(t, planes + p, w, start, y + p, distance);
    if (p < t.n) Tile<kRows, 1>(t, planes + p, w, start, y + p, distance);
  }
}

// ---- Gradients of weights: G groups of K taps times N vectors of channels

template <int G, int K, int N>
HWY_INLINE void TapTile(const TapProduct& t, const float* x, const float* g, const std::int64_t* offsets, float* acc) {
  const D d;
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  V sum[G][K][N];
  const float* from[G];
  HWY_UNROLL(8)
  for (int i = 0; i < G; ++i) {
    from[i] = x + offsets[i];
    HWY_UNROLL(4)
    for (int k = 0; k < K; ++k) {
      HWY_UNROLL(4)
      for (int v = 0; v < N; ++v) sum[i][k][v] = hn::Zero(d);
    }
  }
  for (std::int64_t h = 0; h < t.rows; ++h) {
    std::int64_t at = h * t.row_step;
    for (std::int64_t w = 0; w < t.columns; ++w, at += t.step, g += t.width) {
      V row[N];
      HWY_UNROLL(4)
      for (int v = 0; v < N; ++v) row[v] = hn::LoadU(d, g + v * lanes);
      HWY_UNROLL(8)
      for (int i = 0; i < G; ++i) {
        HWY_UNROLL(4)
        for (int k = 0; k < K; ++k) {
          const V factor = hn::Set(d, from[i][at + k]);
          HWY_UNROLL(4)
          for (int v = 0; v < N; ++v) sum[i][k][v] = hn::MulAdd(factor, row[v], sum[i][k][v]);
        }
      }
    }
  }
  HWY_UNROLL(8)
  for (int i = 0; i < G; ++i) {
    HWY_UNROLL(4)
    for (int k = 0; k < K; ++k) {
      HWY_UNROLL(4)
      for (int v = 0; v < N; ++v) {
        float* to = acc + (i * K + k) * t.width + v * lanes;
        hn::StoreU(hn::Add(hn::LoadU(d, to), sum[i][k][v]), d, to);
      }
    }
  }
}

template <int K, int N>
HWY_INLINE void TapColumns(const TapProduct& t, const float* x, const float* g, float* acc) {
  constexpr int kGroups = (K == 1 ? 4 : 2) * (kManyRegisters ? 2 : 1);
  std::int64_t i = 0;
  for (; i + kGroups <= t.count; i += kGroups) TapTile<kGroups, K, N>(t, x, g, t.offsets + i, acc + i * K * t.width);
  for (; i < t.count; ++i) TapTile<1, K, N>(t, x, g, t.offsets + i, acc + i * K * t.width);
}

template <int K>
HWY_INLINE void TapProducts(const TapProduct& t, const float* x, const float* g, float* acc) {
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  std::int64_t o = 0;
  for (; o + 2 * lanes <= t.width; o += 2 * lanes) TapColumns<K, 2>(t, x, g + o, acc + o);
  for (; o < t.width; o += lanes) TapColumns<K, 1>(t, x, g + o, acc + o);
}

HWY_NOINLINE void AddTapProducts(const TapProduct& t, const float* x, const float* g, float* acc) {
  t.run == 3 ? TapProducts<3>(t, x, g, acc) : TapProducts<1>(t, x, g, acc);
}

// ---- Rows

HWY_INLINE void CopyRow(const float* in, std::int64_t n, float* out) {
  const D d;
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::LoadU(d, in + i), d, out + i);
  if (i < n) {
    const auto left = static_cast<std::size_t>(n - i);
    StoreTail(LoadTail(d, in + i, left), d, out + i, left);
  }
}

/// out[i] = in[2·i]
HWY_INLINE void CopyEven(const float* in, std::int64_t n, float* out) {
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const D d;
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  for (; i + lanes < n; i += lanes)
    hn::StoreU(hn::ConcatEven(d, hn::LoadU(d, in + 2 * i + lanes), hn::LoadU(d, in + 2 * i)), d, out + i);
  const std::int64_t left = n - i, values = 2 * left - 1;  // the last pair may lack its second
  const V low = LoadTail(d, in + 2 * i, static_cast<std::size_t>(HWY_MIN(values, lanes)));
  const V high =
      values > lanes ? LoadTail(d, in + 2 * i + lanes, static_cast<std::size_t>(values - lanes)) : hn::Zero(d);
  StoreTail(hn::ConcatEven(d, high, low), d, out + i, static_cast<std::size_t>(left));
#else
  for (; i < n; ++i) out[i] = in[2 * i];
#endif
}

HWY_NOINLINE void GatherRows(const RowSet& s, std::int64_t step, const float* in, float* out) {
  for (std::int64_t c = 0; c < s.channels; ++c)
    for (std::int64_t r = 0; r < s.rows; ++r) {
      const float* from = in + c * s.in_channel + r * s.in_row;
      float* to = out + c * s.out_channel + r * s.out_row;
      if (step == 1)
        CopyRow(from, s.n, to);
      else if (step == 2)
        CopyEven(from, s.n, to);
      else
        for (std::int64_t i = 0; i < s.n; ++i) to[i] = from[i * step];
    }
}

HWY_NOINLINE void InterleaveRows(const RowSet& s, std::int64_t step, std::int64_t skip, std::int64_t phase,
                                 const float* in, float* line, float* out) {
  const D d;
  constexpr std::int64_t lanes = hn::MaxLanes(D());
  const std::int64_t count = (s.n + skip + step - 1) / step;
  for (std::int64_t c = 0; c < s.channels; ++c)
    for (std::int64_t r = 0; r < s.rows; ++r) {
      const float* from = in + c * s.in_channel + r * s.in_row;
      float* to = out + c * s.out_channel + r * s.out_row;
      if (step == 1) {
        CopyRow(from + skip, s.n, to);
        continue;
      }
      if (step == 2) {
        for (std::int64_t q = 0; q < count; q += lanes)
          hn::StoreInterleaved2(hn::LoadU(d, from + q), hn::LoadU(d, from + phase + q), d, line + 2 * q);
      } else {
        for (std::int64_t a = 0; a < step; ++a)
          for (std::int64_t q = 0; q < count; ++q) line[q * step + a] = from[a * phase + q];
      }
      CopyRow(line + skip, s.n, to);
    }
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(MultiplyPlanes);
HWY_EXPORT(AddTapProducts);
HWY_EXPORT(GatherRows);
HWY_EXPORT(InterleaveRows);
}  // namespace

void multiply_planes(const PlaneProduct& t, const float* planes, float* out) {
  HWY_DYNAMIC_DISPATCH(MultiplyPlanes)(t, planes, out);
}
void add_tap_products(const TapProduct& t, const float* x, const float* g, float* acc) {
  HWY_DYNAMIC_DISPATCH(AddTapProducts)(t, x, g, acc);
}
void gather_rows(const RowSet& r, std::int64_t step, const float* in, float* out) {
  HWY_DYNAMIC_DISPATCH(GatherRows)(r, step, in, out);
}
void interleave_rows(const RowSet& r, std::int64_t step, std::int64_t skip, std::int64_t phase, const float* in,
                     float* line, float* out) {
  HWY_DYNAMIC_DISPATCH(InterleaveRows)(r, step, skip, phase, in, line, out);
}

}  // namespace descent::kernels
#endif  // HWY_ONCE
