#include "normalization.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "normalization_rows.h"
#include "parallel.h"

namespace descent::kernels {
namespace {

constexpr std::int64_t kMostParts = 16;  // partial sums of the parameters

template <class F>
void over_channels(const ChannelNorm& c, F&& f) {
  const std::int64_t each = std::max<std::int64_t>(1, c.batch * c.inner);
  parallel_for(c.channels, std::max<std::int64_t>(1, kGrain / each), f);
}

template <class F>
void over_rows(std::int64_t rows, std::int64_t n, F&& f) {
  parallel_for(rows, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, n)), f);
}

/// `count` sums over the rows: f(first, last, sums[count · n]) adds up short stretches, which are joined in double.
template <class T, class F>
std::vector<double> sum_rows(std::int64_t rows, std::int64_t n, std::int64_t count, F&& f) {
  const std::int64_t grain = std::clamp<std::int64_t>(kGrain / 2 / std::max<std::int64_t>(1, n), 64, 1024);
  const std::int64_t parts = (rows + grain - 1) / grain, width = count * n;
  std::vector<T> sums(static_cast<std::size_t>(parts * width), T(0));
  parallel_for(rows, grain,
               [&](std::int64_t first, std::int64_t last) { f(first, last, sums.data() + first / grain * width); });
  std::vector<double> total(static_cast<std::size_t>(width), 0.0);
  for (std::size_t i = 0; i < sums.size(); ++i) total[i % total.size()] += static_cast<double>(sums[i]);
  return total;
}

template <class T>
std::vector<T> scales(const ChannelNorm& c, const T* rstd) {
  const T* w = static_cast<const T*>(c.weight);
  std::vector<T> scale(static_cast<std::size_t>(c.channels));
  for (std::size_t j = 0; j < scale.size(); ++j) scale[j] = (rstd ? rstd[j] : T(1)) * (w ? w[j] : T(1));
  return scale;
}

template <class T>
void apply_affine(const ChannelNorm& c, const void* mean, const T* rstd, void* y) {
  const std::vector<T> scale = scales(c, rstd);
  const std::vector<T> zero(c.bias ? 0 : static_cast<std::size_t>(c.channels), T(0));
  const Columns columns{.dtype = c.dtype,
                        .n = c.channels,
                        .x = c.x,
                        .mean = mean,
                        .scale = scale.data(),
                        .shift = c.bias ? c.bias : zero.data()};
  over_rows(c.batch, c.channels,
            [&](std::int64_t first, std::int64_t last) { column_affine(columns, first, last, y); });
}

template <class T>
void norm_columns(const ChannelNorm& c, void* y, T* mean, T* rstd, T* var) {
  const double n = static_cast<double>(c.batch);
  Columns columns{.dtype = c.dtype, .n = c.channels, .x = c.x};
  const auto total = [&] {
    return sum_rows<T>(c.batch, c.channels, 1, [&](std::int64_t first, std::int64_t last, T* sums) {
      column_sums(columns, first, last, sums);
    });
  };
  std::vector<double> sums = total();
  for (std::size_t j = 0; j < sums.size(); ++j) mean[j] = static_cast<T>(sums[j] / n);
  columns.mean = mean;
  sums = total();
  for (std::size_t j = 0; j < sums.size(); ++j) {
    var[j] = static_cast<T>(sums[j] / n);
    rstd[j] = static_cast<T>(1 / std::sqrt(sums[j] / n + c.eps));
  }
  apply_affine(c, mean, rstd, y);
}

