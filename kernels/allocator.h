// A caching allocator: freed blocks are handed out again, because fresh pages cost more than the arithmetic on them.
#pragma once

#include <cstddef>

namespace descent::kernels {

/// At least `bytes` bytes, aligned to 64; never nullptr. Throws std::bad_alloc after trying to reclaim the cache.
/// Small blocks come from the thread's own free lists: no lock. Large arenas ask for huge pages.
void* allocate(std::size_t bytes);

/// Takes a block back; `bytes` is what it was allocated with. Any thread may free what another allocated.
void deallocate(void* block, std::size_t bytes) noexcept;

/// Returns this thread's and the shared cached blocks to the system.
void release_cached() noexcept;

}  // namespace descent::kernels
