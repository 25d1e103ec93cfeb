#include <cstring>

#include "index-inl.h"

namespace descent::kernels {
namespace {

template <Write kOp, class T>
void write(T& a, T b) {
  if constexpr (kOp == Write::Assign) {
    a = b;
  } else if constexpr (std::is_same_v<T, bool>) {
    a = kOp == Write::Add || kOp == Write::Maximum ? a || b : a && b;
  } else if constexpr (kOp == Write::Maximum) {
    if (b > a || b != b) a = b;
  } else if constexpr (kOp == Write::Minimum) {
    if (b < a || b != b) a = b;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
    a = static_cast<T>(kOp == Write::Add ? x + y : x * y);
  } else {
    a = static_cast<T>(kOp == Write::Add ? a + b : a * b);
  }
}

/// One row of n elements into another; they do not overlap.
template <Write kOp, class T>
void write_row(T* __restrict to, const T* __restrict from, std::int64_t n) {
  if constexpr (kOp == Write::Assign) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
  } else {
#pragma omp simd
    for (std::int64_t j = 0; j < n; ++j) write<kOp>(to[j], from[j]);
  }
}

template <Write kOp, class T>
void write_rows(const View& out, const View& in, int dim, const View& index) {
  const Dims<2> outer({&in, &out}, 0, dim), inner({&in, &out}, dim + 1, in.dim);
  const std::int64_t* ids = index.as<const std::int64_t>();
  const std::int64_t step = index.strides[0], in_step = inner.step(0), out_step = inner.step(1);
  const std::int64_t in_row = in.strides[dim], out_row = out.strides[dim];
  over_lines(outer.numel, inner.numel, index.numel, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    std::int64_t base[2];
    outer.offsets(o, base);
    const T* source = in.as<const T>() + base[0];
    T* target = out.as<T>() + base[1];
    if (inner.numel == 1) {
      for (std::int64_t i = 0; i < index.numel; ++i) write<kOp>(target[ids[i * step] * out_row], source[i * in_row]);
    } else if (inner.is_block()) {
      for (std::int64_t i = 0; i < index.numel; ++i)
        write_row<kOp>(target + ids[i * step] * out_row + first, source + i * in_row + first, last - first);
    } else {
      for (std::int64_t i = 0; i < index.numel; ++i) {
        const T* from = source + i * in_row;
        T* to = target + ids[i * step] * out_row;
        inner.for_runs(first, last, [&](const std::int64_t(&at)[2], std::int64_t run) {
          for (std::int64_t j = 0; j < run; ++j) write<kOp>(to[at[1] + j * out_step], from[at[0] + j * in_step]);
        });
      }
    }
  });
}

template <Write kOp, class T>
void scatter_lines(const View& out, const View& src, int dim, const View& index) {
  // Shapes may differ: index's is walked, with the strides of the others.
  const auto walk = [&](View v) {
    v.shape = index.shape;
    return v;
  };
  const View o = walk(out), s = walk(src);
  const Dims<3> outer({&index, &s, &o}, 0, dim), inner({&index, &s, &o}, dim + 1, index.dim);
  const std::int64_t length = index.shape[dim], out_row = out.strides[dim];
  const std::int64_t id_step = inner.step(0), from_step = inner.step(1), to_step = inner.step(2);
  over_lines(outer.numel, inner.numel, length, [&](std::int64_t line, std::int64_t first, std::int64_t last) {
    std::int64_t base[3];
    outer.offsets(line, base);
    const std::int64_t* ids = index.as<const std::int64_t>() + base[0];
    const T* source = src.as<const T>() + base[1];
    T* target = out.as<T>() + base[2];
    const std::int64_t id_row = index.strides[dim], from_row = src.strides[dim];
    if (inner.numel == 1) {
      for (std::int64_t i = 0; i < length; ++i) write<kOp>(target[ids[i * id_row] * out_row], source[i * from_row]);
      return;
    }
    for (std::int64_t i = 0; i < length; ++i) {
      const std::int64_t* id = ids + i * id_row;
      const T* from = source + i * from_row;
      inner.for_runs(first, last, [&](const std::int64_t(&at)[3], std::int64_t run) {
        if (id_step == 0 && from_step == 1 && to_step == 1) {  // one index for the whole run
          write_row<kOp>(target + at[2] + id[at[0]] * out_row, from + at[1], run);
        } else {
          T* to = target + at[2];
          for (std::int64_t j = 0; j < run; ++j)
            write<kOp>(to[j * to_step + id[at[0] + j * id_step] * out_row], from[at[1] + j * from_step]);
        }
      });
    }
  });
}

/// Calls f.operator()<op, T>().
template <class F>
void dispatch_write(Write op, DType dtype, F&& f) {
  if (op == Write::Assign) return dispatch_size(dtype, [&]<class U>() { f.template operator()<Write::Assign, U>(); });
  dispatch(dtype, [&]<class T>() {
    switch (op) {
      case Write::Add:
        return f.template operator()<Write::Add, T>();
      case Write::Multiply:
        return f.template operator()<Write::Multiply, T>();
      case Write::Maximum:
        return f.template operator()<Write::Maximum, T>();
      default:
        return f.template operator()<Write::Minimum, T>();
    }
  });
}

}  // namespace

void index_write(Write op, View out, View in, int dim, View index) {
  if (in.numel == 0) return;
  dispatch_write(op, out.dtype, [&]<Write kOp, class T>() { write_rows<kOp, T>(out, in, dim, index); });
}

void scatter(Write op, View out, View src, int dim, View index) {
  if (index.numel == 0) return;
  dispatch_write(op, out.dtype, [&]<Write kOp, class T>() { scatter_lines<kOp, T>(out, src, dim, index); });
}

void index_add(View out, View in, int dim, View index) { index_write(Write::Add, out, in, dim, index); }
void scatter_add(View out, View src, int dim, View index) { scatter(Write::Add, out, src, dim, index); }

}  // namespace descent::kernels
