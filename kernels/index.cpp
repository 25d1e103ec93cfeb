#include "index.h"

#include <algorithm>
#include <cstring>

#include "index-inl.h"

namespace descent::kernels {
namespace {

template <class U>
void select_rows(const View& out, const View& in, int dim, const View& index) {
  const Dims<2> outer({&out, &in}, 0, dim), inner({&out, &in}, dim + 1, out.dim);
  const std::int64_t n = index.numel, step = index.strides[0], out_step = out.strides[dim], in_step = in.strides[dim];
  const std::int64_t* ids = index.as<const std::int64_t>();
  const bool block = inner.is_block();
  const std::size_t bytes = static_cast<std::size_t>(inner.numel) * sizeof(U);
  // rows (o, i), each of inner.numel elements
  parallel_for(outer.numel * n, grain_of_rows(inner.numel), [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      std::int64_t at[2];
      outer.offsets(begin / n, at);
      const std::int64_t first = begin % n, last = std::min(n, first + end - begin);
      if (inner.numel == 1) {
        U* to = out.as<U>() + at[0];
        const U* from = in.as<const U>() + at[1];
        for (std::int64_t i = first; i < last; ++i) to[i * out_step] = from[ids[i * step] * in_step];
        begin += last - first;
        continue;
      }
      for (std::int64_t i = first; i < last; ++i) {
        U* to = out.as<U>() + at[0] + i * out_step;
        const U* from = in.as<const U>() + at[1] + ids[i * step] * in_step;
        if (block)
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

/// to[j·to_step] = from[j·from_step + id[j·id_step]·step]; the usual steps are constants, so that nothing is
/// multiplied.
template <class U>
void gather_run(std::int64_t n, U* to, std::int64_t to_step, const U* from, std::int64_t from_step,
                const std::int64_t* id, std::int64_t id_step, std::int64_t step) {
  if (id_step == 0 && to_step == 1 && from_step == 1) {  // one index for the whole run
    std::memcpy(to, from + *id * step, static_cast<std::size_t>(n) * sizeof(U));
  } else if (id_step == 1 && to_step == 1 && from_step == 0 && step == 1) {  // along the last dim
    for (std::int64_t j = 0; j < n; ++j) to[j] = from[id[j]];
  } else {
    for (std::int64_t j = 0; j < n; ++j) to[j * to_step] = from[j * from_step + id[j * id_step] * step];
  }
}

/// Position of the first index in [begin, end) that lies outside, or −1. `size` is that of [lo, lo + size).
std::int64_t outside_in(const Dims<1>& dims, const std::int64_t* data, std::int64_t lo, std::uint64_t size,
                        std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kStep = 4096;
  const auto outside = [&](std::int64_t i) {
    return static_cast<std::uint64_t>(i) - static_cast<std::uint64_t>(lo) >= size;
  };
  for (; begin < end; begin += kStep) {
    bool found = false;  // one look at the whole part; only then for the place
    const std::int64_t last = std::min(end, begin + kStep);
    dims.for_runs(begin, last, [&](const std::int64_t(&at)[1], std::int64_t run) {
      for (std::int64_t j = 0; j < run; ++j) found |= outside(data[at[0] + j * dims.step(0)]);
    });
    if (!found) continue;
    for (std::int64_t i = begin; i < last; ++i) {
      std::int64_t at[1];
      dims.offsets(i, at);
      if (outside(data[at[0]])) return i;
    }
  }
  return -1;
}

}  // namespace

std::int64_t first_outside(View index, std::int64_t lo, std::int64_t hi) {
  if (index.numel == 0) return -1;
  if (hi <= lo) return 0;
  const std::uint64_t size = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo);
  const Dims<1> dims({&index}, 0, index.dim);
  const std::int64_t* data = index.as<const std::int64_t>();
  constexpr std::int64_t kMostParts = 16;
  std::int64_t found[kMostParts];
  const std::int64_t part = std::max(kGrain, (index.numel + kMostParts - 1) / kMostParts);
  const std::int64_t parts = (index.numel + part - 1) / part;
  parallel_for(index.numel, part, [&](std::int64_t begin, std::int64_t end) {
    found[begin / part] = outside_in(dims, data, lo, size, begin, end);
  });
  for (std::int64_t i = 0; i < parts; ++i)
    if (found[i] >= 0) return found[i];
  return -1;
}

void index_select(View out, View in, int dim, View index) {
  if (out.numel == 0) return;
  dispatch_size(out.dtype, [&]<class U>() { select_rows<U>(out, in, dim, index); });
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
    parallel_for(out.numel, kIndexGrain, [&](std::int64_t begin, std::int64_t end) {
      dims.for_runs(begin, end, [&](const std::int64_t(&at)[3], std::int64_t run) {
        gather_run(run, out.as<U>() + at[0], dims.step(0), in.as<const U>() + at[1], dims.step(1),
                   index.as<const std::int64_t>() + at[2], dims.step(2), step);
      });
    });
  });
}

}  // namespace descent::kernels
