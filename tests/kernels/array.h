// Memory with a shape in any layout, for tests that call kernels directly.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../../kernels/parallel.h"
#include "../../kernels/view.h"

namespace descent::testing {

using Sizes = std::vector<std::int64_t>;

/// How an Array lies in memory; its logical content is the same in each.
enum class Layout { Contiguous, Reversed, Spread };  // row-major; first dimension innermost; gaps between elements
inline constexpr Layout kLayouts[] = {Layout::Contiguous, Layout::Reversed, Layout::Spread};

template <class T>
class Array {
 public:
  explicit Array(Sizes shape, Layout layout = Layout::Contiguous) : shape_(std::move(shape)), strides_(shape_.size()) {
    std::int64_t step = layout == Layout::Spread ? 2 : 1;
    for (std::size_t i = 0; i < shape_.size(); ++i) {
      const std::size_t d = layout == Layout::Reversed ? i : shape_.size() - 1 - i;
      strides_[d] = step;
      step *= shape_[d];
      numel_ *= shape_[d];
    }
    contiguous_ = layout == Layout::Contiguous;
    // One element in front: what a kernel sees is never aligned to more than its type.
    memory_.reset(new T[static_cast<std::size_t>(step) + 1]());
  }
  template <class F>
  static Array make(Sizes shape, Layout layout, F&& f) {
    Array a(std::move(shape), layout);
    for (std::int64_t i = 0; i < a.numel(); ++i) a[i] = static_cast<T>(f(i));
    return a;
  }

  /// Element by its position in row-major order, whatever the layout.
  T& operator[](std::int64_t i) {
    if (contiguous_) return memory_[static_cast<std::size_t>(i) + 1];
    const std::int64_t *shape = shape_.data(), *strides = strides_.data();
    std::int64_t at = 0;
    for (std::size_t d = shape_.size(); d-- > 0; i /= shape[d]) at += i % shape[d] * strides[d];
    return memory_[static_cast<std::size_t>(at) + 1];
  }
  const T& operator[](std::int64_t i) const { return const_cast<Array&>(*this)[i]; }
  std::int64_t numel() const { return numel_; }
  T* data() const { return memory_.get() + 1; }
  kernels::View view() const {
    return {data(),        shape_.data(), strides_.data(), numel_, static_cast<int>(shape_.size()),
            dtype_of<T>(), contiguous_};
  }
  std::string bytes() const {
    return {reinterpret_cast<const char*>(data()), static_cast<std::size_t>(numel_) * sizeof(T)};
  }

 private:
  Sizes shape_, strides_;
  std::int64_t numel_ = 1;
  bool contiguous_ = true;
  std::shared_ptr<T[]> memory_;
};

/// Deterministic values in [−1, 1) without a pattern.
inline double noise(std::int64_t i, std::uint64_t seed = 0) {
  std::uint64_t z = (static_cast<std::uint64_t>(i) + 1 + seed * 1000003) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/// Runs f with 1 to 4 threads and checks that result() has the same bytes each time.
template <class F, class R>
void same_for_any_threads(F&& f, R&& result) {
  const int before = get_num_threads();
  std::string first;
  for (int threads = 1; threads <= 4; ++threads) {
    set_num_threads(threads);
    f();
    if (threads == 1)
      first = result();
    else
      BOOST_TEST((first == result()), "other bits with " << threads << " threads");
  }
  set_num_threads(before);
}

/// |a − b| <= tolerance·(1 + |b|), or both NaN, or equal infinities.
inline bool close(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= tolerance * (1 + std::abs(b));
}

}  // namespace descent::testing
