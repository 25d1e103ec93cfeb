// Resampling: a linear map along each dim, and its adjoint.
#include "resample.h"

#include <algorithm>
#include <cmath>

#include "../../kernels/resample.h"
#include "../fail-inl.h"
#include "../ops.h"
#include "resample-inl.h"

namespace descent {
namespace autograd {
namespace {

enum class Mode { Nearest, NearestExact, Linear, Cubic };

/// Keys' kernel with a = −3/4 (Keys 1981, "Cubic convolution interpolation for digital image processing").
double cubic_weight(double distance) {
  constexpr double a = -0.75;
  const double x = std::abs(distance);
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

struct Sampling {  // along one dim
  std::int64_t in = 1, out = 1;
  double scale = 1;  // input elements for each output element

  /// Position and weight of each source element.
  kernels::Taps taps(Mode mode, bool align_corners) const {
    kernels::Taps t{in, out, mode == Mode::Linear ? 2 : mode == Mode::Cubic ? 4 : 1, {}, {}};
    const auto add = [&](std::int64_t position, double weight) {
      t.positions.push_back(std::clamp<std::int64_t>(position, 0, in - 1));
      t.weights.push_back(weight);
    };
    for (std::int64_t i = 0; i < out; ++i) {
      const auto at = static_cast<double>(i);
      if (mode == Mode::Nearest) {
        // PyTorch's float32: in exact arithmetic some borders between two elements would fall to the other side.
        const float step = static_cast<float>(scale);
        add(out == in       ? i
            : out == 2 * in ? i / 2
                            : static_cast<std::int64_t>(std::floor(static_cast<float>(i) * step)),
            1);
      } else if (mode == Mode::NearestExact) {
        add(static_cast<std::int64_t>(std::floor((at + 0.5) * scale)), 1);
      } else {
        double source = align_corners
                            ? at * (out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0.0)
                            : scale * (at + 0.5) - 0.5;
        if (mode == Mode::Linear) source = std::max(source, 0.0);
        const double base =
            mode == Mode::Linear ? std::min(std::floor(source), static_cast<double>(in - 1)) : std::floor(source);
        const double rest = mode == Mode::Linear ? std::clamp(source - base, 0.0, 1.0) : source - base;
        const auto first = static_cast<std::int64_t>(base);
        if (mode == Mode::Linear) {
          add(first, 1 - rest);
          add(first + 1, rest);
        } else {
          for (int k = -1; k <= 2; ++k) add(first + k, cubic_weight(rest - k));
        }
      }
    }
    return t;
  }
};

template <bool kAdjoint>
struct Interpolate {  // y = A·x;  x' = Aᵀ·g
  static constexpr const char* name = kAdjoint ? "interpolate_grad" : "interpolate";
  Mode mode;
  bool align_corners;
  int dims;
  Sampling along[3];
  Tensor forward(const Tensor& x) const {
    Shape shape{x.size(0), x.size(1)};
    for (int i = 3 - dims; i < 3; ++i) shape.push_back(kAdjoint ? along[i].in : along[i].out);
    Tensor out = make_tensor(shape, x.dtype());
    if (out.numel() == 0) return out;
    kernels::Resampling r;
    r.planes = x.size(0) * x.size(1);
    for (int i = 0; i < 3; ++i) r.along[i] = along[i].taps(i < 3 - dims ? Mode::Nearest : mode, align_corners);
    const Tensor xc = x.contiguous();
    (kAdjoint ? kernels::resample_grad : kernels::resample)(x.dtype(), r, data_of<char>(xc), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const {
    const Interpolate<!kAdjoint> other{mode, align_corners, dims, {along[0], along[1], along[2]}};
    return apply(other, g);
  }
};

constexpr const char* kOp = "interpolate";

[[noreturn]] void wrong_mode(const std::string& mode, const Shape& shape) {
  throw std::invalid_argument(
      fmt::format("interpolate: mode must be \"nearest\", \"nearest-exact\", \"area\", \"linear\" (3-D inputs), "
                  "\"bilinear\", \"bicubic\" (4-D) or \"trilinear\" (5-D), got \"{}\" for {}",
                  mode, shape));
}

Mode mode_of(const std::string& mode, int dims, const Shape& shape) {
  if (mode == "nearest") return Mode::Nearest;
  if (mode == "nearest-exact") return Mode::NearestExact;
  if ((mode == "linear" && dims == 1) || (mode == "bilinear" && dims == 2) || (mode == "trilinear" && dims == 3))
    return Mode::Linear;
  if (mode == "bicubic" && dims == 2) return Mode::Cubic;
  wrong_mode(mode, shape);
}

/// The sizes asked for, one for each spatial dim.
Shape output_size(const Tensor& x, int dims, const InterpolateOptions& options) {
  if (options.size.given() == options.scale_factor.given()) {
    throw std::invalid_argument(fmt::format("interpolate: either size or scale_factor must be given, got {}",
                                            options.size.given() ? "both" : "neither"));
  }
  if (options.size.given()) return options.size.at_least(1, dims, kOp, "size");
  const std::vector<double>& factors = options.scale_factor.values();
  if (factors.size() != 1 && factors.size() != static_cast<std::size_t>(dims)) {
    fail<ShapeError>(kOp, "scale_factor takes one number or one for each of the {} spatial dims, got {}", dims,
                     factors.size());
  }
  Shape result;
  for (int i = 0; i < dims; ++i) {
    const double factor = factors[factors.size() == 1 ? 0 : static_cast<std::size_t>(i)];
    if (!(factor > 0) || !std::isfinite(factor)) {
      throw std::invalid_argument(fmt::format("interpolate: scale_factor must be positive, got {}", factor));
    }
    const double size = std::floor(static_cast<double>(x.size(2 + i)) * factor);
    if (!(size >= 1 && size < 9e15)) {
      fail<ShapeError>(kOp, "scale_factor {} makes the size {} of {}", factor, size, x.shape());
    }
    result.push_back(static_cast<std::int64_t>(size));
  }
  return result;
}

}  // namespace

OpList resample_ops() { return list_of<Interpolate<false>, Interpolate<true>>(); }

}  // namespace autograd

using namespace autograd;

Tensor interpolate(const Tensor& x, const InterpolateOptions& options) {
  x.checked(kOp);
  const int dims = static_cast<int>(x.dim()) - 2;
  if (dims < 1 || dims > 3) fail<ShapeError>(kOp, "takes an input of 3 to 5 dims, got {}", x.shape());
  for (int i = 0; i < dims; ++i) {
    if (x.size(2 + i) == 0) fail<ShapeError>(kOp, "the spatial dims of the input must not be empty, got {}", x.shape());
  }
  const bool area = options.mode == "area";
  const Mode mode = area ? Mode::Nearest : mode_of(options.mode, dims, x.shape());
  const bool blends = mode == Mode::Linear || mode == Mode::Cubic;
  if (options.align_corners && !blends) {
    throw std::invalid_argument(
        fmt::format("interpolate: align_corners is for linear and cubic modes, got mode = \"{}\"", options.mode));
  }
  if ((blends || area) && !x.is_floating_point()) {
    fail<DTypeError>(kOp, "mode \"{}\" takes floats, got {}; convert with .to(float32)", options.mode, x.dtype());
  }
  const Shape size = output_size(x, dims, options);
  if (area) {
    const Extent target(static_cast<std::vector<std::int64_t>>(size));
    return dims == 1   ? adaptive_avg_pool1d(x, target)
           : dims == 2 ? adaptive_avg_pool2d(x, target)
                       : adaptive_avg_pool3d(x, target);
  }
  const std::vector<double>& factors = options.scale_factor.values();
  Interpolate<false> op{mode, options.align_corners, dims, {}};
  for (int i = 0; i < dims; ++i) {
    const auto from = static_cast<std::size_t>(i);
    Sampling& s = op.along[3 - dims + i];
    s.in = x.size(2 + i);
    s.out = size[from];
    s.scale = factors.empty() ? static_cast<double>(s.in) / static_cast<double>(s.out)
                              : 1 / factors[factors.size() == 1 ? 0 : from];
  }
  return apply(op, x);
}

}  // namespace descent