template <class T>
void norm_grad_columns(const ChannelNorm& c, const void* g, const T* mean, const T* rstd, void* dx, T* dw, T* db) {
  const double n = static_cast<double>(c.batch);
  const auto channels = static_cast<std::size_t>(c.channels);
  const std::vector<T> scale = scales(c, rstd);
  Columns columns{
      .dtype = c.dtype, .n = c.channels, .x = c.x, .g = g, .mean = mean, .rstd = rstd, .scale = scale.data()};
  const std::vector<double> sums =
      sum_rows<T>(c.batch, c.channels, 2, [&](std::int64_t first, std::int64_t last, T* own) {
        column_grad_sums(columns, first, last, own, own + c.channels);
      });
  std::vector<T> mean_g(channels), mean_gx(channels);
  for (std::size_t j = 0; j < channels; ++j) {
    mean_g[j] = static_cast<T>(sums[j] / n);
    mean_gx[j] = static_cast<T>(sums[channels + j] / n);
    if (!dw) continue;
    db[j] = static_cast<T>(sums[j]);
    dw[j] = static_cast<T>(sums[channels + j]);
  }
  columns.mean_g = mean_g.data();
  columns.mean_gx = mean_gx.data();
  over_rows(c.batch, c.channels, [&](std::int64_t first, std::int64_t last) { column_grad(columns, first, last, dx); });
}

}  // namespace

void row_norm(const RowNorm& c, void* y, void* mean, void* rstd, void* var) {
  over_rows(c.rows, c.n, [&](std::int64_t first, std::int64_t last) { norm_rows(c, first, last, y, mean, rstd, var); });
}

void row_norm_grad(const RowNorm& c, const void* g, const void* mean, const void* rstd, void* dx, void* dw, void* db) {
  const std::int64_t cheap = std::max<std::int64_t>(1, kGrain / 2 / std::max<std::int64_t>(1, c.n));
  if (!dw) {
    return parallel_for(c.rows, cheap, [&](std::int64_t first, std::int64_t last) {
      norm_grad_rows(c, first, last, g, mean, rstd, dx, nullptr, nullptr);
    });
  }
  const std::int64_t count = c.groups * (c.n / std::max<std::int64_t>(1, c.inner));
  const std::int64_t grain = std::max(cheap, (c.rows + kMostParts - 1) / kMostParts);
  const std::int64_t parts = (c.rows + grain - 1) / grain;
  dispatch_float(c.dtype, [&]<class T>() {
    std::vector<T> sums(static_cast<std::size_t>(2 * parts * count), T(0));
    parallel_for(c.rows, grain, [&](std::int64_t first, std::int64_t last) {
      T* own = sums.data() + first / grain * 2 * count;
      norm_grad_rows(c, first, last, g, mean, rstd, dx, own, own + count);
    });
    for (std::int64_t j = 0; j < count; ++j) {
      double w = 0, b = 0;
      for (std::int64_t part = 0; part < parts; ++part) {
        w += static_cast<double>(sums[static_cast<std::size_t>(2 * part * count + j)]);
        b += static_cast<double>(sums[static_cast<std::size_t>((2 * part + 1) * count + j)]);
      }
      static_cast<T*>(dw)[j] = static_cast<T>(w);
      static_cast<T*>(db)[j] = static_cast<T>(b);
    }
  });
}

void channel_norm(const ChannelNorm& c, void* y, void* mean, void* rstd, void* var) {
  if (c.inner != 1) {
    return over_channels(
        c, [&](std::int64_t first, std::int64_t last) { norm_channels(c, first, last, y, mean, rstd, var); });
  }
  dispatch_float(c.dtype, [&]<class T>() {
    norm_columns(c, y, static_cast<T*>(mean), static_cast<T*>(rstd), static_cast<T*>(var));
  });
}

void channel_norm_grad(const ChannelNorm& c, const void* g, const void* mean, const void* rstd, void* dx, void* dw,
                       void* db) {
  if (c.inner != 1) {
    return over_channels(c, [&](std::int64_t first, std::int64_t last) {
      norm_grad_channels(c, first, last, g, mean, rstd, dx, dw, db);
    });
  }
  dispatch_float(c.dtype, [&]<class T>() {
    norm_grad_columns(c, g, static_cast<const T*>(mean), static_cast<const T*>(rstd), dx, static_cast<T*>(dw),
                      static_cast<T*>(db));
  });
}

void channel_affine(const ChannelNorm& c, const void* mean, void* y) {
  if (c.inner != 1) {
    return over_channels(c, [&](std::int64_t first, std::int64_t last) { affine_channels(c, first, last, mean, y); });
  }
  dispatch_float(c.dtype, [&]<class T>() { apply_affine<T>(c, mean, nullptr, y); });
}

}  // namespace descent::kernels
