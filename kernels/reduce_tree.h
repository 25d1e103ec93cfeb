// What the reductions share: rows of any layout read block by block, and the fixed tree that combines blocks.
#pragma once

#include <algorithm>
#include <cstring>

#include "dims.h"
#include "reduce.h"
#include "reduce_blocks.h"

namespace descent::kernels {

/// Elements [begin, begin + n) of a row in logical order: where they lie, or a copy in `buffer`.
template <class T>
const T* fetch(const T* row, const Dims<1>& d, std::int64_t begin, std::int64_t n, T* buffer) {
  if (d.is_block()) return row + begin;
  T* to = buffer;
  const std::int64_t stride = d.step(0);
  d.for_runs(begin, begin + n, [&](const std::int64_t(&at)[1], std::int64_t run) {
    const T* from = row + at[0];
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
