// Normalisation: one op and its gradient for all that have statistics of the input, in four layouts.
#include "normalization.h"

#include <limits>

#include "../../kernels/normalization.h"

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

enum class Kind { Layer, Rms, Group, Batch };

/// The input as [outer, groups, per, inner]. Statistics are of one outer and one group (of one `per` for Batch, where
/// groups is 1); parameters are [groups, per].
struct Layout {
  std::int64_t outer = 1, groups = 1, per = 1, inner = 1;
  Shape whole() const { return {outer, groups, per, inner}; }
  Shape parameters() const { return {groups, per, 1}; }
};

constexpr const char* name_of(Kind kind) {
  constexpr const char* names[] = {"layer_norm", "rms_norm", "group_norm", "batch_norm"};
  return names[static_cast<int>(kind)];
}
constexpr const char* grad_name_of(Kind kind) {
  constexpr const char* names[] = {"layer_norm_grad", "rms_norm_grad", "group_norm_grad", "batch_norm_grad"};
  return names[static_cast<int>(kind)];
}

const void* memory_of(const Tensor& t) { return t.defined() ? data_of<char>(t) : nullptr; }
Tensor packed(const Tensor& t) { return t.defined() ? t.contiguous() : t; }

Tensor zeros_shaped(const Tensor& t) { return t.defined() ? zeros_like(t) : t; }

kernels::RowNorm rows_of(const Layout& l, bool centered, double eps, const Tensor& x, const Tensor& weight,
                         const Tensor& bias) {
  return {.dtype = x.dtype(),
          .centered = centered,
          .rows = l.outer * l.groups,
          .n = l.per * l.inner,
          .groups = l.groups,
          .inner = l.inner,
          .eps = eps,
          .x = memory_of(x),
          .weight = memory_of(weight),
          .bias = memory_of(bias)};
}
kernels::ChannelNorm channels_of(const Layout& l, double eps, const Tensor& x, const Tensor& weight,
                                 const Tensor& bias) {
  return {.dtype = x.dtype(),
          .batch = l.outer,
          .channels = l.per,
          .inner = l.inner,
          .eps = eps,
          .x = memory_of(x),
          .weight = memory_of(weight),
          .bias = memory_of(bias)};
}

// x̂ = (x − μ)·r, r = 1/√(σ² + eps), G = g·w, M the mean over what has common statistics.
template <Kind kKind>
struct NormGrad {  // P(G) = r·(G − M(G) − x̂·M(G·x̂)),  and for the parameters  Σ g·x̂,  Σ g
  static constexpr const char* name = grad_name_of(kKind);
  static constexpr std::uint32_t kAll = input(0) | input(1) | input(2);
  static constexpr Uses uses = {kAll, kAll, kAll, 0, 0};
  static constexpr std::uint32_t constant_inputs = input(3) | input(4);  // the formula of x accounts for them
  Layout layout;
  double eps;
  bool parameters;  // their gradients are wanted too
  std::vector<Tensor> forward(const Tensor& g, const Tensor& x, const Tensor& weight, const Tensor& mean,
                              const Tensor& rstd) const {
    const Tensor up = g.contiguous(), in = x.contiguous(), w = packed(weight);
    std::vector<Tensor> out = {make_tensor(x.shape(), x.dtype())};
    if (parameters) {
      out.push_back(make_tensor(layout.parameters(), x.dtype()));
      out.push_back(make_tensor(layout.parameters(), x.dtype()));
    }
    void* dw = parameters ? data_of<char>(out[1]) : nullptr;
    void* db = parameters ? data_of<char>(out[2]) : nullptr;
    if constexpr (kKind == Kind::Batch) {
      kernels::channel_norm_grad(channels_of(layout, eps, in, w, {}), memory_of(up), memory_of(mean), memory_of(rstd),
                                 data_of<char>(out[0]), dw, db);
    } else {
      kernels::row_norm_grad(rows_of(layout, kKind != Kind::Rms, eps, in, w, {}), memory_of(up), memory_of(mean),
                             memory_of(rstd), data_of<char>(out[0]), dw, db);
    }
    return out;
  }
  // With cotangents h of dx, u of dw, v of db, b = M(G·x̂), a = M(h·x̂), c = M(h·G) − M(h)·M(G) − a·b:
  //   g:  w·P(h) + u·x̂ + v      w:  Σ g·P(h)      x:  P(u·g) − r·(b·P(h) + a·P(G)) − r²·x̂·c
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> up) const {
    if (s.in(1).numel() == 0) return {zeros_like(s.in(0)), zeros_like(s.in(1)), zeros_shaped(s.in(2))};
    constexpr bool centered = kKind != Kind::Rms;
    const Shape over = kKind == Kind::Batch ? Shape{0, 3} : Shape{2, 3}, spread{0, 3};
    const auto mean = [&](const Tensor& t) { return t.mean(over, true); };
    const Tensor x = s.in(1).reshape(layout.whole()), g = s.in(0).reshape(layout.whole());
    const Tensor h = up[0].reshape(layout.whole());
    const Tensor w = s.in(2).defined() ? s.in(2).reshape(layout.parameters()) : Tensor();
    const auto weighted = [&](const Tensor& t) { return w.defined() ? t * w : t; };

    const Tensor deviation = centered ? x - mean(x) : x;
    const Tensor r = 1 / sqrt(mean(square(deviation)) + eps), hat = deviation * r;
    const auto project = [&](const Tensor& t) {
      const Tensor along = hat * mean(t * hat);
      return r * (centered ? t - mean(t) - along : t - along);
    };
    const Tensor ph = project(h);
    std::vector<Tensor> result(3);
    if (s.needs(0)) {
      Tensor total = weighted(ph);
      if (parameters && up[1].defined()) total = total + up[1].reshape(layout.parameters()) * hat;
      if (parameters && up[2].defined()) total = total + up[2].reshape(layout.parameters());
      result[0] = total.reshape(s.in(0).shape());
    }
    if (s.needs(1)) {
      const Tensor G = weighted(g), a = mean(h * hat), b = mean(G * hat);
      Tensor c = mean(h * G) - a * b;
      if (centered) c = c - mean(h) * mean(G);
      Tensor total = -(r * (b * ph + a * project(G))) - square(r) * (hat * c);
      if (parameters && up[1].defined()) total = total + project(up[1].reshape(layout.parameters()) * g);
      result[1] = total.reshape(s.in(1).shape());
    }
    if (s.needs(2)) result[2] = (g * ph).sum(spread).reshape(s.in(2).shape());
    return result;
  }
};

