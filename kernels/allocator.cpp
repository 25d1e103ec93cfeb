#include "allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DESCENT_PLAIN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DESCENT_PLAIN_MALLOC 1
#endif
#endif

namespace descent::kernels {
namespace {

constexpr std::size_t kAlign = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;

void* system_allocate(std::size_t bytes) noexcept {
  const bool huge = bytes >= 2 * kHugePage;
  const std::size_t align = huge ? kHugePage : kAlign;
  void* block = std::aligned_alloc(align, (bytes + align - 1) / align * align);
  if (block && huge) madvise(block, bytes, MADV_HUGEPAGE);  // advice only: failing costs speed, nothing else
  return block;
}

#ifndef DESCENT_PLAIN_MALLOC

constexpr std::size_t kSlabBytes = std::size_t{1} << 18;   // small blocks are cut from these
constexpr std::size_t kSmallLimit = std::size_t{1} << 12;  // up to here blocks come from slabs
constexpr std::size_t kLocalLimit = std::size_t{1} << 18;  // up to here a thread keeps some for itself

// Classes: multiples of 64 up to 1 KiB, then four steps a power of two, so at most a quarter is wasted.
constexpr int class_of(std::size_t bytes) {
  if (bytes <= 1024) return bytes == 0 ? 0 : static_cast<int>((bytes - 1) / 64);
  const int log = std::bit_width(bytes - 1) - 1;  // 2^log <= bytes − 1
  return 16 + (log - 10) * 4 + static_cast<int>(((bytes - 1) >> (log - 2)) & 3);
}

constexpr std::size_t class_bytes(int index) {
  if (index < 16) return static_cast<std::size_t>(index + 1) * 64;
  const int log = 10 + (index - 16) / 4;
  return (std::size_t{1} << log) + static_cast<std::size_t>((index - 16) % 4 + 1) * (std::size_t{1} << (log - 2));
}

constexpr int kClasses = class_of(std::size_t{1} << 46) + 1;
constexpr int kLocalClasses = class_of(kLocalLimit) + 1;

struct Block {
  Block* next;
};

struct List {
  Block* head = nullptr;
  int count = 0;
  void push(void* memory) {
    head = ::new (memory) Block{head};
    ++count;
  }
  void* pop() {
    Block* block = head;
    head = block->next;
    --count;
    return block;
  }
};

// How many blocks a thread keeps of a class; half of them move at a time.
constexpr int local_capacity(int index) {
  return static_cast<int>(std::clamp<std::size_t>((std::size_t{1} << 18) / class_bytes(index), 4, 128));
}

class Central {
 public:
  void* take(int index) {
    const std::lock_guard lock(mutex_);
    return take_locked(index);
  }
  void give(int index, void* block) noexcept {
    const std::lock_guard lock(mutex_);
    lists_[index].push(block);
  }
  /// Fills a thread's list; at least one block, or none when memory is out.
  void refill(int index, List& local) {
    const std::lock_guard lock(mutex_);
    const int wanted = class_bytes(index) <= kSmallLimit ? local_capacity(index) / 2 : 1;
    while (local.count < wanted) {
      if (!lists_[index].head && local.count > 0 && class_bytes(index) > kSmallLimit) return;
      void* block = take_locked(index);
      if (!block) return;
      local.push(block);
    }
  }
  void drain(int index, List& local, int keep) noexcept {
    const std::lock_guard lock(mutex_);
    while (local.count > keep) lists_[index].push(local.pop());
  }
  void release() noexcept {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < kClasses; ++i) {
      if (class_bytes(i) <= kSmallLimit) {
        release_whole_slabs(i);
      } else {
        while (lists_[i].head) std::free(lists_[i].pop());
      }
    }
  }

 private:
  void* take_locked(int index) {
    if (lists_[index].head) return lists_[index].pop();
    const std::size_t bytes = class_bytes(index);
    if (bytes > kSmallLimit) return system_allocate(bytes);
    char* slab = static_cast<char*>(std::aligned_alloc(kSlabBytes, kSlabBytes));
    if (!slab) return nullptr;
    for (std::size_t at = 0; at + bytes <= kSlabBytes; at += bytes) lists_[index].push(slab + at);
    return lists_[index].pop();
  }
  // A slab goes back once all of its blocks are here.
  void release_whole_slabs(int index) noexcept try {
    const auto slab_of = [](void* block) { return reinterpret_cast<std::uintptr_t>(block) & ~(kSlabBytes - 1); };
    std::unordered_map<std::uintptr_t, std::size_t> free_blocks;
    for (Block* b = lists_[index].head; b; b = b->next) ++free_blocks[slab_of(b)];
    const std::size_t per_slab = kSlabBytes / class_bytes(index);
    List kept;
    while (lists_[index].head) {
      void* block = lists_[index].pop();
      if (free_blocks[slab_of(block)] != per_slab) kept.push(block);
    }
    lists_[index] = kept;
    for (const auto& [slab, count] : free_blocks) {
      if (count == per_slab) std::free(reinterpret_cast<void*>(slab));
    }
  } catch (const std::bad_alloc&) {  // no memory for the count: keep the slabs
  }

  std::mutex mutex_;
  std::array<List, kClasses> lists_;
};

Central& central() {
  static Central* const instance = new Central;  // never destroyed: tensors may outlive main
  return *instance;
}

struct Local {
  List lists[kLocalClasses];
  bool registered, closed;
};
constinit thread_local Local local{};

// Hands the lists of an ending thread over; what it frees afterwards goes straight to the shared lists.
struct LocalCloser {
  ~LocalCloser() {
    local.closed = true;
    for (int i = 0; i < kLocalClasses; ++i) central().drain(i, local.lists[i], 0);
  }
};

[[gnu::noinline]] void* allocate_slow(int index) {
  for (const bool last : {false, true}) {
    if (index < kLocalClasses && !local.closed) {
      if (!local.registered) {
        thread_local LocalCloser closer;
        local.registered = true;
      }
      central().refill(index, local.lists[index]);
      if (local.lists[index].head) return local.lists[index].pop();
    } else if (void* block = central().take(index)) {
      return block;
    }
    if (!last) release_cached();
  }
  throw std::bad_alloc();
}

[[gnu::noinline]] void deallocate_slow(void* block, int index) noexcept {
  if (index >= kLocalClasses || local.closed || !local.registered) return central().give(index, block);
  central().drain(index, local.lists[index], local_capacity(index) / 2);
  local.lists[index].push(block);
}

#endif

}  // namespace

#ifdef DESCENT_PLAIN_MALLOC

void* allocate(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 46)) throw std::bad_alloc();
  void* block = system_allocate(std::max<std::size_t>(bytes, 1));
  if (!block) throw std::bad_alloc();
  return block;
}

void deallocate(void* block, std::size_t) noexcept { std::free(block); }

void release_cached() noexcept {}

#else

void* allocate(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 46)) throw std::bad_alloc();
  const int index = class_of(bytes);
  if (index < kLocalClasses && local.lists[index].head) return local.lists[index].pop();
  return allocate_slow(index);
}

void deallocate(void* block, std::size_t bytes) noexcept {
  const int index = class_of(bytes);
  if (index < kLocalClasses && local.registered && !local.closed && local.lists[index].count < local_capacity(index)) {
    return local.lists[index].push(block);
  }
  deallocate_slow(block, index);
}

void release_cached() noexcept {
  if (!local.closed) {
    for (int i = 0; i < kLocalClasses; ++i) central().drain(i, local.lists[i], 0);
  }
  central().release();
}

#endif

}  // namespace descent::kernels
