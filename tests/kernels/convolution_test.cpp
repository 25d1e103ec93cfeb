// The three products of a convolution against naive loops, on small integers: every sum is exact, so results are equal.
#include "../../kernels/convolution.h"

#include <sstream>
#include <string>
#include <vector>

#include "../../kernels/convolution_direct.h"
#include "../fixture.h"
#include "simd_targets.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;

namespace {

std::int64_t input_numel(const kn::Convolution& c) { return c.batch * c.in_channels * c.in_plane(); }
std::int64_t output_numel(const kn::Convolution& c) { return c.batch * c.out_channels * c.out_plane(); }
std::int64_t weight_numel(const kn::Convolution& c) { return c.out_channels * (c.in_channels / c.groups) * c.taps(); }

template <class T>
std::vector<T> numbers(std::int64_t n, std::int64_t seed) {
  std::vector<T> result(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<T>((static_cast<std::int64_t>(i) * (2 * seed + 31) + seed) % 7 - 3);
  return result;
}

/// f(place in x, in w, in y) for every product.
template <class F>
void each_product(const kn::Convolution& c, F f) {
  const std::int64_t in_group = c.in_channels / c.groups, out_group = c.out_channels / c.groups;
  std::int64_t y = 0;
  for (std::int64_t n = 0; n < c.batch; ++n)
    for (std::int64_t o = 0; o < c.out_channels; ++o)
      for (std::int64_t p = 0; p < c.out_plane(); ++p, ++y) {
        const std::int64_t at[3] = {p / (c.out[1] * c.out[2]), p / c.out[2] % c.out[1], p % c.out[2]};
        for (std::int64_t k = 0; k < c.taps(); ++k) {
          const std::int64_t tap[3] = {k / (c.kernel[1] * c.kernel[2]), k / c.kernel[2] % c.kernel[1], k % c.kernel[2]};
          std::int64_t place = 0;
          bool inside = true;
          for (int d = 0; d < 3; ++d) {
            const std::int64_t i = at[d] * c.stride[d] + tap[d] * c.dilation[d] - c.padding[d];
            inside = inside && i >= 0 && i < c.in[d];
            place = place * c.in[d] + i;
          }
          if (!inside) continue;
          for (std::int64_t ch = 0; ch < in_group; ++ch)
            f((n * c.in_channels + o / out_group * in_group + ch) * c.in_plane() + place,
              (o * in_group + ch) * c.taps() + k, y);
        }
      }
}

/// The three products under test.
template <class T>
struct Products {
  void convolution(const kn::Convolution& c, const T* x, const T* w, const T* bias, T* y) const {
    kn::convolution(dtype_of<T>(), c, x, w, bias, y);
  }
  void input_grad(const kn::Convolution& c, const T* g, const T* w, const T* bias, T* dx) const {
    kn::convolution_input_grad(dtype_of<T>(), c, g, w, bias, dx);
  }
  void weight_grad(const kn::Convolution& c, const T* x, const T* g, T* dw) const {
    kn::convolution_weight_grad(dtype_of<T>(), c, x, g, dw);
  }
};
/// Those on shifted planes, whether or not they would be chosen.
struct DirectProducts {
  void convolution(const kn::Convolution& c, const float* x, const float* w, const float* bias, float* y) const {
    kn::direct_convolution(c, x, w, bias, y);
  }
  void input_grad(const kn::Convolution& c, const float* g, const float* w, const float* bias, float* dx) const {
    kn::direct_input_grad(c, g, w, bias, dx);
  }
  void weight_grad(const kn::Convolution& c, const float* x, const float* g, float* dw) const {
    kn::direct_weight_grad(c, x, g, dw);
  }
};

template <class T, class F>
void check(const kn::Convolution& c, const F& products) {
  const std::vector<T> x = numbers<T>(input_numel(c), 1), w = numbers<T>(weight_numel(c), 2),
                       g = numbers<T>(output_numel(c), 3), bias = numbers<T>(c.out_channels, 4),
                       in_bias = numbers<T>(c.in_channels, 5);
  std::vector<T> y(g.size()), plain(g.size()), dx(x.size()), shifted(x.size()), dw(w.size());
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = bias[i / static_cast<std::size_t>(c.out_plane()) % static_cast<std::size_t>(c.out_channels)];
  for (std::size_t i = 0; i < x.size(); ++i)
    shifted[i] = in_bias[i / static_cast<std::size_t>(c.in_plane()) % static_cast<std::size_t>(c.in_channels)];
  T *yp = y.data(), *pp = plain.data(), *xp = dx.data(), *sp = shifted.data(), *wp = dw.data();
  each_product(c, [&, xs = x.data(), ws = w.data(), gs = g.data()](std::int64_t i, std::int64_t k, std::int64_t o) {
    yp[o] += xs[i] * ws[k];
    pp[o] += xs[i] * ws[k];
    xp[i] += ws[k] * gs[o];
    sp[i] += ws[k] * gs[o];
    wp[k] += xs[i] * gs[o];
  });
  std::vector<T> out(y.size(), T(-77)), in(x.size(), T(-77)), weight(w.size(), T(-77));
  products.convolution(c, x.data(), w.data(), bias.data(), out.data());
  BOOST_TEST((out == y), "the convolution with bias");
  products.convolution(c, x.data(), w.data(), nullptr, out.data());
  BOOST_TEST((out == plain), "the convolution");
  products.input_grad(c, g.data(), w.data(), nullptr, in.data());
  BOOST_TEST((in == dx), "the gradient of the input");
  products.input_grad(c, g.data(), w.data(), in_bias.data(), in.data());
  BOOST_TEST((in == shifted), "the transposed convolution with bias");
  products.weight_grad(c, x.data(), g.data(), weight.data());
  BOOST_TEST((weight == dw), "the gradient of the weight");
}

std::string sizes_of(const kn::Convolution& c) {
  std::ostringstream text;
  const auto list = [&](const char* name, const std::int64_t(&v)[3]) {
    text << ", " << name << " " << v[0] << "x" << v[1] << "x" << v[2];
  };
  text << "batch " << c.batch << ", groups " << c.groups << ", channels " << c.in_channels << " -> " << c.out_channels;
  list("in", c.in), list("kernel", c.kernel), list("stride", c.stride), list("padding", c.padding);
  list("dilation", c.dilation);
  return text.str();
}

void check_both(const kn::Convolution& c) {
  BOOST_TEST_CONTEXT(sizes_of(c)) {
    check<float>(c, Products<float>());
    check<double>(c, Products<double>());
  }
}
void check_direct(const kn::Convolution& c) {
  BOOST_TEST_CONTEXT(sizes_of(c)) { check<float>(c, DirectProducts()); }
}

/// Pseudo-random numbers below n.
struct Dice {
  std::uint64_t state = 1;
  std::int64_t operator()(std::int64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>(state >> 33) % n;
  }
};

/// Sets what kernel, stride, padding and dilation leave in a dim, where the far side may be padded more than the near
/// one; false if it is nothing.
bool set_output(kn::Convolution& c, int d, std::int64_t more) {
  const std::int64_t free = c.in[d] + c.padding[d] + more - c.dilation[d] * (c.kernel[d] - 1) - 1;
  c.out[d] = free >= 0 ? free / c.stride[d] + 1 : 1;
  return free >= 0;
}

/// A square image, kernel, stride and padding.
kn::Convolution square(std::int64_t batch, std::int64_t groups, std::int64_t in_channels, std::int64_t out_channels,
                       std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  kn::Convolution c{.batch = batch, .groups = groups, .in_channels = in_channels, .out_channels = out_channels};
  for (int d = 1; d < 3; ++d) {
    c.in[d] = size;
    c.kernel[d] = kernel;
    c.stride[d] = stride;
    c.padding[d] = padding;
    c.out[d] = (size + 2 * padding - kernel) / stride + 1;
  }
  return c;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(convolution)

/// Pseudo-random sizes of every kind, with paddings that reach further than the kernel or stand on one side only.
BOOST_AUTO_TEST_CASE(small_sizes) {
  Dice below;
  int checked = 0;
  for (int i = 0; i < 600; ++i) {
    kn::Convolution c{.batch = 1 + below(5), .groups = 1 + below(3)};
    c.in_channels = c.groups * (1 + below(2));
    c.out_channels = c.groups * (1 + below(3));
    bool valid = true;
    for (int d = static_cast<int>(below(3)); d < 3; ++d) {
      c.in[d] = 1 + below(7);
      c.kernel[d] = 1 + below(3);
      c.stride[d] = 1 + below(3);
      c.dilation[d] = 1 + below(2);
      c.padding[d] = below(4);
      valid = set_output(c, d, below(c.padding[d] + 1)) && valid;
    }
    if (!valid) continue;
    check_both(c);
    ++checked;
  }
  BOOST_TEST(checked > 300);
}

/// Sizes that leave parts of vectors, channels that leave parts of tiles, on every instruction set.
BOOST_AUTO_TEST_CASE(shifted_planes) {
  descent::testing::for_each_target([](const char* target) {
    BOOST_TEST_CONTEXT(target) {
      Dice below;
      int checked = 0;
      for (int i = 0; i < 60; ++i) {
        kn::Convolution c{.batch = 1 + below(3), .groups = 1 + below(2)};
        c.in_channels = c.groups * (1 + below(12));
        c.out_channels = c.groups * (1 + below(40));
        bool valid = true;
        for (int d = 1 + static_cast<int>(below(2)); d < 3; ++d) {
          c.in[d] = 1 + below(18);
          c.kernel[d] = 1 + below(4);
          c.stride[d] = 1 + below(3);
          c.dilation[d] = 1 + below(2);
          c.padding[d] = below(4);
          valid = set_output(c, d, below(c.padding[d] + 1)) && valid;
        }
        if (!valid) continue;
        check_direct(c);
        ++checked;
      }
      BOOST_TEST(checked > 40);
      for (const std::int64_t stride : {1, 2})
        for (const std::int64_t padding : {0, 1, 2}) {
          for (const std::int64_t size : {7, 14, 19}) check_direct(square(1, 1, 9, 24, size, 3, stride, padding));
          check_direct(square(1, 1, 16, 16, 15, 1, stride, padding));
        }
    }
  });
}

/// Sums of part of the batch, blocks of rows, more than one thread.
BOOST_AUTO_TEST_CASE(shifted_planes_in_blocks) {
  check_both(square(0, 1, 16, 16, 28, 3, 1, 1));
  check_both(square(9, 1, 8, 8, 28, 3, 1, 1));
  check_both(square(9, 1, 8, 16, 28, 3, 2, 1));
  check_both(square(10, 2, 16, 16, 14, 3, 1, 1));
  check_both(square(1, 1, 8, 8, 129, 3, 1, 1));
  check_both(square(2, 1, 24, 8, 100, 3, 2, 1));
  check_both(square(3, 1, 16, 8, 61, 5, 1, 2));
}

BOOST_AUTO_TEST_CASE(shifted_planes_with_any_number_of_threads) {
  const kn::Convolution c = square(11, 1, 16, 16, 28, 3, 1, 1);
  const auto fractions = [](std::int64_t n) {
    std::vector<float> v(static_cast<std::size_t>(n));
    Dice dice;
    for (float& x : v) x = static_cast<float>(dice(1 << 20)) / 1e6f - 0.5f;
    return v;
  };
  const std::vector<float> x = fractions(input_numel(c)), w = fractions(weight_numel(c)),
                           g = fractions(output_numel(c));
  std::vector<float> first[3];
  const int before = get_num_threads();
  for (int threads = 1; threads <= 4; ++threads) {
    set_num_threads(threads);
    std::vector<float> y(g.size()), dx(x.size()), dw(w.size());
    kn::direct_convolution(c, x.data(), w.data(), nullptr, y.data());
    kn::direct_input_grad(c, g.data(), w.data(), nullptr, dx.data());
    kn::direct_weight_grad(c, x.data(), g.data(), dw.data());
    if (threads == 1) first[0] = y, first[1] = dx, first[2] = dw;
    BOOST_TEST((y == first[0] && dx == first[1] && dw == first[2]), threads << " threads");
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(several_blocks_of_an_image) {
  check_both(square(4, 1, 32, 2, 32, 3, 1, 1));  // images in parallel
  check_both(square(1, 1, 32, 1, 64, 3, 1, 1));  // one image
  check_both(square(1, 1, 160, 1, 59, 3, 2, 0));
}

BOOST_AUTO_TEST_CASE(several_images_in_a_block) {
  check_both(square(19, 1, 8, 60, 4, 3, 1, 1));
  check_both(square(53, 2, 6, 4, 3, 2, 1, 0));
  check_both(square(17, 1, 5, 7, 6, 1, 1, 0));
}

BOOST_AUTO_TEST_CASE(pointwise) {
  check_both(square(3, 1, 16, 24, 16, 1, 1, 0));
  check_both(square(5, 4, 16, 24, 13, 1, 1, 0));
  check_both(square(2, 1, 3, 4, 9, 1, 2, 0));
}

BOOST_AUTO_TEST_CASE(one_channel_a_group) {
  check_both(square(2, 8, 8, 8, 70, 3, 1, 1));
  check_both(square(2, 3, 3, 6, 37, 5, 3, 2));
  check_both(square(3, 1, 1, 8, 28, 5, 1, 2));
}

/// A stride or dilation far beyond the image must not take memory in proportion.
BOOST_AUTO_TEST_CASE(huge_strides) {
  kn::Convolution c = square(1, 2, 2, 2, 3, 3, 1, 0);
  c.stride[1] = c.stride[2] = std::int64_t{1} << 30;
  check_both(c);
  c = square(1, 2, 2, 2, 3, 3, 1, 0);
  for (int d = 1; d < 3; ++d) {
    c.dilation[d] = std::int64_t{1} << 29;
    c.padding[d] = (std::int64_t{1} << 29) - 1;
    c.out[d] = 1;
  }
  check_both(c);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