template <Kind kKind>
struct Norm {  // -> x̂·w + b, μ, r, and σ² if wanted
  static constexpr const char* name = name_of(kKind);
  static constexpr std::uint32_t kAll = input(0) | input(1) | output(1) | output(2);
  static constexpr Uses uses = {kAll, kAll, kAll};
  Layout layout;
  double eps;
  bool variance = false;
  std::vector<Tensor> forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    const Tensor in = x.contiguous(), w = packed(weight), b = packed(bias);
    const bool batch = kKind == Kind::Batch;
    const Shape statistics{batch ? layout.per : layout.outer * layout.groups};
    std::vector<Tensor> out = {make_tensor(x.shape(), x.dtype())};
    for (int i = 0; i < (batch || variance ? 3 : 2); ++i) out.push_back(make_tensor(statistics, x.dtype()));
    void* y = data_of<char>(out[0]);
    void* var = out.size() > 3 ? data_of<char>(out[3]) : nullptr;
    if constexpr (batch)
      kernels::channel_norm(channels_of(layout, eps, in, w, b), y, data_of<char>(out[1]), data_of<char>(out[2]), var);
    else
      kernels::row_norm(rows_of(layout, kKind != Kind::Rms, eps, in, w, b), y, data_of<char>(out[1]),
                        data_of<char>(out[2]), var);
    return out;
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    const bool parameters = s.needs(1) || s.needs(2);
    std::vector<Tensor> result =
        apply(NormGrad<kKind>{layout, eps, parameters}, g[0], s.in(0), s.in(1), s.out(1).detach(), s.out(2).detach());
    result.resize(3);
    for (int i = 1; i < 3; ++i) {
      const auto at = static_cast<std::size_t>(i);
      result[at] = s.needs(i) ? result[at].reshape(s.shape(i)) : Tensor();
    }
    return result;
  }
};

