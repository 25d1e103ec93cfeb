// Random tensors and dropout. One stream for the process; each call takes the next stretch of its counter.
#include "../../kernels/random.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "../op_list.h"
#include "draws-inl.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

std::mutex stream_mutex;
kernels::Philox stream{.seed = 5489, .offset = 0};

constinit thread_local DrawScope* innermost = nullptr;

DrawScope* repeating() {
  DrawScope* scope = innermost;
  while (scope && !scope->again) scope = scope->outer;
  return scope;
}

/// The next n counters, or those of the first time.
kernels::Philox take(std::int64_t n) {
  DrawScope* const source = repeating();
  kernels::Philox taken{};
  if (source) {
    taken = source->next();
  } else {
    const std::lock_guard lock(stream_mutex);
    taken = stream;
    stream.offset += static_cast<std::uint64_t>(n);
  }
  for (DrawScope* scope = innermost; scope != source; scope = scope->outer) scope->draws.push_back(taken);
  return taken;
}

struct DropoutGrad {  // g / (1 − p) where kept
  static constexpr const char* name = "dropout_grad";
  static constexpr Uses uses = {input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  double p;
  Tensor forward(const Tensor& g, const Tensor& mask) const {
    const Tensor in = g.contiguous();
    Tensor out = make_tensor(g.shape(), g.dtype());
    kernels::dropout_apply(view_of(out), view_of(mask), view_of(in), p);
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(DropoutGrad{p}, h, s.in(1)); }
};

struct Dropout {  // -> result, mask
  static constexpr const char* name = "dropout";
  static constexpr Uses uses = {output(1)};
  double p;
  kernels::Philox from;
  std::pair<Tensor, Tensor> forward(const Tensor& a) const {
    const Tensor in = a.contiguous();
    Tensor out = make_tensor(a.shape(), a.dtype()), mask = make_tensor(a.shape(), boolean);
    kernels::dropout(view_of(out), view_of(mask), view_of(in), p, from);
    return {out, mask};
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(DropoutGrad{p}, g, s.out(1)); }
};

DType random_type(const char* op, const TensorOptions& options) {
  const DType dtype = options.dtype.value_or(float32);
  if (!descent::is_floating_point(dtype)) fail<DTypeError>(op, "draws floats, got dtype {}", dtype);
  return dtype;
}

Tensor finish(Tensor tensor, const TensorOptions& options) {
  if (options.requires_grad) tensor.requires_grad_();
  return tensor;
}

/// Draws into `self` in place, through contiguous memory.
template <class Draw>
Tensor& draw_in_place(const char* op, Tensor& self, Draw draw) {
  begin_in_place(op, self, false, self.checked(op).shape, self.dtype());
  if (autograd::grad_enabled() && self.requires_grad()) {
    fail<AutogradError>(op, "a tensor on the tape cannot be drawn anew; do it under a NoGradGuard");
  }
  Tensor drawn = self.is_contiguous() ? make_alias(self) : make_tensor(self.shape(), self.dtype());
  draw(view_of(drawn), take(self.numel()));
  if (!self.is_contiguous()) kernels::copy(view_of(self), view_of(drawn));
  self.impl()->storage->written();
  return self;
}

}  // namespace

DrawScope::DrawScope(std::vector<kernels::Philox>& list, bool repeat) : draws(list), again(repeat), outer(innermost) {
  innermost = this;
}
DrawScope::~DrawScope() { innermost = outer; }

kernels::Philox DrawScope::next() {
  if (position == draws.size()) {
    fail<AutogradError>("checkpoint", "the function drew more random numbers the second time than the first");
  }
  return draws[position++];
}

OpList random_ops() { return list_of<DropoutGrad, Dropout>(); }

}  // namespace autograd

using namespace autograd;

void manual_seed(std::uint64_t seed) { set_rng_state({seed, 0}); }

std::array<std::uint64_t, 2> rng_state() {
  const std::lock_guard lock(stream_mutex);
  return {stream.seed, stream.offset};
}

void set_rng_state(const std::array<std::uint64_t, 2>& state) {
  if (repeating()) return;  // it is known already what is drawn next
  const std::lock_guard lock(stream_mutex);
  stream = {.seed = state[0], .offset = state[1]};
}

Tensor rand(const Shape& shape, const TensorOptions& options) {
  shape.numel("rand");
  Tensor out = make_tensor(shape, random_type("rand", options));
  kernels::random_uniform(view_of(out), take(out.numel()), 0, 1);
  return finish(std::move(out), options);
}

Tensor randn(const Shape& shape, const TensorOptions& options) {
  shape.numel("randn");
  Tensor out = make_tensor(shape, random_type("randn", options));
  kernels::random_normal(view_of(out), take(out.numel()), 0, 1);
  return finish(std::move(out), options);
}

Tensor rand_like(const Tensor& like) { return rand(like.checked("rand_like").shape, {.dtype = like.dtype()}); }
Tensor randn_like(const Tensor& like) { return randn(like.checked("randn_like").shape, {.dtype = like.dtype()}); }

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const TensorOptions& options) {
  if (low >= high)
    throw std::invalid_argument(fmt::format("randint: low must be below high, got {} and {}", low, high));
  shape.numel("randint");
  Tensor out = make_tensor(shape, options.dtype.value_or(int64));
  kernels::random_int(view_of(out), take(out.numel()), low, high);
  return finish(std::move(out), options);
}
Tensor randint(std::int64_t high, const Shape& shape, const TensorOptions& options) {
  return randint(0, high, shape, options);
}

