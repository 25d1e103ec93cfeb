#include "sequential.h"

#include "../autograd/fail-inl.h"

namespace descent::nn {

detail::Lambda::Lambda(std::function<Tensor(const Tensor&)> function) : function_(std::move(function)) {
  if (!function_) throw std::invalid_argument("Sequential: a layer is an empty function");
}

Tensor detail::Lambda::forward(const Tensor& x) { return function_(x); }

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < size(); ++i) y = child(i)(y);
  return y;
}

Module& Sequential::operator[](std::int64_t index) const {
  const auto count = static_cast<std::int64_t>(size());
  if (index < -count || index >= count) {
    fail<IndexError>("Sequential", "index {} is out of range for {} layers", index, count);
  }
  return child(static_cast<std::size_t>(index < 0 ? index + count : index));
}

void Sequential::wrong_type(std::int64_t index, const Module& layer) {
  fail<Error>("Sequential", "layer {} is a {}, not of the type asked for", index, layer.name());
}

}  // namespace descent::nn