struct FixedNorm {  // (x − μ)·w/√(v + eps) + b, channel by channel, with μ and v given
  static constexpr const char* name = "batch_norm_eval";
  static constexpr std::uint32_t kStatistics = input(1) | input(2);
  static constexpr Uses uses = {kStatistics | input(3), 0, 0, kStatistics | input(0), 0};
  static constexpr std::uint32_t constant_inputs = kStatistics;
  Layout layout;
  double eps;
  Tensor rstd(const Tensor& var) const { return (1 / sqrt(var + eps)).reshape(layout.parameters()); }
  Tensor forward(const Tensor& x, const Tensor& mean, const Tensor& var, const Tensor& weight,
                 const Tensor& bias) const {
    const NoGradGuard no_grad;
    Tensor scale = 1 / sqrt(var + eps);
    if (weight.defined()) scale = scale * weight;
    const Tensor in = x.contiguous(), m = mean.contiguous(), a = scale.contiguous(), b = packed(bias);
    Tensor out = make_tensor(x.shape(), x.dtype());
    kernels::channel_affine(channels_of(layout, eps, in, a, b), memory_of(m), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    Tensor scale = rstd(s.in(2));
    if (s.in(3).defined()) scale = scale * s.in(3).reshape(layout.parameters());
    return (g.reshape(layout.whole()) * scale).reshape(g.shape());
  }
  Tensor vjp(In<3>, const Saved& s, const Tensor& g) const {
    const Tensor hat = (s.in(0).reshape(layout.whole()) - s.in(1).reshape(layout.parameters())) * rstd(s.in(2));
    return (g.reshape(layout.whole()) * hat).sum({0, 1, 3});
  }
  Tensor vjp(In<4>, const Saved&, const Tensor& g) const { return g.reshape(layout.whole()).sum({0, 1, 3}); }
};

void check_input(const char* op, const Tensor& x) {
  if (!descent::is_floating_point(x.checked(op).dtype)) fail<DTypeError>(op, "takes floats, got {}", x.dtype());
}

void check_eps(const char* op, double eps) {
  if (!(eps >= 0)) throw std::invalid_argument(fmt::format("{}: eps must not be negative, got {}", op, eps));
}

/// An optional tensor of that shape and of x's dtype.
void check_like(const char* op, const char* what, const Tensor& t, const Shape& shape, const Tensor& x) {
  if (!t.defined()) return;
  if (t.shape() != shape) fail<ShapeError>(op, "{} must have shape {}, got {}", what, shape, t.shape());
  if (t.dtype() != x.dtype()) fail<DTypeError>(op, "{} must be {} as x is, got {}", what, x.dtype(), t.dtype());
}

/// x [N, C, …] as [N, 1, C, rest].
Layout channel_layout(const char* op, const Tensor& x) {
  check_input(op, x);
  if (x.dim() < 2) fail<ShapeError>(op, "needs x of [N, C, …], got {}", x.shape());
  Layout layout{x.shape()[0], 1, x.shape()[1], 1};
  for (std::size_t i = 2; i < x.shape().size(); ++i) layout.inner *= x.shape()[i];
  return layout;
}

/// x as rows over its trailing dims.
Layout trailing_layout(const char* op, const Tensor& x, const Shape& normalized) {
  check_input(op, x);
  const Shape& shape = x.shape();
  const std::size_t n = normalized.size();
  if (n == 0) fail<ShapeError>(op, "normalized_shape must name at least one size, got {}", normalized);
  if (n > shape.size() || Shape(shape.end() - n, n) != normalized) {
    fail<ShapeError>(op, "the trailing sizes of x must be normalized_shape = {}, got x {}", normalized, shape);
  }
  return {Shape(shape.data(), shape.size() - n).numel(), 1, normalized.numel(), 1};
}

struct Running {
  const Tensor &mean, &var;
  double momentum;

  void check(const char* op, const Tensor& x, bool from_input) const {
    const Shape channels{x.shape()[1]};
    check_like(op, "running_mean", mean, channels, x);
    check_like(op, "running_var", var, channels, x);
    if (!(momentum >= 0 && momentum <= 1)) {
      throw std::invalid_argument(fmt::format("{}: momentum must be in [0, 1], got {}", op, momentum));
    }
    if (!from_input && !(mean.defined() && var.defined())) {
      throw std::invalid_argument(
          fmt::format("{}: without statistics of the input running_mean and running_var must be given", op));
    }
  }
  /// Moves towards statistics of n values, σ² made unbiased.
  void update(const Tensor& new_mean, const Tensor& new_var, std::int64_t n) const {
    const NoGradGuard no_grad;
    const auto move = [&](Tensor to, const Tensor& now, double weight) {
      if (to.defined()) to.copy_(to * (1 - momentum) + now * weight);
    };
    move(mean, new_mean.detach(), momentum);
    move(var, new_var.detach(), momentum * (static_cast<double>(n) / static_cast<double>(n - 1)));
  }
};

Tensor fixed_norm(const Layout& layout, double eps, const Tensor& x, const Running& running, const Tensor& weight,
                  const Tensor& bias) {
  return apply(FixedNorm{layout, eps}, x, running.mean.detach(), running.var.detach(), weight, bias);
}

}  // namespace

OpList normalization_ops() {
  return list_of<Norm<Kind::Layer>, Norm<Kind::Rms>, Norm<Kind::Group>, Norm<Kind::Batch>, NormGrad<Kind::Layer>,
                 NormGrad<Kind::Rms>, NormGrad<Kind::Group>, NormGrad<Kind::Batch>, FixedNorm>();
}

}  // namespace autograd

