#include "moments.h"

#include <cmath>
#include <limits>
#include <vector>

#include "parallel.h"
#include "reduce_tree.h"
#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/moments.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "simd-inl.h"

#ifndef DESCENT_KERNELS_MOMENTS
#define DESCENT_KERNELS_MOMENTS
namespace descent::kernels {
namespace {

/// About what a row's moments are taken: d = scale·x − center.
struct About {
  double center = 0, scale = 1;
};

/// Σ d and Σ d².
struct Moments {
  double sum = 0, squares = 0;
};

}  // namespace
}  // namespace descent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

// Value i goes to lane i mod 16, whatever the vector width; the lanes are folded in halves.
template <class T>
HWY_INLINE void BlockMoments(const T* HWY_RESTRICT x, std::size_t n, double center, double scale, double* out) {
  using D = hn::ScalableTag<double>;
  using V = hn::Vec<D>;
  const D d;
  constexpr std::size_t kLanes = 16, kWidth = hn::MaxLanes(D()), kVectors = kLanes / kWidth;
  const V c = hn::Set(d, center), by = hn::Set(d, scale);
  V sum[kVectors], squares[kVectors];
  for (std::size_t k = 0; k < kVectors; ++k) sum[k] = squares[k] = hn::Zero(d);
  const auto load = [&](std::size_t i, std::size_t count) HWY_ATTR {
    V v;
    if constexpr (sizeof(T) == 8) {
      v = count == kWidth ? hn::LoadU(d, x + i) : LoadTail(d, x + i, count);
    } else {
      const hn::Rebind<float, D> narrow;
      v = hn::PromoteTo(d, count == kWidth ? hn::LoadU(narrow, x + i) : LoadTail(narrow, x + i, count));
    }
    return hn::MulSub(v, by, c);
  };
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t k = 0; k < kVectors; ++k) {
      const V v = load(i + k * kWidth, kWidth);
      sum[k] = hn::Add(sum[k], v);
      squares[k] = hn::MulAdd(v, v, squares[k]);
    }
  }
  for (std::size_t k = 0; i < n; ++k, i += kWidth) {
    const std::size_t left = std::min(n - i, kWidth);
    const V v = left == kWidth ? load(i, kWidth) : hn::IfThenElseZero(hn::FirstN(d, left), load(i, left));
    sum[k] = hn::Add(sum[k], v);
    squares[k] = hn::MulAdd(v, v, squares[k]);
  }
  HWY_ALIGN double s[kLanes], q[kLanes];
  for (std::size_t k = 0; k < kVectors; ++k) {
    hn::Store(sum[k], d, s + k * kWidth);
    hn::Store(squares[k], d, q + k * kWidth);
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) s[l] += s[l + half], q[l] += q[l + half];
  }
  out[0] = s[0];
  out[1] = q[0];
}

