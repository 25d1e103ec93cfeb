#include "search.h"

#include <algorithm>
#include <cctype>

#include "../autograd/autograd.h"
#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"
#include "optimizer.h"
#include "search-inl.h"

namespace descent::optim::detail {
namespace {

double largest(const Vector& v) {
  double most = 0;
  for (const double one : v) most = std::max(most, std::abs(one));
  return most;
}

bool is_lbfgs(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name == "lbfgs";
}

/// One LBFGS iteration a step, so that each is put back into the box; with a line search unless told otherwise.
std::vector<NamedOption> options_of(const LocalOptions& local) {
  std::vector<NamedOption> options = local.options;
  if (!is_lbfgs(local.optimizer)) return options;
  const auto add = [&](NamedOption extra) {
    for (const NamedOption& one : options) {
      if (one.name == extra.name) return;
    }
    options.push_back(std::move(extra));
  };
  add({"line_search_fn", "strong_wolfe"});
  add({"max_iter", 1});
  add({"tolerance_grad", local.tolerance_grad});
  add({"tolerance_change", 0});
  return options;
}

Tensor parameter(const Vector& x) {
  return from_vector(x, Shape(static_cast<std::int64_t>(x.size())), {.requires_grad = true});
}

}  // namespace

Tensor to_tensor(const Vector& x) { return from_vector(x); }

double Stream::uniform() {
  const auto bits =
      kernels::philox4x32_10({static_cast<std::uint32_t>(count_), static_cast<std::uint32_t>(count_ >> 32), 0, 0},
                             {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  ++count_;
  return static_cast<double>((static_cast<std::uint64_t>(bits[0]) << 32 | bits[1]) >> 11) * 0x1p-53;
}

double Stream::normal() {
  if (!std::isnan(spare_)) return std::exchange(spare_, std::nan(""));
  const double radius = std::sqrt(-2 * std::log(1 - uniform())), angle = 2 * 3.14159265358979323846 * uniform();
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

void check_box(const char* owner, const Box& box, std::size_t n, bool needed) {
  const std::size_t lower = box.lower.size(), upper = box.upper.size();
  if (lower != upper || (lower != n && (needed || lower != 0))) {
    fail<std::invalid_argument>(owner, "lower and upper must have {} elements each, got {} and {}", n, lower, upper);
  }
  for (std::size_t i = 0; i < lower; ++i) {
    if (!std::isfinite(box.lower[i]) || !std::isfinite(box.upper[i]) || box.lower[i] > box.upper[i]) {
      fail<std::invalid_argument>(owner, "bounds must be finite with lower <= upper, got {} and {} at {}", box.lower[i],
                                  box.upper[i], i);
    }
  }
}

Vector check_start(const char* owner, const Tensor& x0, const Box& box) {
  if (!x0.defined()) fail<ShapeError>(owner, "x0 must be 1-D, got an undefined tensor");
  if (x0.dim() != 1 || x0.numel() == 0) fail<ShapeError>(owner, "x0 must be 1-D and not empty, got {}", x0.shape());
  if (!is_floating_point(x0.dtype())) fail<DTypeError>(owner, "x0 must be of a floating type, got {}", x0.dtype());
  Vector x = x0.to_vector<double>();
  check_box(owner, box, x.size(), false);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i])) fail<std::invalid_argument>(owner, "x0 must be finite, got {} at {}", x[i], i);
    if (!box.contains(i, x[i])) {
      fail<std::invalid_argument>(owner, "x0 must lie within the bounds, got {} at {}, not in [{}, {}]", x[i], i,
                                  box.lower[i], box.upper[i]);
    }
  }
  return x;
}

void check_target(const char* owner, double target) {
  if (std::isnan(target)) fail<std::invalid_argument>(owner, "target must be a number, got {}", target);
}

Evaluator::Evaluator(const char* owner, const Objective& f, std::int64_t max_evaluations, double target)
    : owner_(owner), f_(f), max_evaluations_(max_evaluations), target_(target) {
  if (!f) fail<std::invalid_argument>(owner, "f must be a function, got an empty one");
  check_option(owner, "max_evaluations", Range::AtLeastOne, static_cast<double>(max_evaluations));
  check_target(owner, target);
}

Tensor Evaluator::call(const Tensor& x) {
  if (evaluations_ >= max_evaluations_) throw Stop{"max_evaluations"};
  ++evaluations_;
  failed_ = true;  // unless it returns
  Tensor y = f_(x);
  if (!y.defined()) fail<ShapeError>(owner_, "f must return one element, got an undefined tensor");
  if (y.numel() != 1) fail<ShapeError>(owner_, "f must return one element, got {}", y.shape());
  if (!is_floating_point(y.dtype())) fail<DTypeError>(owner_, "f must return a floating type, got {}", y.dtype());
  return y;
}

