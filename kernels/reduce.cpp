#include "reduce.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "parallel.h"
#include "reduce_blocks.h"

namespace descent::kernels {
namespace {

/// Some dimensions of a view, merged where memory allows, outermost first; sizes of 1 are left out.
struct Dims {
  int count = 0;
  std::int64_t shape[kMaxDims];
  std::int64_t strides[kMaxDims];
  std::int64_t numel = 1;

  Dims(const View& v, int begin, int end) {
    for (int i = begin; i < end; ++i) {
      const std::int64_t size = v.shape[i], stride = v.strides[i];
      numel *= size;
      if (size == 1) continue;
      if (count > 0 && strides[count - 1] == stride * size) {
        shape[count - 1] *= size;
        strides[count - 1] = stride;
      } else {
        shape[count] = size;
        strides[count++] = stride;
      }
    }
  }

  /// Where the i-th element lies.
  std::int64_t offset(std::int64_t i) const {
    std::int64_t at = 0;
    for (int k = count - 1; k >= 0; --k) {
      at += i % shape[k] * strides[k];
      i /= shape[k];
    }
    return at;
  }

  bool is_row() const { return count == 0 || (count == 1 && strides[0] == 1); }
};

/// Calls f(offset, run, stride) for runs along the innermost dimension that cover elements [begin, end).
template <class F>
void for_runs(const Dims& d, std::int64_t begin, std::int64_t end, F&& f) {
  const std::int64_t inner = d.count ? d.shape[d.count - 1] : 1, stride = d.count ? d.strides[d.count - 1] : 1;
  while (begin < end) {
    const std::int64_t run = std::min(end - begin, inner - begin % inner);
    f(d.offset(begin), run, stride);
    begin += run;
  }
}

/// Elements [begin, begin + n) of a row in logical order: where they lie, or a copy in `buffer`.
template <class T>
const T* fetch(const T* row, const Dims& d, std::int64_t begin, std::int64_t n, T* buffer) {
  if (d.is_row()) return row + begin;
  T* to = buffer;
  for_runs(d, begin, begin + n, [&](std::int64_t offset, std::int64_t run, std::int64_t stride) {
    const T* from = row + offset;
    if (stride == 1)
      std::memcpy(to, from, static_cast<std::size_t>(run) * sizeof(T));
    else
      for (std::int64_t i = 0; i < run; ++i) to[i] = from[i * stride];
    to += run;
  });
  return buffer;
}

/// What is accumulated: floats in their own type, sums and products of the others in int64.
template <class T>
using Acc = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;

template <class A>
A combine(Reduce op, A a, A b) {
  switch (op) {
    case Reduce::Prod:
    case Reduce::All:
      if constexpr (std::is_integral_v<A>)  // wraps around
        return static_cast<A>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
      else
        return a * b;
    case Reduce::Max:
      return a > b || a != a ? a : b;
    case Reduce::Min:
      return a < b || a != a ? a : b;
    case Reduce::Any:
      return a > b ? a : b;
    default:
      if constexpr (std::is_integral_v<A>)
        return static_cast<A>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
      else
        return a + b;
  }
}

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

/// Blocks combined in pairs as they come, like the carries of a binary counter: block 2i with 2i + 1, then pairs with
/// pairs. A run of blocks that starts at a multiple of its power-of-two length gives exactly its part of the whole
/// tree.
template <class A>
class Pairs {
 public:
  explicit Pairs(Reduce op) : op_(op) {}
  void push(A value) {
    for (std::int64_t n = ++pushed_; n % 2 == 0; n /= 2) value = combine(op_, stack_[--height_], value);
    stack_[height_++] = value;
  }
  A result() {
    if (height_ == 0) return A{};
    A value = stack_[--height_];
    while (height_ > 0) value = combine(op_, stack_[--height_], value);
    return value;
  }

 private:
  Reduce op_;
  int height_ = 0;
  std::int64_t pushed_ = 0;
  A stack_[64];
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Blocks [first, last) of one row.
template <class T>
Acc<T> reduce_blocks(Reduce op, const T* row, const Dims& reduced, std::int64_t first, std::int64_t last) {
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
void reduce_rows(Reduce op, const Dims& kept, const Dims& reduced, const T* x, Out* out) {
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
      if (n <= kBlock && reduced.is_row()) {  // short rows: whole runs of them in one call
        for (std::int64_t r = begin; r < end;) {
          const std::int64_t inner = kept.count ? kept.shape[kept.count - 1] : 1;
          const std::int64_t run = std::min(end - r, inner - r % inner);
          block_rows(op, x + kept.offset(r), kept.count ? kept.strides[kept.count - 1] : 0, run, n, out + r);
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
void row_offsets(const Dims& reduced, std::int64_t begin, std::int64_t rows, std::int64_t* offsets) {
  for_runs(reduced, begin, begin + rows, [&](std::int64_t offset, std::int64_t run, std::int64_t stride) {
    for (std::int64_t i = 0; i < run; ++i) *offsets++ = offset + i * stride;
  });
}

constexpr int kLevels = 16;  // of pairs of blocks that one piece of work folds

/// Blocks [first, last) of `width` neighbouring columns; fewer than 2^kLevels blocks.
template <class T>
void reduce_panel(Reduce op, const T* x, const Dims& reduced, std::int64_t first, std::int64_t last, std::int64_t width,
                  T* out) {
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
void reduce_columns(Reduce op, const Dims& kept, const Dims& reduced, const T* x, T* out) {
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
  const Dims kept(in, 0, out.dim), reduced(in, out.dim, in.dim);
  if (kept.numel == 0) return;
  if (reduced.numel == 0) {
    if constexpr (std::is_floating_point_v<Out>)
      std::fill_n(out.as<Out>(), out.numel, of_nothing<Out>(op));
    else
      std::fill_n(out.as<Out>(), out.numel, static_cast<Out>(op == Reduce::Prod || op == Reduce::All));
    return;
  }
  if constexpr (std::is_floating_point_v<T> && std::is_same_v<T, Out>) {
    if (kept.count > 0 && kept.strides[kept.count - 1] == 1 && !reduced.is_row())
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
void arg_columns(bool largest, const View& values, std::int64_t* index, const Dims& kept, const Dims& row, const T* x) {
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
  const Dims kept(in, 0, in.dim - 1), row(in, in.dim - 1, in.dim);
  const Reduce op = largest ? Reduce::Max : Reduce::Min;
  const std::int64_t n = row.numel;
  if (n == 0) return;
  if constexpr (std::is_floating_point_v<T>) {
    if (kept.count > 0 && kept.strides[kept.count - 1] == 1 && !row.is_row())
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

}  // namespace

void reduce(Reduce op, View out, View in) {
  // Whole small tensors come first: nothing to prepare.
  if (in.contiguous && out.numel == 1 && in.numel > 0 && in.numel <= kBlock && is_floating_point(in.dtype)) {
    return dispatch_float(in.dtype, [&]<class T>() {
      block_rows(op, in.as<const T>(), 0, 1, in.numel, out.as<T>());
      if (op == Reduce::Mean) *out.as<T>() /= static_cast<T>(in.numel);
    });
  }
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
