// For data/'s .cpp files: rows of a contiguous tensor copied by index, on the calling thread alone, so that a loader's
// workers never compete with the threads that train.
#pragma once

#include <cstring>
#include <vector>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"

namespace descent::data {

/// Throws IndexError unless every index lies in [0, size).
inline void check_indices(const char* op, const std::vector<std::int64_t>& indices, std::int64_t size) {
  for (const std::int64_t i : indices) {
    if (i < 0 || i >= size) fail<IndexError>(op, "index {} is not in [0, {})", i, size);
  }
}

/// out[k] = a[indices[k]]; the indices have been checked.
inline Tensor gather_rows(const Tensor& a, const std::vector<std::int64_t>& indices) {
  Shape shape = a.shape();
  const std::int64_t row = shape[0] == 0 ? 0 : a.numel() / shape[0];
  shape[0] = static_cast<std::int64_t>(indices.size());
  Tensor out = empty(shape, {.dtype = a.dtype()});
  kernels::dispatch(a.dtype(), [&]<class T>() {
    const T* from = a.data<T>();
    T* to = out.data<T>();
    if (row == 0) return;
    for (const std::int64_t i : indices) {
      std::memcpy(to, from + i * row, static_cast<std::size_t>(row) * sizeof(T));
      to += row;
    }
  });
  return out;
}

}  // namespace descent::data
