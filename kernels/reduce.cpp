#include "reduce.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "parallel.h"
#include "reduce_tree.h"

namespace descent::kernels {
namespace {

/// One block of consecutive elements.
template <class T>
Acc<T> block(Reduce op, const T* x, std::int64_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    T out;
    block_rows(op, x, 0, 1, n, &out);
    return out;
  } else if (op == Reduce::Sum) {
    std::uint64_t sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += static_cast<std::uint64_t>(x[i]);
    return static_cast<std::int64_t>(sum);
  } else {
    std::int64_t result = static_cast<std::int64_t>(x[0]);
    for (std::int64_t i = 1; i < n; ++i) result = combine(op, result, static_cast<std::int64_t>(x[i]));
    return result;
  }
}

/// Blocks [first, last) of one row.
template <class T>
Acc<T> reduce_blocks(Reduce op, const T* row, const Dims<1>& reduced, std::int64_t first, std::int64_t last) {
  T buffer[kBlock];
  if (reduced.numel <= kBlock) return block(op, fetch(row, reduced, 0, reduced.numel, buffer), reduced.numel);
  Pairs<Acc<T>> pairs(op);
  for (std::int64_t b = first; b < last; ++b) {
    const std::int64_t begin = b * kBlock, n = std::min(kBlock, reduced.numel - begin);
    pairs.push(block(op, fetch(row, reduced, begin, n, buffer), n));
  }
  return pairs.result();
}

template <class T, class Out>
Out finish(Reduce op, Acc<T> value, std::int64_t n) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<Out>(op == Reduce::Mean ? value / static_cast<T>(n) : value);
  else
    return static_cast<Out>(value);
}

template <class T, class Out>
void reduce_rows(Reduce op, const Dims<1>& kept, const Dims<1>& reduced, const T* x, Out* out) {
  const std::int64_t rows = kept.numel, n = reduced.numel, blocks = ceil_div(n, kBlock);
  constexpr std::int64_t kPart = kGrain / kBlock;  // blocks; a power of two
  if (rows < 16 && blocks >= 2 * kPart) {
    const std::int64_t parts = ceil_div(blocks, kPart);
    std::vector<Acc<T>> part(static_cast<std::size_t>(rows * parts));
    parallel_chunks(rows * parts, [&](std::int64_t i) {
      const std::int64_t first = i % parts * kPart;
      part[static_cast<std::size_t>(i)] =
          reduce_blocks(op, x + kept.offset(i / parts), reduced, first, std::min(blocks, first + kPart));
    });
    for (std::int64_t r = 0; r < rows; ++r) {
      Pairs<Acc<T>> pairs(op);
      for (std::int64_t i = 0; i < parts; ++i) pairs.push(part[static_cast<std::size_t>(r * parts + i)]);
      out[r] = finish<T, Out>(op, pairs.result(), n);
    }
    return;
  }
  parallel_for(rows, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
    if constexpr (std::is_same_v<T, Out> && std::is_floating_point_v<T>) {
      if (n <= kBlock && reduced.is_block()) {  // short rows: whole runs of them in one call
        for (std::int64_t r = begin; r < end;) {
          const std::int64_t inner = kept.count ? kept.shape[kept.count - 1] : 1;
          const std::int64_t run = std::min(end - r, inner - r % inner);
          block_rows(op, x + kept.offset(r), kept.step(0), run, n, out + r);
          r += run;
        }
        if (op == Reduce::Mean)
          for (std::int64_t r = begin; r < end; ++r) out[r] /= static_cast<T>(n);
        return;
      }
    }
    for (std::int64_t r = begin; r < end; ++r)
      out[r] = finish<T, Out>(op, reduce_blocks(op, x + kept.offset(r), reduced, 0, blocks), n);
  });
}

/// Where rows [begin, begin + rows) of a panel begin.
void row_offsets(const Dims<1>& reduced, std::int64_t begin, std::int64_t rows, std::int64_t* offsets) {
  reduced.for_runs(begin, begin + rows, [&](const std::int64_t(&at)[1], std::int64_t run) {
    for (std::int64_t i = 0; i < run; ++i) *offsets++ = at[0] + i * reduced.step(0);
  });
}

