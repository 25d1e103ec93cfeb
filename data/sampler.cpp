#include "sampler.h"

#include <fmt/core.h>

#include <numeric>
#include <stdexcept>

#include "random-inl.h"

namespace descent::data {

SequentialSampler::SequentialSampler(std::int64_t n) : n_(n) {
  if (n < 0) throw std::invalid_argument(fmt::format("SequentialSampler: n must not be negative, got {}", n));
}

std::vector<std::int64_t> SequentialSampler::indices(std::int64_t) const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n_));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

RandomSampler::RandomSampler(std::int64_t n, const RandomSamplerOptions& options) : n_(n), options_(options) {
  if (n < 0) throw std::invalid_argument(fmt::format("RandomSampler: n must not be negative, got {}", n));
  if (size() < 0 || (n == 0 && size() > 0)) {
    throw std::invalid_argument(fmt::format("RandomSampler: cannot draw num_samples = {} of {} items", size(), n));
  }
}

std::vector<std::int64_t> RandomSampler::indices(std::int64_t epoch) const {
  Random random(options_.seed, static_cast<std::uint64_t>(epoch));
  std::vector<std::int64_t> order(static_cast<std::size_t>(size()));
  if (options_.replacement) {
    for (auto& index : order) index = random.below(n_);
    return order;
  }
  // Fisher–Yates from the front: position i takes one of what is left, i … n − 1.
  std::vector<std::int64_t> left(static_cast<std::size_t>(n_));
  std::iota(left.begin(), left.end(), 0);
  for (std::int64_t k = 0; k < size(); ++k) {
    const std::int64_t i = k % n_, j = i + random.below(n_ - i);
    std::swap(left[static_cast<std::size_t>(i)], left[static_cast<std::size_t>(j)]);
    order[static_cast<std::size_t>(k)] = left[static_cast<std::size_t>(i)];
  }
  return order;
}

}  // namespace descent::data
