// What is alive: tensors, memory, nodes, and what each op has saved. Each thread counts for itself, reports add up.
#include <algorithm>
#include <mutex>
#include <vector>

#include "autograd.h"
#include "memory_report.h"
#include "node.h"

namespace descent::autograd {
namespace {

constexpr std::size_t kKinds = 4, kOps = 1020;  // ops beyond share the last counter

using Count = std::atomic<std::int64_t>;  // written by one thread, read by any

struct Registry {
  std::mutex mutex;
  std::vector<Count*> threads;
  std::int64_t ended[kKinds + kOps] = {};  // of threads that are gone
  std::vector<const char*> names;          // of ops, by number
};

Registry& registry() {
  static Registry* const instance = new Registry;  // never destroyed: tensors may outlive main
  return *instance;
}

struct ThreadCounts {
  Count counts[kKinds + kOps];
  bool registered, closed;
};
constinit thread_local ThreadCounts local{};

struct Closer {
  ~Closer() {
    const std::lock_guard lock(registry().mutex);
    for (std::size_t i = 0; i < kKinds + kOps; ++i) {
      registry().ended[i] += local.counts[i].load(std::memory_order_relaxed);
    }
    std::erase(registry().threads, local.counts);
    local.closed = true;
  }
};

[[gnu::noinline]] void count_slow(std::size_t kind, std::int64_t change) noexcept {
  if (!local.closed) {
    thread_local Closer closer;
    const std::lock_guard lock(registry().mutex);
    registry().threads.push_back(local.counts);
    local.registered = true;
    local.counts[kind].fetch_add(change, std::memory_order_relaxed);
  } else {
    const std::lock_guard lock(registry().mutex);
    registry().ended[kind] += change;
  }
}

void count(std::size_t kind, std::int64_t change) noexcept {
  if (!local.registered || local.closed) return count_slow(kind, change);
  Count& own = local.counts[kind];
  own.store(own.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

/// The registry is locked.
std::int64_t total(std::size_t kind) {
  std::int64_t sum = registry().ended[kind];
  for (const Count* counts : registry().threads) sum += counts[kind].load(std::memory_order_relaxed);
  return sum;
}
std::int64_t total(Live kind) { return total(static_cast<std::size_t>(kind)); }

}  // namespace

void count_live(Live kind, std::int64_t change) noexcept { count(static_cast<std::size_t>(kind), change); }

void number_op(const OpInfo& info) {
  const std::lock_guard lock(registry().mutex);
  std::vector<const char*>& names = registry().names;
  if (info.id.load(std::memory_order_relaxed) > 0) return;
  if (names.size() + 1 < kOps)
    names.push_back(info.name);
  else if (names.size() < kOps)
    names.push_back("(others)");
  info.id.store(static_cast<std::uint32_t>(names.size()), std::memory_order_relaxed);
}

void count_saved(const OpInfo& info, std::int64_t bytes) noexcept {
  const std::uint32_t id = info.id.load(std::memory_order_relaxed);  // recorded, so it has one
  count(kKinds + id - 1, bytes);
}

LiveCounts live_counts() noexcept {
  const std::lock_guard lock(registry().mutex);
  return {total(Live::Tensors), total(Live::Storages), total(Live::Nodes)};
}

MemoryReport memory_report() {
  const std::lock_guard lock(registry().mutex);
  MemoryReport report{total(Live::Tensors), total(Live::Storages), total(Live::Bytes), total(Live::Nodes), {}};
  for (std::size_t i = 0; i < registry().names.size(); ++i) {
    if (const std::int64_t bytes = total(kKinds + i); bytes != 0) {
      report.saved.push_back({registry().names[i], bytes});
    }
  }
  std::sort(report.saved.begin(), report.saved.end(), [](const SavedByOp& a, const SavedByOp& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.op < b.op;
  });
  return report;
}

}  // namespace descent::autograd