constexpr int kLevels = 16;  // of pairs of blocks that one piece of work folds

/// Blocks [first, last) of `width` neighbouring columns; fewer than 2^kLevels blocks.
template <class T>
void reduce_panel(Reduce op, const T* x, const Dims<1>& reduced, std::int64_t first, std::int64_t last,
                  std::int64_t width, T* out) {
  std::int64_t offsets[kBlock];
  const auto panel = [&](std::int64_t b, T* to) {
    const std::int64_t rows = std::min(kBlock, reduced.numel - b * kBlock);
    row_offsets(reduced, b * kBlock, rows, offsets);
    block_columns(op, x, offsets, rows, width, to);
  };
  if (last - first == 1) return panel(first, out);
  T stack[kLevels + 1][kPanel<T>];
  int height = 0;
  const auto merge = [&] {
    --height;
    for (std::int64_t j = 0; j < width; ++j) stack[height - 1][j] = combine(op, stack[height - 1][j], stack[height][j]);
  };
  for (std::int64_t b = first; b < last; ++b) {
    panel(b, stack[height++]);
    for (std::int64_t n = b - first + 1; n % 2 == 0; n /= 2) merge();
  }
  while (height > 1) merge();
  std::copy_n(stack[0], width, out);
}

/// Columns one piece of work takes: a page of them, less where there are few rows to share out.
template <class T>
std::int64_t panel_width(std::int64_t outer, std::int64_t inner, std::int64_t blocks, std::int64_t numel) {
  std::int64_t width = std::min(inner, kPanel<T>);
  if (numel < 2 * kGrain) return width;
  while (outer * blocks * ceil_div(inner, width) < 8 && width > kPanel<T> / 8) width = ceil_div(width, 32) * 16;
  return width;
}

/// The innermost kept dimension is contiguous: panels of columns, each row of a panel read whole.
template <class T>
void reduce_columns(Reduce op, const Dims<1>& kept, const Dims<1>& reduced, const T* x, T* out) {
  const std::int64_t n = reduced.numel, blocks = ceil_div(n, kBlock), inner = kept.shape[kept.count - 1];
  const std::int64_t outer = kept.numel / inner, width = panel_width<T>(outer, inner, blocks, n * kept.numel);
  const std::int64_t panels = ceil_div(inner, width);
  std::int64_t part = std::int64_t{1} << kLevels;  // blocks in one piece of work: a power of two
  if (outer * panels < 16 && n * kept.numel >= 2 * kGrain)
    for (part = 1; ceil_div(blocks, part) > 32 && part < std::int64_t{1} << kLevels;) part *= 2;
  const std::int64_t parts = ceil_div(blocks, part);
  std::vector<T> partial(parts > 1 ? static_cast<std::size_t>(parts * kept.numel) : 0);
  T* result = parts > 1 ? partial.data() : out;
  const std::int64_t work = std::min(n, part * kBlock) * width;
  parallel_for(outer * panels * parts, std::max<std::int64_t>(1, kGrain / work),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t panel = i % panels, p = i / panels % parts, o = i / panels / parts;
                   const std::int64_t at = o * inner + panel * width;
                   reduce_panel(op, x + kept.offset(at), reduced, p * part, std::min(blocks, (p + 1) * part),
                                std::min(width, inner - panel * width), result + p * kept.numel + at);
                 }
               });
  const T divisor = op == Reduce::Mean ? static_cast<T>(n) : T(1);
  if (parts > 1) {
    for (std::int64_t j = 0; j < kept.numel; ++j) {
      Pairs<T> pairs(op);
      for (std::int64_t p = 0; p < parts; ++p) pairs.push(result[p * kept.numel + j]);
      out[j] = pairs.result() / divisor;
    }
  } else if (op == Reduce::Mean) {
    for (std::int64_t j = 0; j < kept.numel; ++j) out[j] /= divisor;
  }
}

/// The reduction of nothing.
template <class Out>
Out of_nothing(Reduce op) {
  if (op == Reduce::Mean) return static_cast<Out>(std::numeric_limits<double>::quiet_NaN());
  return static_cast<Out>(op == Reduce::Prod || op == Reduce::All ? 1 : 0);
}

