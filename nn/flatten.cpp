#include "flatten.h"

#include "repr-inl.h"

namespace descent::nn {

Flatten::Flatten(std::int64_t start_dim, std::int64_t end_dim) : start_dim_(start_dim), end_dim_(end_dim) {}

Tensor Flatten::forward(const Tensor& x) { return x.flatten(start_dim_, end_dim_); }

std::string Flatten::extra_repr() const { return fmt::format("start_dim={}, end_dim={}", start_dim_, end_dim_); }

Unflatten::Unflatten(std::int64_t dim, const Shape& unflattened_size) : dim_(dim), unflattened_size_(unflattened_size) {
  bool inferred = false;
  for (const std::int64_t n : unflattened_size) {
    if (n < -1 || (n == -1 && inferred)) {
      throw std::invalid_argument(fmt::format("Unflatten: unflattened_size takes sizes >= 0 and at most one -1, got {}",
                                              unflattened_size.str()));
    }
    inferred = inferred || n == -1;
  }
  if (unflattened_size.empty()) throw std::invalid_argument("Unflatten: unflattened_size is empty");
}

Tensor Unflatten::forward(const Tensor& x) { return x.unflatten(dim_, unflattened_size_); }

std::string Unflatten::extra_repr() const {
  return fmt::format("dim={}, unflattened_size={}", dim_, python(unflattened_size_));
}

}  // namespace descent::nn
