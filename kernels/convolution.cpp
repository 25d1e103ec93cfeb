#include "convolution.h"

#include <algorithm>
#include <climits>
#include <stdexcept>
#include <string>

#include "convolution_direct.h"
#include "depthwise.h"
#include "gemm.h"
#include "im2col.h"
#include "scratch.h"

namespace descent::kernels {
namespace {

/// How the work is cut: into tasks of one group of one or several images, and each image into blocks of positions.
/// It depends on the sizes alone.
struct Plan {
  explicit Plan(const Convolution& conv) : c(conv) {
    constexpr std::int64_t kFewPositions = 128, kManyPositions = 256;
    constexpr std::int64_t kBlock = 1 << 18;  // elements of the columns: they stay in the second-level cache
    in_group = c.in_channels / c.groups;
    out_group = c.out_channels / c.groups;
    rows = in_group * c.taps();
    positions = c.out_plane();
    const std::int64_t most = std::max<std::int64_t>(kBlock / std::max<std::int64_t>(rows, 1), 64);
    if (positions < kFewPositions) {  // a product of few columns wastes its packing: several images share one
      images = std::clamp<std::int64_t>(kManyPositions / positions, 1, std::max<std::int64_t>(c.batch / 4, 1));
      images = std::max<std::int64_t>(std::min(images, most / positions), 1);
    }
    direct = images == 1;  // 1x1 kernels read the image as it is
    for (int i = 0; i < 3; ++i)
      direct = direct && c.kernel[i] == 1 && c.stride[i] == 1 && c.padding[i] == 0 && c.in[i] == c.out[i];
    image_blocks = (c.batch + images - 1) / images;
    tasks = image_blocks * c.groups;
    threaded = tasks >= 4 && double(rows) * double(positions) * double(c.batch) * double(c.out_channels) > 1e6;
    const std::int64_t limit = threaded ? most : 4 * most;  // threads inside of a block want larger ones
    block = images > 1 || direct ? positions : std::min(positions, limit);
    columns = direct ? 0 : rows * (images > 1 ? images * positions : block);
    gathered = images > 1 ? out_group * images * positions : 0;
    for (const std::int64_t size : {rows, out_group, images * positions, c.in_plane()}) {
      if (size > INT_MAX)
        throw std::runtime_error("convolution: BLAS takes sizes up to 2147483647, got " + std::to_string(size));
    }
    verify_blas();
  }
  template <class T>
  std::int64_t bytes() const {
    return (columns + gathered) * std::int64_t{sizeof(T)};
  }
  std::int64_t images_of(std::int64_t image_block) const { return std::min(images, c.batch - image_block * images); }

