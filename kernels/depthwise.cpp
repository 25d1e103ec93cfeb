#include "depthwise.h"

#include <algorithm>
#include <vector>

#include "depthwise_rows.h"
#include "scratch.h"

namespace descent::kernels {
namespace {

/// A padded channel with the columns of each row sorted by their place within a stride: [depth, height, phase, column].
/// Then every tap of an output row reads consecutive elements, whatever the stride.
struct Planes {
  explicit Planes(const Convolution& conv) : c(conv) {
    for (int i = 0; i < 3; ++i) size[i] = (c.out[i] - 1) * c.stride[i] + (c.kernel[i] - 1) * c.dilation[i] + 1;
    columns = (size[2] + c.stride[2] - 1) / c.stride[2];
    pitch = columns * c.stride[2];
    for (std::int64_t d = 0; d < c.out[0]; ++d)
      for (std::int64_t h = 0; h < c.out[1]; ++h)
        starts.push_back((d * c.stride[0] * size[1] + h * c.stride[1]) * pitch);
    for (std::int64_t d = 0; d < c.kernel[0]; ++d)
      for (std::int64_t h = 0; h < c.kernel[1]; ++h)
        for (std::int64_t k = 0; k < c.kernel[2]; ++k) {
          const std::int64_t w = k * c.dilation[2];
          offsets.push_back((d * c.dilation[0] * size[1] + h * c.dilation[1]) * pitch + w % c.stride[2] * columns +
                            w / c.stride[2]);
        }
  }
  std::int64_t numel() const { return size[0] * size[1] * pitch; }
  TapRows rows() const { return {c.out[0] * c.out[1], c.out[2], c.taps(), starts.data(), offsets.data()}; }

  /// f(position in the buffer, position in x, elements of that phase) for all that lies inside x.
  template <class F>
  void each_run(F&& f) const {
    for (std::int64_t d = 0; d < size[0]; ++d) {
      const std::int64_t from_d = d - c.padding[0];
      if (from_d < 0 || from_d >= c.in[0]) continue;
      for (std::int64_t h = 0; h < size[1]; ++h) {
        const std::int64_t from_h = h - c.padding[1];
        if (from_h < 0 || from_h >= c.in[1]) continue;
        for (std::int64_t phase = 0; phase < c.stride[2]; ++phase) {
          // column i of this phase is x[i·stride + shift]
          const std::int64_t stride = c.stride[2], shift = phase - c.padding[2];
          const std::int64_t first = shift < 0 ? (-shift + stride - 1) / stride : 0;
          const std::int64_t end = shift < c.in[2] ? std::min(columns, (c.in[2] - shift + stride - 1) / stride) : 0;
          if (first < end)
            f((d * size[1] + h) * pitch + phase * columns + first,
              (from_d * c.in[1] + from_h) * c.in[2] + first * stride + shift, end - first);
        }
      }
    }
  }
  template <class T>
  void load(const T* x, T* buf) const {
    std::fill_n(buf, numel(), T(0));
    each_run([&](std::int64_t to, std::int64_t from, std::int64_t n) {
      if (c.stride[2] == 1)
        std::copy_n(x + from, n, buf + to);
      else
        for (std::int64_t i = 0; i < n; ++i) buf[to + i] = x[from + i * c.stride[2]];
    });
  }
  template <class T>
  void add_to(const T* buf, T* x) const {
    each_run([&](std::int64_t from, std::int64_t to, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) x[to + i * c.stride[2]] += buf[from + i];
    });
  }

  Convolution c;
  std::int64_t size[3], columns = 0, pitch = 0;
  std::vector<std::int64_t> starts, offsets;
};

bool worth_threads(const Convolution& c) { return c.batch * c.out_channels * c.out_plane() * c.taps() > 4 * kGrain; }

template <class T>
const T* bias_at(const void* bias, std::int64_t i) {
  return bias ? static_cast<const T*>(bias) + i : nullptr;
}

}  // namespace

void depthwise(DType dtype, const Convolution& c, const void* x, const void* w, const void* bias, void* y) {
  const Planes planes(c);
  const std::int64_t multiplier = c.out_channels / c.groups, taps = c.taps(), plane = c.out_plane();
  dispatch_float(dtype, [&]<class T>() {
    run_tasks(c.batch * c.groups, worth_threads(c), planes.numel() * std::int64_t{sizeof(T)},
              [&](std::int64_t task, char* memory) {
                T* buf = reinterpret_cast<T*>(memory);
                planes.load(static_cast<const T*>(x) + task * c.in_plane(), buf);
                for (std::int64_t m = 0; m < multiplier; ++m) {
                  const std::int64_t o = task % c.groups * multiplier + m;
                  tap_rows(dtype, planes.rows(), buf, static_cast<const T*>(w) + o * taps, bias_at<T>(bias, o),
                           static_cast<T*>(y) + (task * multiplier + m) * plane);
                }
              });
  });
}

void depthwise_input_grad(DType dtype, const Convolution& c, const void* g, const void* w, const void* bias, void* dx) {
  const Planes planes(c);
  const std::int64_t multiplier = c.out_channels / c.groups, taps = c.taps(), plane = c.out_plane();
  dispatch_float(dtype, [&]<class T>() {
    run_tasks(c.batch * c.groups, worth_threads(c), planes.numel() * std::int64_t{sizeof(T)},
              [&](std::int64_t task, char* memory) {
                T* buf = reinterpret_cast<T*>(memory);
                T* out = static_cast<T*>(dx) + task * c.in_plane();
                const std::int64_t channel = task % c.groups;
                std::fill_n(buf, planes.numel(), T(0));
                for (std::int64_t m = 0; m < multiplier; ++m)
                  tap_rows_scatter(dtype, planes.rows(), static_cast<const T*>(g) + (task * multiplier + m) * plane,
                                   static_cast<const T*>(w) + (channel * multiplier + m) * taps, buf);
                std::fill_n(out, c.in_plane(), bias ? *bias_at<T>(bias, channel) : T(0));
                planes.add_to(buf, out);
              });
  });
}

void depthwise_weight_grad(DType dtype, const Convolution& c, const void* x, const void* g, void* dw) {
  const Planes planes(c);
  const std::int64_t multiplier = c.out_channels / c.groups, taps = c.taps(), plane = c.out_plane();
  dispatch_float(dtype, [&]<class T>() {
    run_tasks(
        c.out_channels, worth_threads(c), planes.numel() * std::int64_t{sizeof(T)}, [&](std::int64_t o, char* memory) {
          T* buf = reinterpret_cast<T*>(memory);
          T* out = static_cast<T*>(dw) + o * taps;
          std::fill_n(out, taps, T(0));
          for (std::int64_t n = 0; n < c.batch; ++n) {
            planes.load(static_cast<const T*>(x) + (n * c.groups + o / multiplier) * c.in_plane(), buf);
            tap_rows_dots(dtype, planes.rows(), buf, static_cast<const T*>(g) + (n * c.out_channels + o) * plane, out);
          }
        });
  });
}

}  // namespace descent::kernels