using namespace autograd;

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, const BatchNormOptions& options) {
  constexpr const char* op = "batch_norm";
  const Layout layout = channel_layout(op, x);
  const Running running{running_mean, running_var, options.momentum};
  running.check(op, x, options.training);
  check_like(op, "weight", weight, {layout.per}, x);
  check_like(op, "bias", bias, {layout.per}, x);
  check_eps(op, options.eps);
  if (!options.training) return fixed_norm(layout, options.eps, x, running, weight, bias);
  const std::int64_t n = layout.outer * layout.inner;
  if (n == 1) fail<ShapeError>(op, "training needs more than one value per channel, got x {}", x.shape());
  const std::vector<Tensor> out = apply(Norm<Kind::Batch>{layout, options.eps}, x, weight, bias);
  if (n > 1) running.update(out[1], out[3], n);
  return out[0];
}

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  const LayerNormOptions& options) {
  constexpr const char* op = "layer_norm";
  const Layout layout = trailing_layout(op, x, normalized_shape);
  check_like(op, "weight", weight, normalized_shape, x);
  check_like(op, "bias", bias, normalized_shape, x);
  check_eps(op, options.eps);
  return apply(Norm<Kind::Layer>{layout, options.eps}, x, weight, bias)[0];
}

Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const RmsNormOptions& options) {
  constexpr const char* op = "rms_norm";
  const Layout layout = trailing_layout(op, x, normalized_shape);
  check_like(op, "weight", weight, normalized_shape, x);
  const double eps =
      options.eps.value_or(x.dtype() == float32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                                : std::numeric_limits<double>::epsilon());
  check_eps(op, eps);
  return apply(Norm<Kind::Rms>{layout, eps}, x, weight, Tensor())[0];
}

Tensor group_norm(const Tensor& x, std::int64_t num_groups, const Tensor& weight, const Tensor& bias,
                  const GroupNormOptions& options) {
  constexpr const char* op = "group_norm";
  Layout layout = channel_layout(op, x);
  if (num_groups < 1) {
    throw std::invalid_argument(fmt::format("{}: num_groups must be at least 1, got {}", op, num_groups));
  }
  if (layout.per % num_groups != 0) {
    fail<ShapeError>(op, "num_groups = {} must divide the channels, got x {}", num_groups, x.shape());
  }
  check_like(op, "weight", weight, {layout.per}, x);
  check_like(op, "bias", bias, {layout.per}, x);
  check_eps(op, options.eps);
  if (x.numel() == num_groups) fail<ShapeError>(op, "needs more than one value per group, got x {}", x.shape());
  layout.groups = num_groups;
  layout.per /= num_groups;
  return apply(Norm<Kind::Group>{layout, options.eps}, x, weight, bias)[0];
}

Tensor instance_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                     const Tensor& bias, const InstanceNormOptions& options) {
  constexpr const char* op = "instance_norm";
  Layout layout = channel_layout(op, x);
  const Running running{running_mean, running_var, options.momentum};
  running.check(op, x, options.use_input_stats);
  check_like(op, "weight", weight, {layout.per}, x);
  check_like(op, "bias", bias, {layout.per}, x);
  check_eps(op, options.eps);
  if (!options.use_input_stats) return fixed_norm(layout, options.eps, x, running, weight, bias);
  if (layout.inner == 1) fail<ShapeError>(op, "needs more than one value per channel, got x {}", x.shape());
  std::swap(layout.groups, layout.per);  // a group for each channel
  const bool update = (running_mean.defined() || running_var.defined()) && x.numel() > 0;
  const std::vector<Tensor> out = apply(Norm<Kind::Group>{layout, options.eps, update}, x, weight, bias);
  if (update) {
    const NoGradGuard no_grad;
    const auto over_batch = [&](const Tensor& t) {
      return t.detach().reshape({layout.outer, layout.groups}).mean({0});
    };
    running.update(over_batch(out[1]), over_batch(out[3]), layout.inner);
  }
  return out[0];
}

Tensor local_response_norm(const Tensor& x, std::int64_t size, const LocalResponseNormOptions& options) {
  constexpr const char* op = "local_response_norm";
  const Layout layout = channel_layout(op, x);
  if (size < 1) throw std::invalid_argument(fmt::format("{}: size must be at least 1, got {}", op, size));
  const Tensor squares = square(x);
  const auto silence = [&](std::int64_t channels) {
    Shape shape = x.shape();
    shape[1] = channels;
    return zeros(shape, {.dtype = x.dtype()});
  };
  const Tensor padded = size == 1 ? squares : cat({silence(size / 2), squares, silence((size - 1) / 2)}, 1);
  Tensor total = padded.slice(1, 0, layout.per);
  for (std::int64_t i = 1; i < size; ++i) total = total + padded.slice(1, i, i + layout.per);
  return x / pow(total * (options.alpha / static_cast<double>(size)) + options.k, options.beta);
}

}  // namespace descent
