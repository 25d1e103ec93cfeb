#include "window.h"

#include "../fail-inl.h"

namespace descent {

Shape Extent::expand(int n, const char* op, const char* option) const {
  if (values_.dim() == n) return values_;
  if (values_.size() != 1) fail<ShapeError>(op, "{} takes one number or {}, got {}", option, n, values_);
  Shape result;
  for (int i = 0; i < n; ++i) result.push_back(values_[0]);
  return result;
}

Shape Extent::at_least(std::int64_t least, int n, const char* op, const char* option) const {
  const Shape result = expand(n, op, option);
  for (const std::int64_t value : result) {
    if (value < least)
      throw std::invalid_argument(fmt::format("{}: {} must be at least {}, got {}", op, option, least, values_));
  }
  return result;
}

}  // namespace descent
