// Memory that a kernel needs while it runs, and tasks that share it out among threads.
#pragma once

#include <algorithm>

#include "allocator.h"
#include "parallel.h"

namespace descent::kernels {

/// A block from the caching allocator.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes) : bytes_(bytes), block_(bytes ? allocate(bytes) : nullptr) {}
  ~Scratch() {
    if (block_) deallocate(block_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  char* data() const { return static_cast<char*>(block_); }

 private:
  std::size_t bytes_;
  void* block_;
};

/// Calls f(task, memory) for 0 <= task < tasks, `bytes` of memory for each thread. Tasks must not depend on each other.
/// Unless `threaded` they run one after another, and may use threads themselves. All memory is taken before f is
/// called.
template <class F>
void run_tasks(std::int64_t tasks, bool threaded, std::int64_t bytes, F&& f) {
  if (tasks <= 0) return;
  const std::int64_t slots =
      threaded && !in_parallel() ? std::min<std::int64_t>(tasks, std::max(1, get_num_threads())) : 1;
  const std::int64_t step = (bytes + 63) / 64 * 64;
  const Scratch scratch(static_cast<std::size_t>(step * slots));
  parallel_chunks(slots, [&](std::int64_t slot) {
    for (std::int64_t i = slot * tasks / slots; i < (slot + 1) * tasks / slots; ++i) f(i, scratch.data() + slot * step);
  });
}

}  // namespace descent::kernels
