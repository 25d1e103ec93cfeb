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

Shape Extent::spatial(int n, const Shape& x, const char* op, const char* option) const {
  if (values_.dim() != x.dim()) return expand(n, op, option);
  return Shape(values_.end() - n, static_cast<std::size_t>(n));
}

void PooledSize::check(int n, const char* op) const {
  if (sizes_.size() != 1 && sizes_.size() != static_cast<std::size_t>(n)) {
    fail<ShapeError>(op, "output_size takes one number or {}, got {}", n, str());
  }
  for (const Size& size : sizes_) {
    if (size && *size < 0) {
      throw std::invalid_argument(fmt::format("{}: output_size must be at least 0, got {}", op, str()));
    }
  }
}

Shape PooledSize::resolve(int n, const Shape& input, const char* op) const {
  check(n, op);
  Shape result;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    result.push_back(sizes_[sizes_.size() == 1 ? 0 : i].value_or(input[i]));
  }
  return result;
}

std::string PooledSize::str() const {
  const auto text = [](const Size& size) { return size ? std::to_string(*size) : "None"; };
  if (sizes_.size() == 1) return text(sizes_[0]);
  std::string joined;
  for (const Size& size : sizes_) joined += (joined.empty() ? "" : ", ") + text(size);
  return "(" + joined + ")";
}

}  // namespace descent
