// What the reductions share: rows of any layout read block by block, and the fixed tree that combines blocks.
#pragma once

#include <algorithm>
#include <cstring>

#include "reduce.h"
#include "reduce_blocks.h"

namespace descent::kernels {

/// Some dimensions of a view, merged where memory allows, outermost first; sizes of 1 are left out.
struct Dims {
  int count = 0;
  std::int64_t shape[kMaxDims];
  std::int64_t strides[kMaxDims];
  std::int64_t numel = 1;

  Dims(const View& v, int begin, int end) {
    for (int i = begin; i < end; ++i) {
      const std::int64_t size = v.shape[i], stride = v.strides[i];
      numel *= size;
      if (size == 1) continue;
      if (count > 0 && strides[count - 1] == stride * size) {
        shape[count - 1] *= size;
        strides[count - 1] = stride;
      } else {
        shape[count] = size;
        strides[count++] = stride;
      }
    }
  }

  /// Where the i-th element lies.
  std::int64_t offset(std::int64_t i) const {
    std::int64_t at = 0;
    for (int k = count - 1; k >= 0; --k) {
      at += i % shape[k] * strides[k];
      i /= shape[k];
    }
    return at;
  }

  bool is_row() const { return count == 0 || (count == 1 && strides[0] == 1); }
};

/// Calls f(offset, run, stride) for runs along the innermost dimension that cover elements [begin, end).
template <class F>
void for_runs(const Dims& d, std::int64_t begin, std::int64_t end, F&& f) {
  const std::int64_t inner = d.count ? d.shape[d.count - 1] : 1, stride = d.count ? d.strides[d.count - 1] : 1;
  while (begin < end) {
    const std::int64_t run = std::min(end - begin, inner - begin % inner);
    f(d.offset(begin), run, stride);
    begin += run;
  }
}

/// Elements [begin, begin + n) of a row in logical order: where they lie, or a copy in `buffer`.
template <class T>
const T* fetch(const T* row, const Dims& d, std::int64_t begin, std::int64_t n, T* buffer) {
  if (d.is_row()) return row + begin;
  T* to = buffer;
  for_runs(d, begin, begin + n, [&](std::int64_t offset, std::int64_t run, std::int64_t stride) {
    const T* from = row + offset;
    if (stride == 1)
      std::memcpy(to, from, static_cast<std::size_t>(run) * sizeof(T));
    else
      for (std::int64_t i = 0; i < run; ++i) to[i] = from[i * stride];
    to += run;
  });
  return buffer;
}

/// What is accumulated: floats in their own type, sums and products of the others in int64.
template <class T>
using Acc = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;

template <class A>
A combine(Reduce op, A a, A b) {
  switch (op) {
    case Reduce::Prod:
    case Reduce::All:
      if constexpr (std::is_integral_v<A>)  // wraps around
        return static_cast<A>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
      else
        return a * b;
    case Reduce::Max:
      return a > b || a != a ? a : b;
    case Reduce::Min:
      return a < b || a != a ? a : b;
    case Reduce::Any:
      return a > b ? a : b;
    default:
      if constexpr (std::is_integral_v<A>)
        return static_cast<A>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
      else
        return a + b;
  }
}

/// Blocks combined in pairs as they come, like the carries of a binary counter: block 2i with 2i + 1, then pairs with
/// pairs. A run of blocks that starts at a multiple of its power-of-two length gives exactly its part of the whole
/// tree.
template <class A>
class Pairs {
 public:
  explicit Pairs(Reduce op) : op_(op) {}
  void push(A value) {
    for (std::int64_t n = ++pushed_; n % 2 == 0; n /= 2) value = combine(op_, stack_[--height_], value);
    stack_[height_++] = value;
  }
  A result() {
    if (height_ == 0) return A{};
    A value = stack_[--height_];
    while (height_ > 0) value = combine(op_, stack_[--height_], value);
    return value;
  }

 private:
  Reduce op_;
  int height_ = 0;
  std::int64_t pushed_ = 0;
  A stack_[64];
};

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace descent::kernels