Tensor randperm(std::int64_t n) {
  if (n < 0) throw std::invalid_argument(fmt::format("randperm: n must not be negative, got {}", n));
  Shape{n}.numel("randperm");
  Tensor out = make_tensor({n}, int64);
  kernels::random_permutation(data_of<std::int64_t>(out), n, take(n));
  return out;
}

Tensor bernoulli(const Tensor& p) {
  if (!descent::is_floating_point(p.checked("bernoulli").dtype)) {
    fail<DTypeError>("bernoulli", "probabilities are floats, got {}", p.dtype());
  }
  const Tensor in = p.detach().contiguous();
  for (const double value : in.to_vector<double>()) {
    if (!(value >= 0 && value <= 1)) {
      throw std::invalid_argument(fmt::format("bernoulli: probabilities must be in [0, 1], got {}", value));
    }
  }
  Tensor out = make_tensor(p.shape(), p.dtype());
  kernels::random_bernoulli(view_of(out), view_of(in), take(out.numel()));
  return out;
}

Tensor multinomial(const Tensor& weights, std::int64_t count, bool replacement) {
  const Shape& shape = weights.checked("multinomial").shape;
  if (!weights.is_floating_point()) fail<DTypeError>("multinomial", "weights are floats, got {}", weights.dtype());
  if (shape.size() != 1 && shape.size() != 2)
    fail<ShapeError>("multinomial", "weights are [n] or [rows, n], got {}", shape);
  const std::int64_t n = shape.back(), rows = shape.size() == 2 ? shape[0] : 1;
  if (count < 1 || (!replacement && count > n)) {
    throw std::invalid_argument(fmt::format("multinomial: cannot draw {} of {} without replacement", count, n));
  }
  Shape{rows, count}.numel("multinomial");
  const std::vector<double> w = weights.to_vector<double>();
  const std::vector<double> u = rand({rows, replacement ? count : n}, {.dtype = float64}).to_vector<double>();
  Shape result = shape;
  result[result.size() - 1] = count;
  Tensor out = make_tensor(result, int64);
  std::int64_t* to = data_of<std::int64_t>(out);
  for (std::int64_t r = 0; r < rows; ++r) {
    const double* row = w.data() + r * n;
    double total = 0;
    std::int64_t positive = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      if (!(row[i] >= 0) || std::isinf(row[i])) {
        throw std::invalid_argument(
            fmt::format("multinomial: weights must be finite and not negative, got {}", row[i]));
      }
      total += row[i];
      positive += row[i] > 0;
    }
    if (positive < (replacement ? 1 : count)) {
      throw std::invalid_argument(
          fmt::format("multinomial: {} positive weights are too few for {} draws", positive, count));
    }
    if (replacement) {
      std::vector<double> cumulative(static_cast<std::size_t>(n));
      double sum = 0;
      for (std::int64_t i = 0; i < n; ++i) cumulative[static_cast<std::size_t>(i)] = sum += row[i];
      for (std::int64_t k = 0; k < count; ++k) {
        const double at = u[static_cast<std::size_t>(r * count + k)] * total;
        const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), at);
        *to++ = std::min<std::int64_t>(found - cumulative.begin(), n - 1);
      }
    } else {  // the order of exponential arrival times is a draw without replacement
      std::vector<std::pair<double, std::int64_t>> arrival;
      for (std::int64_t i = 0; i < n; ++i) {
        const double unit = 1 - u[static_cast<std::size_t>(r * n + i)];
        if (row[i] > 0) arrival.emplace_back(-std::log(unit) / row[i], i);
      }
      std::partial_sort(arrival.begin(), arrival.begin() + count, arrival.end());
      for (std::int64_t k = 0; k < count; ++k) *to++ = arrival[static_cast<std::size_t>(k)].second;
    }
  }
  return out;
}

Tensor dropout(const Tensor& a, double p, bool training) {
  a.checked("dropout");
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument(fmt::format("dropout: p must be in [0, 1], got {}", p));
  if (!a.is_floating_point()) fail<DTypeError>("dropout", "takes floats, got {}", a.dtype());
  if (!training || p == 0) return a;
  return apply(Dropout{p, take(a.numel())}, a).first;
}

Tensor& TensorMethods::uniform_(double from, double to) {
  if (!(from <= to))
    throw std::invalid_argument(fmt::format("uniform_: from must not exceed to, got {} and {}", from, to));
  random_type("uniform_", {.dtype = self().checked("uniform_").dtype});
  return draw_in_place("uniform_", self(),
                       [&](kernels::View out, kernels::Philox s) { kernels::random_uniform(out, s, from, to); });
}

Tensor& TensorMethods::normal_(double mean, double std) {
  if (!(std >= 0)) throw std::invalid_argument(fmt::format("normal_: std must not be negative, got {}", std));
  random_type("normal_", {.dtype = self().checked("normal_").dtype});
  return draw_in_place("normal_", self(),
                       [&](kernels::View out, kernels::Philox s) { kernels::random_normal(out, s, mean, std); });
}

Tensor& TensorMethods::bernoulli_(double p) {
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument(fmt::format("bernoulli_: p must be in [0, 1], got {}", p));
  const Tensor chance = full(self().checked("bernoulli_").shape, p, {.dtype = float64});
  return draw_in_place("bernoulli_", self(), [&](kernels::View out, kernels::Philox s) {
    kernels::random_bernoulli(out, view_of(chance), s);
  });
}

}  // namespace descent
