// What a kernel sees of a tensor: memory, sizes, strides. Nothing here owns anything.
#pragma once

#include "dtype.h"

namespace descent::kernels {

/// Most dimensions a tensor can have.
inline constexpr int kMaxDims = 12;

/// A strided block of elements. Strides count elements and may be 0 (broadcast) or negative.
struct View {
  void* data = nullptr;
  const std::int64_t* shape = nullptr;
  const std::int64_t* strides = nullptr;
  std::int64_t numel = 0;
  int dim = 0;
  DType dtype = DType::Float32;
  bool contiguous = true;  // row-major without gaps

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace descent::kernels
