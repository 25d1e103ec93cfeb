#include "memory_report.h"

#include <ostream>

#include "fail-inl.h"

namespace descent::autograd {
namespace {

/// 512 B, 1.5 KiB, 20.0 MiB …
std::string bytes_text(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; amount >= 1024 && unit < 3; ++unit) amount /= 1024;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const MemoryReport& report) {
  out << fmt::format("{} tensors on {} blocks of memory, {}; {} nodes\n", report.tensors, report.storages,
                     bytes_text(report.bytes), report.nodes);
  std::int64_t sum = 0;
  std::size_t width = 5;
  for (const SavedByOp& entry : report.saved) {
    sum += entry.bytes;
    width = std::max(width, entry.op.size());
  }
  out << fmt::format("saved for backward: {}\n", bytes_text(sum));
  for (const SavedByOp& entry : report.saved) {
    out << fmt::format("  {:<{}}  {:>10}\n", entry.op, width, bytes_text(entry.bytes));
  }
  return out;
}

}  // namespace descent::autograd
