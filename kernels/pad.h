// Padding by elements of the tensor itself, and its adjoint.
#pragma once

#include "view.h"

namespace descent::kernels {

/// One axis: out position i takes in position map[i]. For first <= i < last that is i + shift.
struct PadAxis {
  std::int64_t in = 1, out = 1;
  std::int64_t first = 0, last = 1, shift = 0;
  const std::int64_t* map = nullptr;
};

/// out[p, i, j, k] = in[p, map₀[i], map₁[j], map₂[k]] for each of `planes`; both row-major, of any dtype.
void pad_planes(DType dtype, std::int64_t planes, const PadAxis (&axes)[3], void* out, const void* in);

/// The adjoint: in[p, map₀[i], map₁[j], map₂[k]] += out[p, i, j, k], in order of i, j, k. float32 or float64.
void pad_planes_adjoint(DType dtype, std::int64_t planes, const PadAxis (&axes)[3], void* in, const void* out);

}  // namespace descent::kernels