void Evaluator::note(const Vector& x, double value) {
  if (best_x_.empty() || value < best_) {
    best_ = value;
    best_x_ = x;
  }
  if (value <= target_ && value < kInfinity) throw Stop{"target"};
}

double Evaluator::value(const Vector& x) {
  const NoGradGuard no_grad;
  double v = call(to_tensor(x)).item<double>();
  failed_ = false;
  if (!std::isfinite(v)) v = kInfinity;
  note(x, v);
  return v;
}

double Evaluator::value(const Vector& x, Vector& gradient) {
  if (x != last_x_) {
    const GradModeGuard grad(true);
    const Tensor at = parameter(x);
    const Tensor y = call(at);
    if (!y.requires_grad()) fail<AutogradError>(owner_, "f must compute its result from x by recorded ops");
    y.backward();
    failed_ = false;
    double v = y.item<double>();
    Vector g = at.grad().defined() ? at.grad().to_vector<double>() : Vector(x.size(), 0.0);
    if (!std::isfinite(v)) v = kInfinity;
    last_x_.clear();
    note(x, v);  // the value counts, with or without a gradient
    if (!std::all_of(g.begin(), g.end(), [](double e) { return std::isfinite(e); })) v = kInfinity;
    last_x_ = x;
    last_value_ = v;
    last_gradient_ = std::move(g);
  }
  gradient = last_gradient_;
  return last_value_;
}

SearchResult Evaluator::result(bool converged, std::string reason) const {
  return {to_tensor(best_x_), best_, evaluations_, converged, std::move(reason)};
}

void check_local(const char* owner, const LocalOptions& local) {
  check_option(owner, "max_steps", Range::AtLeastOne, static_cast<double>(local.max_steps));
  check_option(owner, "tolerance_grad", Range::AtLeastZero, local.tolerance_grad);
  check_option(owner, "tolerance_change", Range::AtLeastZero, local.tolerance_change);
  create(local.optimizer, {parameter({0.0})}, options_of(local));
}

LocalResult descend(Evaluator& f, const Box& box, const LocalOptions& local, const Vector& start) {
  const std::vector<NamedOption> options = options_of(local);
  const std::size_t n = start.size();
  Tensor p = parameter(start);
  auto opt = create(local.optimizer, {p}, options);

  // f at the nearest point of the box. Its gradient is zero in the elements outside, and in those at a bound that would
  // leave.
  Vector inside(n), g;
  const auto evaluate = [&](const Vector& x) {
    for (std::size_t i = 0; i < n; ++i) inside[i] = box.clamp(i, x[i]);
    const double v = f.value(inside, g);
    if (box.empty() || v == kInfinity) return v;
    for (std::size_t i = 0; i < n; ++i) {
      if ((x[i] <= box.lower[i] && g[i] > 0) || (x[i] >= box.upper[i] && g[i] < 0) || x[i] != inside[i]) g[i] = 0;
    }
    return v;
  };
  const auto closure = [&]() -> Tensor {
    const double v = evaluate(p.to_vector<double>());
    p.set_grad(v == kInfinity ? full_like(p.detach(), kInfinity) : to_tensor(g));
    return to_tensor({v}).sum();
  };

  LocalResult best;
  Vector before;
  double value_before = 0;
  for (std::int64_t step = 0; step <= local.max_steps; ++step) {
    Vector x = p.to_vector<double>();
    if (!std::all_of(x.begin(), x.end(), [](double e) { return std::isfinite(e); })) return best;
    bool moved = false;
    for (std::size_t i = 0; i < n; ++i) {
      const double v = box.clamp(i, x[i]);
      moved |= v != x[i];
      x[i] = v;
    }
    if (moved) {
      const NoGradGuard no_grad;
      p.copy_(to_tensor(x));
      if (is_lbfgs(local.optimizer)) opt = create(local.optimizer, {p}, options);  // its history no longer fits
    }
    const double v = evaluate(x);
    if (v == kInfinity) return best;
    bool ended = largest(g) <= local.tolerance_grad;
    if (step > 0 && std::abs(v - value_before) <= local.tolerance_change * std::max(1.0, std::abs(v))) {
      double change = 0;
      for (std::size_t i = 0; i < n; ++i) change = std::max(change, std::abs(x[i] - before[i]));
      ended |= change <= local.tolerance_change;
    }
    if (v < best.value || (ended && v == best.value)) best = {x, v, ended};
    if (ended || step == local.max_steps) return best;
    before = x;
    value_before = v;
    try {
      opt->step(closure);
    } catch (const Error&) {
      if (f.failed()) throw;
      return best;  // the optimizer refuses to go on from a value that is not finite
    }
  }
  return best;
}

}  // namespace descent::optim::detail
