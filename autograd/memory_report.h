// How much memory is alive, and which ops hold it for backward.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace descent::autograd {

/// What nodes of one op have saved for backward. A tensor that several nodes saved counts for each.
struct SavedByOp {
  std::string op;
  std::int64_t bytes = 0;
};

/// What is alive in this process. Memory that the allocator keeps for later is not counted.
struct MemoryReport {
  std::int64_t tensors = 0;           ///< handles' targets, views and saved tensors included
  std::int64_t storages = 0;          ///< blocks of memory
  std::int64_t bytes = 0;             ///< in these blocks
  std::int64_t nodes = 0;             ///< of graphs
  std::vector<SavedByOp> saved = {};  ///< the largest first
};

/// Counts what is alive, in all threads. Numbers of threads that work at the same time are a moment's.
MemoryReport memory_report();

/// A table: totals, then bytes by op.
std::ostream& operator<<(std::ostream& out, const MemoryReport& report);

}  // namespace descent::autograd
