// Resampling: each output element is a weighted sum of a few input elements along each dim.
#pragma once

#include <vector>

#include "dtype.h"

namespace descent::kernels {

/// Output i along a dim is Σ_t weights[i·taps + t]·in[positions[i·taps + t]].
struct Taps {
  std::int64_t in = 1, out = 1, taps = 1;
  std::vector<std::int64_t> positions;
  std::vector<double> weights;
};

struct Resampling {
  std::int64_t planes = 0;
  Taps along[3];
  std::int64_t in_plane() const { return along[0].in * along[1].in * along[2].in; }
  std::int64_t out_plane() const { return along[0].out * along[1].out * along[2].out; }
};

/// [planes, in…] -> [planes, out…]. Any dtype where no dim has more than one tap.
void resample(DType dtype, const Resampling& r, const void* x, void* y);
/// Its adjoint, [planes, out…] -> [planes, in…]. float32 or float64.
void resample_grad(DType dtype, const Resampling& r, const void* g, void* dx);

}  // namespace descent::kernels
