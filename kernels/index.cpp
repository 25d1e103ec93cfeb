#include "index.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"

namespace descent::kernels {
namespace {

/// Dimensions [begin, end) of K operands of one shape, merged where all allow it, outermost first.
template <int K>
struct Dims {
  int count = 0;
  std::int64_t shape[kMaxDims];
  std::int64_t strides[K][kMaxDims];
  std::int64_t numel = 1;

  Dims(const View* const (&views)[K], int begin, int end) {
    for (int i = begin; i < end; ++i) {
      const std::int64_t size = views[0]->shape[i];
      numel *= size;
      if (size == 1) continue;
      bool merge = count > 0;
      for (int k = 0; k < K; ++k) merge = merge && strides[k][count - 1] == views[k]->strides[i] * size;
      if (merge)
        shape[count - 1] *= size;
      else
        shape[count++] = size;
      for (int k = 0; k < K; ++k) strides[k][count - 1] = views[k]->strides[i];
    }
  }

  /// Size and strides of the innermost dimension; 1 and 0 where there is none.
  std::int64_t inner() const { return count ? shape[count - 1] : 1; }
  std::int64_t step(int k) const { return count ? strides[k][count - 1] : 0; }
  bool is_block() const {
    for (int k = 0; k < K; ++k)
      if (count > 1 || (count == 1 && strides[k][0] != 1)) return false;
    return true;
  }

  /// Where the i-th element of each operand lies.
  void offsets(std::int64_t i, std::int64_t (&at)[K]) const {
    std::fill_n(at, K, 0);
    for (int d = count - 1; d >= 0; --d) {
      const std::int64_t position = i % shape[d];
      i /= shape[d];
      for (int k = 0; k < K; ++k) at[k] += position * strides[k][d];
    }
  }

  /// f(offsets, run) for runs along the innermost dimension that cover elements [begin, end).
  template <class F>
  void for_runs(std::int64_t begin, std::int64_t end, F&& f) const {
    std::int64_t at[K];
    while (begin < end) {
      const std::int64_t run = std::min(end - begin, inner() - begin % inner());
      offsets(begin, at);
      f(at, run);
      begin += run;
    }
  }
};

/// Calls f.operator()<U>() with an unsigned type of the size of `dtype`: moves do not look inside an element.
template <class F>
void dispatch_size(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f.template operator()<std::uint8_t>();
    case 4:
      return f.template operator()<std::uint32_t>();
    default:
      return f.template operator()<std::uint64_t>();
  }
}

/// a += b; on boolean: or. Integers wrap around.
template <class T>
void add_to(T& a, T b) {
  if constexpr (std::is_same_v<T, bool>)
    a = a || b;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    a = static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  else
    a = static_cast<T>(a + b);
}

constexpr std::int64_t kAddGrain = kGrain / 4;

std::int64_t grain(std::int64_t row) { return std::max<std::int64_t>(1, kAddGrain / std::max<std::int64_t>(1, row)); }

template <class U>
void select_rows(const View& out, const View& in, int dim, const View& index) {
  const Dims<2> outer({&out, &in}, 0, dim), inner({&out, &in}, dim + 1, out.dim);
  const std::int64_t n = index.numel, step = index.strides[0], out_step = out.strides[dim], in_step = in.strides[dim];
  const std::int64_t* ids = index.as<const std::int64_t>();
  const bool block = inner.is_block();
  const std::size_t bytes = static_cast<std::size_t>(inner.numel) * sizeof(U);
  // rows (o, i), each of inner.numel elements
  parallel_for(outer.numel * n, grain(inner.numel), [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      std::int64_t at[2];
      outer.offsets(begin / n, at);
      const std::int64_t first = begin % n, last = std::min(n, first + end - begin);
      for (std::int64_t i = first; i < last; ++i) {
        U* to = out.as<U>() + at[0] + i * out_step;
        const U* from = in.as<const U>() + at[1] + ids[i * step] * in_step;
        if (inner.numel == 1)
          *to = *from;
        else if (block)
          std::memcpy(to, from, bytes);
        else
          inner.for_runs(0, inner.numel, [&](const std::int64_t(&o)[2], std::int64_t run) {
            for (std::int64_t j = 0; j < run; ++j) to[o[0] + j * inner.step(0)] = from[o[1] + j * inner.step(1)];
          });
      }
      begin += last - first;
    }
  });
}

/// f(outer index, first, last) over parts of [outer, inner] that never share an element: threads own them whole.
template <class F>
void over_lines(std::int64_t outer, std::int64_t inner, std::int64_t length, F&& f) {
  // Whole outer positions where there are several; else at least 64 bytes of neighbours a piece.
  const std::int64_t least = std::max<std::int64_t>(16, kAddGrain / std::max<std::int64_t>(1, length));
  const std::int64_t pieces = outer >= 16 ? 1 : std::clamp<std::int64_t>(inner / least, 1, 8);
  const std::int64_t size = (inner + pieces - 1) / pieces;
  parallel_for(outer * pieces, grain(size * length), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % pieces * size;
      if (first < inner) f(i / pieces, first, std::min(inner, first + size));
    }
  });
}