template <class T, class Out>
void reduce_to(Reduce op, const View& out, const View& in) {
  const Dims<1> kept(in, 0, out.dim), reduced(in, out.dim, in.dim);
  if (kept.numel == 0) return;
  if (reduced.numel == 0) {
    if constexpr (std::is_floating_point_v<Out>)
      std::fill_n(out.as<Out>(), out.numel, of_nothing<Out>(op));
    else
      std::fill_n(out.as<Out>(), out.numel, static_cast<Out>(op == Reduce::Prod || op == Reduce::All));
    return;
  }
  if constexpr (std::is_floating_point_v<T> && std::is_same_v<T, Out>) {
    if (kept.step(0) == 1 && !reduced.is_block())
      return reduce_columns(op, kept, reduced, in.as<const T>(), out.as<T>());
  }
  reduce_rows<T, Out>(op, kept, reduced, in.as<const T>(), out.as<Out>());
}

/// True when a candidate takes the place of the best so far, which came first.
template <class T>
bool is_better(bool largest, T candidate, T best) {
  if (best != best) return false;
  return candidate != candidate || (largest ? candidate > best : candidate < best);
}

/// The kept innermost dimension is contiguous: panels as in reduce_columns.
template <class T>
void arg_columns(bool largest, const View& values, std::int64_t* index, const Dims<1>& kept, const Dims<1>& row,
                 const T* x) {
  const std::int64_t n = row.numel, inner = kept.shape[kept.count - 1], outer = kept.numel / inner;
  const std::int64_t width = panel_width<T>(outer, inner, 1, n * kept.numel), panels = ceil_div(inner, width);
  parallel_for(outer * panels, std::max<std::int64_t>(1, kGrain / (n * width)),
               [&](std::int64_t begin, std::int64_t end) {
                 std::int64_t offsets[kBlock], at[kPanel<T>];
                 T found[kPanel<T>], best[kPanel<T>];
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t first = i / panels * inner + i % panels * width;
                   const std::int64_t columns = std::min(width, inner - i % panels * width);
                   for (std::int64_t r = 0; r < n; r += kBlock) {
                     const std::int64_t rows = std::min(kBlock, n - r);
                     row_offsets(row, r, rows, offsets);
                     block_arg_columns(largest, x + kept.offset(first), offsets, rows, columns, found, at);
                     for (std::int64_t j = 0; j < columns; ++j) {
                       if (r > 0 && !is_better(largest, found[j], best[j])) continue;
                       best[j] = found[j];
                       index[first + j] = r + at[j];
                     }
                   }
                   if (values.data) std::copy_n(best, columns, values.as<T>() + first);
                 }
               });
}

template <class T>
void arg_rows(bool largest, const View& values, const View& index, const View& in) {
  const Dims<1> kept(in, 0, in.dim - 1);
  Dims<1> row(in, in.dim - 1, in.dim);
  if (row.count && row.strides[0][0] == 0) row.count = 0, row.numel = 1;  // one element, repeated: the first it is
  const Reduce op = largest ? Reduce::Max : Reduce::Min;
  const std::int64_t n = row.numel;
  if (n == 0 || kept.numel == 0) return;
  if constexpr (std::is_floating_point_v<T>) {
    if (kept.step(0) == 1 && !row.is_block())
      return arg_columns(largest, values, index.as<std::int64_t>(), kept, row, in.as<const T>());
  }
  parallel_for(kept.numel, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
    T buffer[kBlock];
    for (std::int64_t r = begin; r < end; ++r) {
      const T* x = in.as<const T>() + kept.offset(r);
      T best{};
      std::int64_t at = 0;
      for (std::int64_t i = 0; i < n; i += kBlock) {
        const std::int64_t size = std::min(kBlock, n - i);
        const T* part = fetch(x, row, i, size, buffer);
        const T candidate = static_cast<T>(block(op, part, size));
        if (i > 0 && !is_better(largest, candidate, best)) continue;
        best = candidate;
        if constexpr (std::is_floating_point_v<T>)
          at = i + find_first(part, size, candidate);
        else
          at = i + (std::find(part, part + size, candidate) - part);
        if (best != best) break;
      }
      index.as<std::int64_t>()[r] = at;
      if (values.data) values.as<T>()[r] = best;
    }
  });
}

