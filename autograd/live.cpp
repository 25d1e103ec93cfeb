// Live-object counters: each thread counts for itself, live_counts() adds up.
#include <mutex>
#include <vector>

#include "autograd.h"
#include "tensor_impl.h"

namespace descent::autograd {
namespace {

using Counts = std::atomic<std::int64_t>[3];  // written by one thread, read by any

struct Registry {
  std::mutex mutex;
  std::vector<Counts*> threads;
  std::int64_t ended[3] = {};  // of threads that are gone
};

Registry& registry() {
  static Registry* const instance = new Registry;  // never destroyed: tensors may outlive main
  return *instance;
}

struct ThreadCounts {
  Counts counts;
  bool registered, closed;
};
constinit thread_local ThreadCounts local{};

struct Closer {
  ~Closer() {
    const std::lock_guard lock(registry().mutex);
    for (int i = 0; i < 3; ++i) registry().ended[i] += local.counts[i].load(std::memory_order_relaxed);
    std::erase(registry().threads, &local.counts);
    local.closed = true;
  }
};

[[gnu::noinline]] void count_slow(int kind, std::int64_t change) noexcept {
  if (!local.closed) {
    thread_local Closer closer;
    const std::lock_guard lock(registry().mutex);
    registry().threads.push_back(&local.counts);
    local.registered = true;
    local.counts[kind].fetch_add(change, std::memory_order_relaxed);
  } else {
    const std::lock_guard lock(registry().mutex);
    registry().ended[kind] += change;
  }
}

}  // namespace

void count_live(Live kind, std::int64_t change) noexcept {
  const int i = static_cast<int>(kind);
  if (!local.registered || local.closed) return count_slow(i, change);
  auto& count = local.counts[i];
  count.store(count.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

LiveCounts live_counts() noexcept {
  const std::lock_guard lock(registry().mutex);
  std::int64_t total[3];
  for (int i = 0; i < 3; ++i) {
    total[i] = registry().ended[i];
    for (const Counts* counts : registry().threads) total[i] += (*counts)[i].load(std::memory_order_relaxed);
  }
  return {total[0], total[1], total[2]};
}

}  // namespace descent::autograd