  Convolution c;
  std::int64_t in_group, out_group, rows, positions;
  std::int64_t images = 1, image_blocks = 0, tasks = 0, block = 0;
  std::int64_t columns = 0, gathered = 0;  // elements of scratch memory
  bool direct = false, threaded = false;
};

/// One task's part of an array [batch, channels, plane].
template <class T>
T* part(T* base, std::int64_t image, std::int64_t channels, std::int64_t channel, std::int64_t plane) {
  return base + (image * channels + channel) * plane;
}

/// [out_group, images·positions] from or into rows of `images` planes of y; into adds the bias.
template <class T>
void gather_rows(const Plan& p, const T* y, std::int64_t count, T* rows) {
  for (std::int64_t o = 0; o < p.out_group; ++o)
    for (std::int64_t i = 0; i < count; ++i)
      std::copy_n(part(y, i, p.c.out_channels, o, p.positions), p.positions, rows + (o * count + i) * p.positions);
}
template <class T>
void spread_rows(const Plan& p, const T* rows, std::int64_t count, const T* bias, T* y) {
  for (std::int64_t o = 0; o < p.out_group; ++o)
    for (std::int64_t i = 0; i < count; ++i) {
      const T* from = rows + (o * count + i) * p.positions;
      T* to = part(y, i, p.c.out_channels, o, p.positions);
      const T shift = bias ? bias[o] : T(0);
      if (bias)
        for (std::int64_t j = 0; j < p.positions; ++j) to[j] = from[j] + shift;
      else
        std::copy_n(from, p.positions, to);
    }
}

template <class T>
void fill_planes(T* out, std::int64_t planes, std::int64_t plane, const T* bias) {
  for (std::int64_t i = 0; i < planes; ++i) std::fill_n(out + i * plane, plane, bias ? bias[i] : T(0));
}

template <class T>
void forward(DType dtype, const Convolution& c, const T* x, const T* w, const T* bias, T* y) {
  const Plan p(c);
  run_tasks(p.tasks, p.threaded, p.bytes<T>(), [&](std::int64_t task, char* memory) {
    const std::int64_t group = task % c.groups, first = task / c.groups * p.images,
                       count = p.images_of(task / c.groups);
    const T* source = part(x, first, c.in_channels, group * p.in_group, c.in_plane());
    const T* weight = w + group * p.out_group * p.rows;
    const T* shift = bias ? bias + group * p.out_group : nullptr;
    T* target = part(y, first, c.out_channels, group * p.out_group, p.positions);
    T* col = reinterpret_cast<T*>(memory);
    Gemm gemm_of{.m = p.out_group,
                 .n = p.positions,
                 .k = p.rows,
                 .lda = p.rows,
                 .ldb = p.positions,
                 .ldc = p.positions,
                 .accumulate = bias != nullptr};
    if (p.images > 1) {
      gemm_of.n = gemm_of.ldb = gemm_of.ldc = count * p.positions;
      gemm_of.accumulate = false;
      for (std::int64_t i = 0; i < count; ++i)
        im2col(c, p.in_group, part(source, i, c.in_channels, 0, c.in_plane()), 0, p.positions, col + i * p.positions,
               gemm_of.ldb);
      gemm(dtype, gemm_of, weight, col, col + p.columns);
      return spread_rows(p, col + p.columns, count, shift, target);
    }
    if (bias) fill_planes(target, p.out_group, p.positions, shift);
    if (p.direct) return gemm(dtype, gemm_of, weight, source, target);
    for (std::int64_t from = 0; from < p.positions; from += p.block) {
      gemm_of.n = gemm_of.ldb = std::min(p.block, p.positions - from);
      im2col(c, p.in_group, source, from, from + gemm_of.n, col, gemm_of.n);
      gemm(dtype, gemm_of, weight, col, target + from);
    }
  });
}

template <class T>
void input_grad(DType dtype, const Convolution& c, const T* g, const T* w, const T* bias, T* dx) {
  const Plan p(c);
  run_tasks(p.tasks, p.threaded, p.bytes<T>(), [&](std::int64_t task, char* memory) {
    const std::int64_t group = task % c.groups, first = task / c.groups * p.images,
                       count = p.images_of(task / c.groups);
    const T* source = part(g, first, c.out_channels, group * p.out_group, p.positions);
    const T* weight = w + group * p.out_group * p.rows;
    const T* shift = bias ? bias + group * p.in_group : nullptr;
    T* target = part(dx, first, c.in_channels, group * p.in_group, c.in_plane());
    T* col = reinterpret_cast<T*>(memory);
    Gemm gemm_of{.trans_a = true,
                 .m = p.rows,
                 .n = p.positions,
                 .k = p.out_group,
                 .lda = p.rows,
                 .ldb = p.positions,
                 .ldc = p.positions};
    for (std::int64_t i = 0; i < count; ++i)
      if (!p.direct || bias)
        fill_planes(part(target, i, c.in_channels, 0, c.in_plane()), p.in_group, c.in_plane(), shift);
    if (p.images > 1) {
      gemm_of.n = gemm_of.ldb = gemm_of.ldc = count * p.positions;
      gather_rows(p, source, count, col + p.columns);
      gemm(dtype, gemm_of, weight, col + p.columns, col);
      for (std::int64_t i = 0; i < count; ++i)
        col2im(c, p.in_group, col + i * p.positions, 0, p.positions, part(target, i, c.in_channels, 0, c.in_plane()),
               gemm_of.ldc);
    } else if (p.direct) {
      gemm_of.accumulate = bias != nullptr;
      gemm(dtype, gemm_of, weight, source, target);
    } else {
      for (std::int64_t from = 0; from < p.positions; from += p.block) {
        gemm_of.n = gemm_of.ldc = std::min(p.block, p.positions - from);
        gemm(dtype, gemm_of, weight, source + from, col);
        col2im(c, p.in_group, col, from, from + gemm_of.n, target, gemm_of.n);
      }
    }
  });
}

template <class T>
void weight_grad(DType dtype, const Convolution& c, const T* x, const T* g, T* dw) {
  const Plan p(c);
  const std::int64_t numel = c.out_channels * p.rows;
  // Each part of the batch has a sum of its own, as far as that needs little memory; then the parts are added in order.
  constexpr std::int64_t kParts = 8, kMostMemory = 1 << 22;
  const std::int64_t parts =
      std::min(p.image_blocks, std::clamp<std::int64_t>(kMostMemory / std::max<std::int64_t>(numel, 1), 1, kParts));
  const Scratch sums(parts > 1 ? static_cast<std::size_t>(parts * numel) * sizeof(T) : 0);
  T* const results = parts > 1 ? reinterpret_cast<T*>(sums.data()) : dw;
  run_tasks(parts * c.groups, p.threaded && parts * c.groups >= 4, p.bytes<T>(), [&](std::int64_t task, char* memory) {
    const std::int64_t group = task % c.groups, at = task / c.groups;
    T* target = results + at * numel + group * p.out_group * p.rows;
    T* col = reinterpret_cast<T*>(memory);
    Gemm gemm_of{.trans_b = true,
                 .m = p.out_group,
                 .n = p.rows,
                 .k = p.positions,
                 .lda = p.positions,
                 .ldb = p.positions,
                 .ldc = p.rows};
    for (std::int64_t b = at * p.image_blocks / parts; b < (at + 1) * p.image_blocks / parts; ++b) {
      const std::int64_t first = b * p.images, count = p.images_of(b);
      const T* image = part(x, first, c.in_channels, group * p.in_group, c.in_plane());
      const T* from_g = part(g, first, c.out_channels, group * p.out_group, p.positions);
      if (p.images > 1) {
        gemm_of.k = gemm_of.lda = gemm_of.ldb = count * p.positions;
        for (std::int64_t i = 0; i < count; ++i)
          im2col(c, p.in_group, part(image, i, c.in_channels, 0, c.in_plane()), 0, p.positions, col + i * p.positions,
                 gemm_of.ldb);
        gather_rows(p, from_g, count, col + p.columns);
        gemm(dtype, gemm_of, col + p.columns, col, target);
      } else if (p.direct) {
        gemm(dtype, gemm_of, from_g, image, target);
      } else {
        for (std::int64_t from = 0; from < p.positions; from += p.block) {
          gemm_of.k = gemm_of.ldb = std::min(p.block, p.positions - from);
          im2col(c, p.in_group, image, from, from + gemm_of.k, col, gemm_of.k);
          gemm(dtype, gemm_of, from_g + from, col, target);
          gemm_of.accumulate = true;
        }
      }
      gemm_of.accumulate = true;
    }
  });
  if (parts == 1) return;
  parallel_for(numel, kGrain / parts, [&](std::int64_t begin, std::int64_t end) {
    std::copy(results + begin, results + end, dw + begin);
    for (std::int64_t i = 1; i < parts; ++i) {
      const T* from = results + i * numel;
#pragma omp simd
      for (std::int64_t j = begin; j < end; ++j) dw[j] += from[j];
    }
  });
}

enum class Way {
  Columns,    // a matrix product on unfolded patches
  Direct,     // products of shifted planes
  Depthwise,  // one input channel a group: rows that are shifted and added
};

/// The one place that chooses, by sizes alone.
Way way_of(DType dtype, const Convolution& c) {
  const std::int64_t in_group = c.in_channels / c.groups, out_group = c.out_channels / c.groups;
  double padded = 1;  // the image as far as it is read
  bool pointwise = true;
  for (int i = 0; i < 3; ++i) {
    padded *= double(c.out[i] - 1) * double(c.stride[i]) + double(c.kernel[i] - 1) * double(c.dilation[i]) + 1 +
              (i == 2 ? double(c.stride[i]) : 0);
    pointwise = pointwise && c.kernel[i] == 1 && c.stride[i] == 1 && c.padding[i] == 0;
  }
  const bool compact = padded <= 4096 + 4. * double(c.in_plane() + c.out_plane()),
             flat = c.in[0] * c.kernel[0] * c.out[0] == 1 && c.padding[0] == 0;  // two spatial dims at most
  constexpr std::int64_t kTinyPlane = 16;  // most of each vector would lie between rows
  if (dtype == DType::Float32 && compact && flat && !pointwise && c.out_plane() >= kTinyPlane && c.in_plane() > 0 &&
      (in_group > 1 || (in_group == 1 && out_group >= 8)))
    return Way::Direct;
  return in_group == 1 && compact && c.taps() > 1 ? Way::Depthwise : Way::Columns;
}

const float* floats(const void* p) { return static_cast<const float*>(p); }

}  // namespace

void convolution(DType dtype, const Convolution& c, const void* x, const void* w, const void* bias, void* y) {
  if (c.batch * c.out_channels == 0) return;
  switch (way_of(dtype, c)) {
    case Way::Depthwise:
      return depthwise(dtype, c, x, w, bias, y);
    case Way::Direct:
      return direct_convolution(c, floats(x), floats(w), floats(bias), static_cast<float*>(y));
    case Way::Columns:
      dispatch_float(dtype, [&]<class T>() {
        forward(dtype, c, static_cast<const T*>(x), static_cast<const T*>(w), static_cast<const T*>(bias),
                static_cast<T*>(y));
      });
  }
}

void convolution_input_grad(DType dtype, const Convolution& c, const void* g, const void* w, const void* bias,
                            void* dx) {
  if (c.batch * c.in_channels == 0) return;
  switch (way_of(dtype, c)) {
    case Way::Depthwise:
      return depthwise_input_grad(dtype, c, g, w, bias, dx);
    case Way::Direct:
      return direct_input_grad(c, floats(g), floats(w), floats(bias), static_cast<float*>(dx));
    case Way::Columns:
      dispatch_float(dtype, [&]<class T>() {
        input_grad(dtype, c, static_cast<const T*>(g), static_cast<const T*>(w), static_cast<const T*>(bias),
                   static_cast<T*>(dx));
      });
  }
}

void convolution_weight_grad(DType dtype, const Convolution& c, const void* x, const void* g, void* dw) {
  const std::int64_t numel = c.out_channels * (c.in_channels / c.groups) * c.taps();
  if (numel == 0) return;
  if (c.batch == 0) return dispatch_float(dtype, [&]<class T>() { std::fill_n(static_cast<T*>(dw), numel, T(0)); });
  switch (way_of(dtype, c)) {
    case Way::Depthwise:
      return depthwise_weight_grad(dtype, c, x, g, dw);
    case Way::Direct:
      return direct_weight_grad(c, floats(x), floats(g), static_cast<float*>(dw));
    case Way::Columns:
      dispatch_float(dtype, [&]<class T>() {
        weight_grad(dtype, c, static_cast<const T*>(x), static_cast<const T*>(g), static_cast<T*>(dw));
      });
  }
}

}  // namespace descent::kernels
