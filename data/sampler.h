// Samplers: in which order a loader visits the items of its data set.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "dataset.h"

namespace descent::data {

/// Base of all samplers. The order of an epoch depends on the sampler's options and the epoch alone.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// How many indices an epoch has.
  virtual std::int64_t size() const = 0;
  /// The indices of that epoch, in order.
  virtual std::vector<std::int64_t> indices(std::int64_t epoch) const = 0;
};

/// 0, 1, …, n − 1.
class SequentialSampler : public Sampler {
 public:
  /// Throws std::invalid_argument when n < 0.
  explicit SequentialSampler(std::int64_t n);
  explicit SequentialSampler(const Dataset& set) : SequentialSampler(set.size()) {}
  std::int64_t size() const override { return n_; }
  std::vector<std::int64_t> indices(std::int64_t epoch) const override;

 private:
  std::int64_t n_;
};

/// Options of RandomSampler.
struct RandomSamplerOptions {
  bool replacement = false;  ///< draw each index independently
  std::optional<std::int64_t> num_samples =
      std::nullopt;  ///< n unless given; beyond n, one permutation follows another
  std::uint64_t seed = 0;
};

/// A permutation of 0, …, n − 1 (Fisher–Yates), a new one each epoch, or independent draws. It has its own stream for
/// each (seed, epoch): nothing else that draws random numbers changes it.
class RandomSampler : public Sampler {
 public:
  /// Throws std::invalid_argument when n < 0, num_samples < 0, or samples are asked of nothing.
  explicit RandomSampler(std::int64_t n, const RandomSamplerOptions& options = {});
  explicit RandomSampler(const Dataset& set, const RandomSamplerOptions& options = {})
      : RandomSampler(set.size(), options) {}
  std::int64_t size() const override { return options_.num_samples.value_or(n_); }
  std::vector<std::int64_t> indices(std::int64_t epoch) const override;

 private:
  std::int64_t n_;
  RandomSamplerOptions options_;
};

/// A sampler of any kind, or none, held by shared handle: `.sampler = data::RandomSampler(n, {.seed = 3})`.
class AnySampler {
 public:
  AnySampler() = default;
  template <std::derived_from<Sampler> S>
  AnySampler(S sampler) : sampler_(std::make_shared<const S>(std::move(sampler))) {}
  AnySampler(std::shared_ptr<const Sampler> sampler) : sampler_(std::move(sampler)) {}

  explicit operator bool() const noexcept { return sampler_ != nullptr; }
  const Sampler* operator->() const noexcept { return sampler_.get(); }

 private:
  std::shared_ptr<const Sampler> sampler_;
};

}  // namespace descent::data