HWY_NOINLINE void MomentsF32(const float* x, std::int64_t n, double center, double scale, double* out) {
  BlockMoments(x, static_cast<std::size_t>(n), center, scale, out);
}
HWY_NOINLINE void MomentsF64(const double* x, std::int64_t n, double center, double scale, double* out) {
  BlockMoments(x, static_cast<std::size_t>(n), center, scale, out);
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(MomentsF32);
HWY_EXPORT(MomentsF64);

template <class T>
Moments block_moments(const T* x, std::int64_t n, const About& about) {
  double out[2];
  if constexpr (sizeof(T) == 4)
    HWY_DYNAMIC_DISPATCH(MomentsF32)(x, n, about.center, about.scale, out);
  else
    HWY_DYNAMIC_DISPATCH(MomentsF64)(x, n, about.center, about.scale, out);
  return {out[0], out[1]};
}

/// Columns read together, so that a cache line is read once.
template <class T>
constexpr std::int64_t kTile = 64 / sizeof(T);

/// From one row of a tile to the next: a power of two would put them all into the same sets of the cache.
constexpr std::int64_t kRowStep = kBlock + 16;

/// The rows of a view in groups that are read together: single rows, or tiles of neighbouring columns.
template <class T>
struct Groups {
  const T* x;
  Dims<1> kept, reduced;
  std::int64_t n, blocks, width = 1, inner = 1, per_inner = 1, count;

  Groups(const View& in, int kept_dims)
      : x(in.as<const T>()), kept(in, 0, kept_dims), reduced(in, kept_dims, in.dim), n(reduced.numel) {
    blocks = ceil_div(n, kBlock);
    if (kept.numel > 0 && kept.step(0) == 1 && !reduced.is_block()) {
      width = kTile<T>;
      inner = kept.shape[kept.count - 1];
      per_inner = ceil_div(inner, width);
    }
    count = kept.numel / inner * per_inner;
  }
  std::int64_t first(std::int64_t g) const { return g / per_inner * inner + g % per_inner * width; }
  std::int64_t size(std::int64_t g) const { return std::min(width, inner - g % per_inner * width); }
};

/// One block of every row of a group, loaded when it is not the one that is there.
template <class T>
class Loaded {
 public:
  explicit Loaded(const Groups<T>& groups) : groups_(groups) {}
  void load(std::int64_t g, std::int64_t b) {
    if (g == group_ && b == block_) return;
    group_ = g;
    block_ = b;
    const T* x = groups_.x + groups_.kept.offset(groups_.first(g));
    const std::int64_t begin = b * kBlock, n = size();
    if (groups_.width == 1) {
      single_ = fetch(x, groups_.reduced, begin, n, buffer_);
      return;
    }
    const std::int64_t width = groups_.size(g);
    const std::int64_t stride = groups_.reduced.step(0);
    T* to = buffer_;
    groups_.reduced.for_runs(begin, begin + n, [&](const std::int64_t(&at)[1], std::int64_t run) {
      for (std::int64_t r = 0; r < run; ++r, ++to) {
        for (std::int64_t j = 0; j < width; ++j) to[j * kRowStep] = x[at[0] + r * stride + j];
      }
    });
  }
  const T* row(std::int64_t k) const { return groups_.width == 1 ? single_ : buffer_ + k * kRowStep; }
  std::int64_t size() const { return std::min(kBlock, groups_.n - block_ * kBlock); }

 private:
  const Groups<T>& groups_;
  std::int64_t group_ = -1, block_ = -1;
  const T* single_ = nullptr;
  T buffer_[kTile<T> * kRowStep];
};

struct MomentPairs {
  Pairs<double> sum{Reduce::Sum}, squares{Reduce::Sum};
  void push(const Moments& m) {
    sum.push(m.sum);
    squares.push(m.squares);
  }
  Moments result() { return {sum.result(), squares.result()}; }
};

/// Moments of blocks [begin, end) of the rows of group g.
template <class T>
void group_moments(const Groups<T>& groups, Loaded<T>& loaded, std::int64_t g, std::int64_t begin, std::int64_t end,
                   const About* about, Moments* out) {
  const std::int64_t width = groups.size(g);
  if (end - begin == 1) {
    loaded.load(g, begin);
    for (std::int64_t k = 0; k < width; ++k) out[k] = block_moments(loaded.row(k), loaded.size(), about[k]);
    return;
  }
  MomentPairs pairs[kTile<T>];
  for (std::int64_t b = begin; b < end; ++b) {
    loaded.load(g, b);
    for (std::int64_t k = 0; k < width; ++k) pairs[k].push(block_moments(loaded.row(k), loaded.size(), about[k]));
  }
  for (std::int64_t k = 0; k < width; ++k) out[k] = pairs[k].result();
}

/// Calls f(g, moments) for each group, in parallel; moments(about, out) gives those of its rows. Where groups are few
/// and long, the moments themselves are computed in parallel, over the same tree.
template <class T, class F>
void for_groups(const Groups<T>& groups, F&& f) {
  constexpr std::int64_t kPart = kGrain / kBlock;  // blocks; a power of two
  const std::int64_t blocks = groups.blocks;
  if (groups.count < 16 && blocks >= 2 * kPart) {
    const std::int64_t parts = ceil_div(blocks, kPart);
    std::vector<Moments> part(static_cast<std::size_t>(parts * kTile<T>));
    for (std::int64_t g = 0; g < groups.count; ++g) {
      f(g, [&](const About* about, Moments* out) {
        parallel_chunks(parts, [&](std::int64_t i) {
          Loaded<T> loaded(groups);
          group_moments(groups, loaded, g, i * kPart, std::min(blocks, (i + 1) * kPart), about,
                        part.data() + i * kTile<T>);
        });
        for (std::int64_t k = 0; k < groups.size(g); ++k) {
          MomentPairs pairs;
          for (std::int64_t i = 0; i < parts; ++i) pairs.push(part[static_cast<std::size_t>(i * kTile<T> + k)]);
          out[k] = pairs.result();
        }
      });
    }
    return;
  }
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (groups.n * groups.width));
  parallel_for(groups.count, grain, [&](std::int64_t begin, std::int64_t end) {
    Loaded<T> loaded(groups);
    for (std::int64_t g = begin; g < end; ++g) {
      f(g, [&](const About* about, Moments* out) { group_moments(groups, loaded, g, 0, blocks, about, out); });
    }
  });
}

}  // namespace

