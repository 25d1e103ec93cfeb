// DataLoader: batches of a data set, in order, shuffled or sampled, gathered ahead by worker threads.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include "dataset.h"
#include "sampler.h"

namespace descent::data {

/// Options of DataLoader, as in PyTorch; `seed` stands for its generator.
struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;          ///< a new order each epoch, from (seed, epoch) alone
  AnySampler sampler{};          ///< instead of shuffle
  std::int64_t num_workers = 0;  ///< threads that gather ahead; the batches are the same for any number
  bool drop_last = false;        ///< leave out a last batch that is not full
  std::uint64_t seed = 0;        ///< of shuffle
};

/// `for (auto [x, y] : loader)` is one epoch. Leaving the loop early is safe; an exception thrown in a worker comes out
/// of the loop when its batch is due.
class DataLoader {
  struct Run;

 public:
  /// Keeps a copy of the data set (a handle). Throws std::invalid_argument: batch_size < 1, num_workers < 0 or > 1024,
  /// shuffle together with a sampler.
  template <std::derived_from<Dataset> D>
  DataLoader(D set, const DataLoaderOptions& options = {})
      : DataLoader(std::shared_ptr<const Dataset>(std::make_shared<const D>(std::move(set))), options) {}
  DataLoader(std::shared_ptr<const Dataset> set, const DataLoaderOptions& options = {});

  /// Batches an epoch has.
  std::int64_t size() const;
  const Dataset& dataset() const noexcept { return *set_; }
  const DataLoaderOptions& options() const noexcept { return options_; }

  /// The number of the epoch that the next loop runs; every loop, also one that is left early, counts up by one.
  std::int64_t epoch() const noexcept { return epoch_; }
  /// Throws std::invalid_argument when epoch < 0.
  void set_epoch(std::int64_t epoch);

  /// Where a loop is. It can be read once, front to back, and does not need the loader any more.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using pointer = const Batch*;
    using reference = const Batch&;

    Iterator() = default;
    const Batch& operator*() const noexcept { return batch_; }
    const Batch* operator->() const noexcept { return &batch_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) noexcept { return it.run_ == nullptr; }

   private:
    friend class DataLoader;
    std::shared_ptr<Run> run_;  // null at the end
    Batch batch_;
  };

  /// Starts an epoch.
  Iterator begin();
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::shared_ptr<const Dataset> set_;
  DataLoaderOptions options_;
  std::int64_t epoch_ = 0;
};

}  // namespace descent::data