// More elements than this can only be an expanded view (stride 0): what repeats is then reduced once.
constexpr std::int64_t kHuge = std::int64_t{1} << 31;

bool has_repeats(const View& v) {
  for (int i = 0; i < v.dim; ++i) {
    if (v.strides[i] == 0 && v.shape[i] > 1) return true;
  }
  return false;
}

/// x combined with itself n times in all: n·x, xⁿ, or x.
template <class A>
A repeated(Reduce op, A x, std::int64_t n) {
  switch (op) {
    case Reduce::Sum:
      if constexpr (std::is_integral_v<A>)  // wraps around
        return static_cast<A>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(n));
      else
        return x * static_cast<A>(n);
    case Reduce::Prod:
      if constexpr (std::is_integral_v<A>) {
        std::uint64_t power = 1, square = static_cast<std::uint64_t>(x);
        for (; n > 0; n /= 2, square *= square) power *= n % 2 ? square : 1;
        return static_cast<A>(power);
      } else {
        return static_cast<A>(std::pow(static_cast<double>(x), static_cast<double>(n)));
      }
    default:
      return x;
  }
}

/// Reduces each distinct row once, over its distinct elements; then accounts for the reduced dims that repeat, and
/// spreads over the kept dims that do.
void reduce_repeated(Reduce op, const View& out, const View& in) {
  std::int64_t in_shape[kMaxDims], from[kMaxDims], times = 1, rows = 1, elements = 1;
  for (int i = 0; i < in.dim; ++i) {
    const bool repeats = in.strides[i] == 0 && in.shape[i] > 1;
    in_shape[i] = repeats ? 1 : in.shape[i];
    (i < out.dim ? rows : elements) *= in_shape[i];
    if (repeats && i >= out.dim) times *= in.shape[i];
  }
  for (std::int64_t i = out.dim - 1, step = 1; i >= 0; step *= in_shape[i--]) from[i] = in_shape[i] == 1 ? 0 : step;
  std::vector<std::uint64_t> memory(static_cast<std::size_t>(rows));  // of any type
  const View small{memory.data(), in_shape, nullptr, rows, out.dim, out.dtype, true};
  const View once{in.data, in_shape, in.strides, rows * elements, in.dim, in.dtype, false};
  reduce(op, small, once);
  dispatch(out.dtype, [&]<class T>() {
    const T* values = small.as<const T>();
    parallel_for(out.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        std::int64_t at = 0;
        for (std::int64_t d = out.dim - 1, rest = i; d >= 0; rest /= out.shape[d--])
          at += rest % out.shape[d] * from[d];
        if constexpr (std::is_same_v<T, bool>)
          out.as<T>()[i] = values[at];
        else
          out.as<T>()[i] = repeated(op, values[at], times);
      }
    });
  });
}

}  // namespace

void reduce(Reduce op, View out, View in) {
  // Whole small tensors come first: nothing to prepare.
  if (in.contiguous && out.numel == 1 && in.numel > 0 && in.numel <= kBlock && is_floating_point(in.dtype)) {
    return dispatch_float(in.dtype, [&]<class T>() {
      block_rows(op, in.as<const T>(), 0, 1, in.numel, out.as<T>());
      if (op == Reduce::Mean) *out.as<T>() /= static_cast<T>(in.numel);
    });
  }
  if (in.numel > kHuge && has_repeats(in)) return reduce_repeated(op, out, in);
  dispatch(in.dtype, [&]<class T>() {
    if (!std::is_floating_point_v<T> && out.dtype == DType::Int64)
      reduce_to<T, std::int64_t>(op, out, in);
    else
      reduce_to<T, T>(op, out, in);
  });
}

void arg_reduce(bool largest, View values, View index, View in) {
  dispatch(in.dtype, [&]<class T>() { arg_rows<T>(largest, values, index, in); });
}

}  // namespace descent::kernels