template <class T>
void add_rows(const View& out, const View& in, int dim, const View& index) {
  const Dims<2> outer({&in, &out}, 0, dim), inner({&in, &out}, dim + 1, in.dim);
  const std::int64_t* ids = index.as<const std::int64_t>();
  const std::int64_t step = index.strides[0], in_step = inner.step(0), out_step = inner.step(1);
  over_lines(outer.numel, inner.numel, index.numel, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    std::int64_t base[2];
    outer.offsets(o, base);
    for (std::int64_t i = 0; i < index.numel; ++i) {
      const T* from = in.as<const T>() + base[0] + i * in.strides[dim];
      T* to = out.as<T>() + base[1] + ids[i * step] * out.strides[dim];
      inner.for_runs(first, last, [&](const std::int64_t(&at)[2], std::int64_t run) {
        const T* a = from + at[0];
        T* b = to + at[1];
        if (in_step == 1 && out_step == 1)
          for (std::int64_t j = 0; j < run; ++j) add_to(b[j], a[j]);
        else
          for (std::int64_t j = 0; j < run; ++j) add_to(b[j * out_step], a[j * in_step]);
      });
    }
  });
}

}  // namespace

std::int64_t first_outside(View index, std::int64_t lo, std::int64_t hi) {
  if (index.numel == 0) return -1;
  if (hi <= lo) return 0;
  const std::uint64_t size = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo);
  const Dims<1> dims({&index}, 0, index.dim);
  const std::int64_t* data = index.as<const std::int64_t>();
  constexpr std::int64_t kStep = 4096;
  const auto outside = [&](std::int64_t i) {
    return static_cast<std::uint64_t>(i) - static_cast<std::uint64_t>(lo) >= size;
  };
  for (std::int64_t begin = 0; begin < index.numel; begin += kStep) {
    bool found = false;  // one look at the whole part; only then for the place
    const std::int64_t end = std::min(index.numel, begin + kStep);
    dims.for_runs(begin, end, [&](const std::int64_t(&at)[1], std::int64_t run) {
      for (std::int64_t j = 0; j < run; ++j) found |= outside(data[at[0] + j * dims.step(0)]);
    });
    if (!found) continue;
    for (std::int64_t i = begin; i < end; ++i) {
      std::int64_t at[1];
      dims.offsets(i, at);
      if (outside(data[at[0]])) return i;
    }
  }
  return -1;
}

void index_select(View out, View in, int dim, View index) {
  if (out.numel == 0) return;
  dispatch_size(out.dtype, [&]<class U>() { select_rows<U>(out, in, dim, index); });
}

void index_add(View out, View in, int dim, View index) {
  if (in.numel == 0) return;
  dispatch(out.dtype, [&]<class T>() { add_rows<T>(out, in, dim, index); });
}

void gather(View out, View in, int dim, View index) {
  if (out.numel == 0) return;
  // `in` walks along with out in every dimension but `dim`, where the index moves it.
  std::int64_t strides[kMaxDims];
  for (int i = 0; i < out.dim; ++i) strides[i] = i == dim ? 0 : in.strides[i];
  View walk = in;
  walk.strides = strides;
  const Dims<3> dims({&out, &walk, &index}, 0, out.dim);
  const std::int64_t step = in.strides[dim];
  dispatch_size(out.dtype, [&]<class U>() {
    parallel_for(out.numel, kAddGrain, [&](std::int64_t begin, std::int64_t end) {
      dims.for_runs(begin, end, [&](const std::int64_t(&at)[3], std::int64_t run) {
        U* to = out.as<U>() + at[0];
        const U* from = in.as<const U>() + at[1];
        const std::int64_t* id = index.as<const std::int64_t>() + at[2];
        for (std::int64_t j = 0; j < run; ++j)
          to[j * dims.step(0)] = from[j * dims.step(1) + id[j * dims.step(2)] * step];
      });
    });
  });
}

void scatter_add(View out, View src, int dim, View index) {
  if (index.numel == 0) return;
  // Shapes may differ: index's is walked, with the strides of the others.
  const auto walk = [&](View v) {
    v.shape = index.shape;
    return v;
  };
  const View o = walk(out), s = walk(src);
  const Dims<3> outer({&index, &s, &o}, 0, dim), inner({&index, &s, &o}, dim + 1, index.dim);
  const std::int64_t length = index.shape[dim];
  dispatch(out.dtype, [&]<class T>() {
    over_lines(outer.numel, inner.numel, length, [&](std::int64_t line, std::int64_t first, std::int64_t last) {
      std::int64_t base[3];
      outer.offsets(line, base);
      for (std::int64_t i = 0; i < length; ++i) {
        const std::int64_t* id = index.as<const std::int64_t>() + base[0] + i * index.strides[dim];
        const T* from = src.as<const T>() + base[1] + i * src.strides[dim];
        T* to = out.as<T>() + base[2];
        inner.for_runs(first, last, [&](const std::int64_t(&at)[3], std::int64_t run) {
          for (std::int64_t j = 0; j < run; ++j)
            add_to(to[at[2] + j * inner.step(2) + id[at[0] + j * inner.step(0)] * out.strides[dim]],
                   from[at[1] + j * inner.step(1)]);
        });
      }
    });
  });
}

}  // namespace descent::kernels