// Two passes: the mean about the first value, which overflows only where the variance does, then the squares, less what
// the rounding of the mean adds.
void variance(View out, View in, double correction, bool root) {
  dispatch_float(in.dtype, [&]<class T>() {
    const Groups<T> groups(in, out.dim);
    if (groups.n == 0 || out.numel == 0) {
      return void(std::fill_n(out.as<T>(), out.numel, std::numeric_limits<T>::quiet_NaN()));
    }
    const double n = static_cast<double>(groups.n), divisor = std::max(0.0, n - correction);
    for_groups(groups, [&](std::int64_t g, auto&& moments) {
      About about[kTile<T>];
      Moments m[kTile<T>];
      const std::int64_t width = groups.size(g), first = groups.first(g);
      for (std::int64_t k = 0; k < width; ++k) {
        about[k].center = static_cast<double>(groups.x[groups.kept.offset(first + k)]);
      }
      moments(about, m);
      for (std::int64_t k = 0; k < width; ++k) about[k].center += m[k].sum / n;
      moments(about, m);
      for (std::int64_t k = 0; k < width; ++k) {
        const double excess = m[k].sum * m[k].sum / n, left = m[k].squares - excess;
        const double var = (left < 0 ? 0 : left) / divisor;
        out.as<T>()[first + k] = static_cast<T>(root ? std::sqrt(var) : var);
      }
    });
  });
}

void norm2(View out, View in) {
  dispatch_float(in.dtype, [&]<class T>() {
    const Groups<T> groups(in, out.dim);
    if (groups.n == 0 || out.numel == 0) return void(std::fill_n(out.as<T>(), out.numel, T(0)));
    for_groups(groups, [&](std::int64_t g, auto&& moments) {
      About about[kTile<T>];
      Moments m[kTile<T>];
      const std::int64_t width = groups.size(g), first = groups.first(g);
      moments(about, m);
      bool again = false;
      for (std::int64_t k = 0; k < width; ++k) {
        // Squares of what lies outside are lost, but then they do not count; else they are scaled by a power of two.
        if (m[k].squares > 0x1p1000) about[k].scale = 0x1p-600;
        if (m[k].squares < 0x1p-900) about[k].scale = 0x1p600;
        again |= about[k].scale != 1;
      }
      if (again) moments(about, m);
      for (std::int64_t k = 0; k < width; ++k) {
        out.as<T>()[first + k] = static_cast<T>(std::sqrt(m[k].squares) / about[k].scale);
      }
    });
  });
}

}  // namespace descent::kernels
#endif
