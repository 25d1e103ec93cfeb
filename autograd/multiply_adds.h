// Counts the multiply-adds of products.
#pragma once

#include <cstdint>

namespace descent::autograd {

namespace detail {
inline constinit thread_local std::int64_t* multiply_adds = nullptr;
}  // namespace detail

/// From an op that multiplies and adds `count` times: matrix products, convolutions.
inline void count_multiply_adds(std::int64_t count) noexcept {
  if (detail::multiply_adds) *detail::multiply_adds += count;
}

/// Counts, while it lives, the multiply-adds of the products that this thread runs, forward or backward. Counters nest:
/// an outer one sees what an inner one has counted.
class MultiplyAddCounter {
 public:
  MultiplyAddCounter() noexcept : outer_(detail::multiply_adds) { detail::multiply_adds = &count_; }
  ~MultiplyAddCounter() {
    detail::multiply_adds = outer_;
    count_multiply_adds(count_);
  }
  MultiplyAddCounter(const MultiplyAddCounter&) = delete;
  MultiplyAddCounter& operator=(const MultiplyAddCounter&) = delete;
  std::int64_t count() const noexcept { return count_; }

 private:
  std::int64_t* outer_;
  std::int64_t count_ = 0;
};

}  // namespace descent::autograd
