#include "nonzero.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"

namespace descent::kernels {
namespace {

constexpr std::int64_t kPart = kGrain;

/// Positions of [begin, end) where x is not zero, without a branch on the element: blocks go through a small buffer.
template <class T>
void write_positions(const T* x, std::int64_t begin, std::int64_t end, std::int64_t* to) {
  constexpr std::int64_t kBlock = 128;
  std::int64_t block[kBlock];
  for (std::int64_t i = begin; i < end; i += kBlock) {
    const std::int64_t last = std::min(end, i + kBlock);
    std::size_t found = 0;
    for (std::int64_t j = i; j < last; ++j) {
      block[found] = j;
      found += x[j] != T{0};
    }
    if (found > 0) std::memcpy(to, block, found * sizeof(std::int64_t));
    to += found;
  }
}

}  // namespace

std::vector<std::int64_t> count_nonzero(View in) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>((in.numel + kPart - 1) / kPart));
  dispatch(in.dtype, [&]<class T>() {
    const T* x = in.as<const T>();
    parallel_for(in.numel, kPart, [&](std::int64_t begin, std::int64_t end) {
      std::int64_t count = 0;
      for (std::int64_t i = begin; i < end; ++i) count += x[i] != T{0};
      counts[static_cast<std::size_t>(begin / kPart)] = count;
    });
  });
  return counts;
}

void nonzero(View in, const std::vector<std::int64_t>& counts, std::int64_t* out) {
  std::vector<std::int64_t> starts(counts.size());
  std::int64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    starts[i] = total;
    total += counts[i];
  }
  dispatch(in.dtype, [&]<class T>() {
    parallel_for(in.numel, kPart, [&](std::int64_t begin, std::int64_t end) {
      write_positions(in.as<const T>(), begin, end, out + starts[static_cast<std::size_t>(begin / kPart)]);
    });
  });
}

void unravel(const std::int64_t* positions, std::int64_t n, const std::int64_t* shape, int dim, std::int64_t* out) {
  if (dim == 0) return;
  parallel_for(n, kGrain / 8, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t row = -1, at[kMaxDims] = {};  // coordinates of the row of the last dim that was met last
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t position = positions[i];
      if (row < 0 || position - row >= shape[dim - 1] || position < row) {
        std::int64_t rest = position / shape[dim - 1];
        row = rest * shape[dim - 1];
        for (int d = dim - 2; d >= 0; --d) {
          at[d] = rest % shape[d];
          rest /= shape[d];
        }
      }
      for (int d = 0; d < dim - 1; ++d) out[i * dim + d] = at[d];
      out[i * dim + dim - 1] = position - row;
    }
  });
}

}  // namespace descent::kernels
