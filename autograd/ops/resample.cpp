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

/// Keys' kernel, a = −3/4 as in PyTorch, or −1/2 where it smooths (Keys 1981, "Cubic convolution interpolation for
/// digital image processing"); 0 beyond ±2.
double cubic_weight(double distance, double a = -0.75) {
  const double x = std::abs(distance);
  if (x >= 2) return 0;
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

struct Sampling {  // along one dim
  std::int64_t in = 1, out = 1;
  double scale = 1;  // input elements for each output element

  /// Position and weight of each source element.
  kernels::Taps taps(Mode mode, bool align_corners, bool antialias) const {
    const bool blends = mode == Mode::Linear || mode == Mode::Cubic;
    const double step = !align_corners || !blends ? scale
                        : out > 1                 ? static_cast<double>(in - 1) / static_cast<double>(out - 1)
                                                  : 0.0;
    if (antialias) return smoothed(mode, step);
    kernels::Taps t{in, out, mode == Mode::Linear ? 2 : mode == Mode::Cubic ? 4 : 1, {}, {}};
    const auto add = [&](std::int64_t position, double weight) {
      t.positions.push_back(std::clamp<std::int64_t>(position, 0, in - 1));
      t.weights.push_back(weight);
    };
    for (std::int64_t i = 0; i < out; ++i) {
      const auto at = static_cast<double>(i);
      const double source = align_corners ? at * step : step * (at + 0.5) - 0.5;
      if (mode == Mode::Nearest) {
        // PyTorch's float32: in exact arithmetic some borders between two elements would fall to the other side.
        add(static_cast<std::int64_t>(std::floor(static_cast<float>(i) * static_cast<float>(scale))), 1);
      } else if (mode == Mode::NearestExact) {
        add(static_cast<std::int64_t>(std::floor((at + 0.5) * scale)), 1);
      } else if (mode == Mode::Linear) {
        const double within = in == out ? at : std::max(source, 0.0);  // as in PyTorch, whatever the scale
        const double base = std::min(std::floor(within), static_cast<double>(in - 1));
        const double rest = std::clamp(within - base, 0.0, 1.0);
        add(static_cast<std::int64_t>(base), 1 - rest);
        add(static_cast<std::int64_t>(base) + 1, rest);
      } else {
        const double base = std::floor(source);
        for (int k = -1; k <= 2; ++k) add(static_cast<std::int64_t>(base) + k, cubic_weight(source - base - k));
      }
    }
    return t;
  }

  /// The kernel stretched over all elements that shrink to one, its weights adding up to 1.
  kernels::Taps smoothed(Mode mode, double step) const {
    const double stretch = std::max(step, 1.0), support = (mode == Mode::Linear ? 1 : 2) * stretch;
    const auto most = static_cast<std::int64_t>(std::ceil(support)) * 2 + 1;
    kernels::Taps t{in, out, most, {}, {}};
    for (std::int64_t i = 0; i < out; ++i) {
      const double center = step * (static_cast<double>(i) + 0.5);
      const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(center - support + 0.5), 0);
      const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(center + support + 0.5), in);
      std::vector<double> weights(static_cast<std::size_t>(most));
      double total = 0;
      for (std::int64_t k = first; k < last; ++k) {
        const double distance = (static_cast<double>(k) - center + 0.5) / stretch;
        const double weight =
            mode == Mode::Linear ? std::max(0.0, 1 - std::abs(distance)) : cubic_weight(distance, -0.5);
        total += weights[static_cast<std::size_t>(k - first)] = weight;
      }
      for (std::int64_t k = 0; k < most; ++k) {
        t.positions.push_back(std::min(first + k, std::max<std::int64_t>(last - 1, 0)));
        t.weights.push_back(weights[static_cast<std::size_t>(k)] / total);
      }
    }
    return t;
  }
};

template <bool kAdjoint>
struct Interpolate {  // y = A·x;  x' = Aᵀ·g
  static constexpr const char* name = kAdjoint ? "interpolate_grad" : "interpolate";
  Mode mode;
  bool align_corners, antialias;
  int dims;
  Sampling along[3];
  Tensor forward(const Tensor& x) const {
    Shape shape{x.size(0), x.size(1)};
    for (int i = 3 - dims; i < 3; ++i) shape.push_back(kAdjoint ? along[i].in : along[i].out);
    Tensor out = make_tensor(shape, x.dtype());
    if (out.numel() == 0) return out;
    kernels::Resampling r;
    r.planes = x.size(0) * x.size(1);
    for (int i = 0; i < 3; ++i)
      r.along[i] =
          i < 3 - dims ? along[i].taps(Mode::Nearest, false, false) : along[i].taps(mode, align_corners, antialias);
    const Tensor xc = x.contiguous();
    (kAdjoint ? kernels::resample_grad : kernels::resample)(x.dtype(), r, data_of<char>(xc), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const {
    const Interpolate<!kAdjoint> other{mode, align_corners, antialias, dims, {along[0], along[1], along[2]}};
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
  if (options.antialias && !(blends && dims == 2)) {
    throw std::invalid_argument(
        fmt::format("interpolate: antialias is for \"bilinear\" and \"bicubic\", got mode = \"{}\"", options.mode));
  }
  if (options.recompute_scale_factor && options.size.given()) {
    throw std::invalid_argument("interpolate: recompute_scale_factor is for scale_factor, got size");
  }
  if ((blends || area) && !x.is_floating_point()) {
    fail<DTypeError>(kOp, "mode \"{}\" takes floats, got {}; convert with .to(float32)", options.mode, x.dtype());
  }
  const Shape size = output_size(x, dims, options);
  if (area) {
    const Extent target(size);
    return dims == 1   ? adaptive_avg_pool1d(x, target)
           : dims == 2 ? adaptive_avg_pool2d(x, target)
                       : adaptive_avg_pool3d(x, target);
  }
  const std::vector<double>& factors = options.scale_factor.values();
  Interpolate<false> op{mode, options.align_corners, options.antialias, dims, {}};
  for (int i = 0; i < dims; ++i) {
    const auto from = static_cast<std::size_t>(i);
    Sampling& s = op.along[3 - dims + i];
    s.in = x.size(2 + i);
    s.out = size[from];
    s.scale = factors.empty() || options.recompute_scale_factor ? static_cast<double>(s.in) / static_cast<double>(s.out)
                                                                : 1 / factors[factors.size() == 1 ? 0 : from];
  }
  return apply(op, x);
}

}  // namespace descent
