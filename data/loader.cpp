#include "loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"

namespace descent::data {

DataLoader::DataLoader(std::shared_ptr<const Dataset> set, const DataLoaderOptions& options)
    : set_(std::move(set)), options_(options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("DataLoader: " + what); };
  if (set_ == nullptr) refuse("the data set is null");
  if (options.batch_size < 1) refuse(fmt::format("batch_size must be at least 1, got {}", options.batch_size));
  if (options.num_workers < 0 || options.num_workers > 1024) {
    refuse(fmt::format("num_workers must be between 0 and 1024, got {}", options.num_workers));
  }
  if (options.shuffle && options.sampler) refuse("shuffle and sampler exclude each other");
  if (options.shuffle) {
    options_.sampler = RandomSampler(*set_, {.seed = options.seed});
  } else if (!options.sampler) {
    options_.sampler = SequentialSampler(*set_);
  }
}

std::int64_t DataLoader::size() const {
  const std::int64_t n = options_.sampler->size(), batch = options_.batch_size;
  return n / batch + (n % batch != 0 && !options_.drop_last ? 1 : 0);
}

void DataLoader::set_epoch(std::int64_t epoch) {
  if (epoch < 0) throw std::invalid_argument(fmt::format("DataLoader: epoch must not be negative, got {}", epoch));
  epoch_ = epoch;
}

/// One loop. Worker threads claim batches in order and put them into a ring of slots, from which the loop takes them in
/// order: who gathered a batch shows nowhere.
struct DataLoader::Run {
  struct Slot {
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  std::shared_ptr<const Dataset> set;
  std::vector<std::int64_t> order;
  std::int64_t batch_size;
  std::int64_t batches;
  bool grad_mode = autograd::grad_enabled();  // workers gather in the mode of the loop

  std::mutex mutex;
  std::condition_variable_any free, ready;
  std::vector<Slot> ring;
  std::int64_t claimed = 0;           // batches given to a worker
  std::int64_t taken = 0;             // batches handed to the loop
  std::vector<std::jthread> workers;  // last: they stop and join before all else goes

  Batch gather(std::int64_t b) const {
    const std::int64_t begin = b * batch_size;
    const auto end = std::min(begin + batch_size, static_cast<std::int64_t>(order.size()));
    return set->get_batch({order.begin() + begin, order.begin() + end});
  }

  Slot& slot(std::int64_t b) { return ring[static_cast<std::size_t>(b) % ring.size()]; }

  void start(std::int64_t count) {
    ring.resize(static_cast<std::size_t>(2 * count));
    try {
      for (std::int64_t i = 0; i < count; ++i)
        workers.emplace_back([this](const std::stop_token& stop) { work(stop); });
    } catch (const std::system_error& error) {
      fail<Error>("DataLoader", "worker thread {} of {} could not start: {}", workers.size() + 1, count, error.what());
    }
  }

  void work(const std::stop_token& stop) {
    const GradModeGuard guard(grad_mode);
    std::unique_lock lock(mutex);
    while (true) {
      const auto room = [&] { return claimed >= batches || claimed < taken + static_cast<std::int64_t>(ring.size()); };
      if (!free.wait(lock, stop, room) || stop.stop_requested() || claimed >= batches) return;
      const std::int64_t b = claimed++;
      lock.unlock();
      Slot result;
      try {
        result.batch = gather(b);
      } catch (...) {
        result.error = std::current_exception();
      }
      lock.lock();
      slot(b) = std::move(result);
      ready.notify_one();
    }
  }

  Batch next() {
    if (workers.empty()) return gather(taken++);
    std::unique_lock lock(mutex);
    Slot& due = slot(taken);
    ready.wait(lock, [&] { return due.batch.has_value() || due.error; });
    Slot result = std::exchange(due, {});
    ++taken;
    free.notify_one();
    lock.unlock();
    if (result.error) std::rethrow_exception(result.error);
    return std::move(*result.batch);
  }
};

DataLoader::Iterator DataLoader::begin() {
  Iterator it;
  auto run = std::make_shared<Run>();
  run->set = set_;
  run->order = options_.sampler->indices(epoch_);
  run->batch_size = options_.batch_size;
  run->batches = size();
  if (static_cast<std::int64_t>(run->order.size()) != options_.sampler->size()) {
    fail<Error>("DataLoader", "the sampler promised {} indices and gave {}", options_.sampler->size(),
                run->order.size());
  }
  ++epoch_;
  if (run->batches == 0) return it;
  if (options_.num_workers > 0) run->start(std::min(options_.num_workers, run->batches));
  it.run_ = std::move(run);
  ++it;
  return it;
}

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  if (run_ == nullptr) return *this;
  if (run_->taken == run_->batches) {
    batch_ = {};
    run_.reset();
    return *this;
  }
  try {
    batch_ = Batch();  // its memory serves the next one
    batch_ = run_->next();
  } catch (...) {
    run_.reset();
    throw;
  }
  return *this;
}

}  // namespace descent::data
