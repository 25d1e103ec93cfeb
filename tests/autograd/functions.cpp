// Users' own ops: gradchecked like built-in ones, and their mistakes named.
#include "autograd/function.h"

#include "../fixture.h"
#include "autograd/checkpoint.h"
#include "autograd/gradcheck.h"
#include "autograd/memory_report.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(functions)

namespace {

using namespace descent::testing;
using autograd::Context;
using autograd::Function;

constexpr autograd::GradCheckOptions kTight{.eps = 2e-4, .atol = 1e-9, .rtol = 1e-9, .stencil = 5};
constexpr autograd::GradCheckOptions kSecond{.eps = 2e-4, .atol = 1e-8, .rtol = 1e-8, .stencil = 5};

struct Cube : Function<Cube> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x * x;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& grad) {
    auto x = ctx.saved_tensors()[0];
    return {grad * 3.0 * x * x};
  }
};

/// Saves its output, takes a number, and leaves its place in the gradients.
struct ScaledExp : Function<ScaledExp> {
  static Tensor forward(Context& ctx, const Tensor& x, double scale) {
    const Tensor y = (x * scale).exp();
    ctx.save_for_backward({y});
    ctx.data = scale;
    return y;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& grad) {
    return {grad * ctx.saved_tensors()[0] * std::any_cast<double>(ctx.data), Tensor()};
  }
};

/// Several inputs, one of them a list, and two outputs.
struct SumAndProduct : Function<SumAndProduct> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& a, const std::vector<Tensor>& others) {
    ctx.save_for_backward({a, others[0], others[1]});
    return {a + others[0] + others[1], a * others[0] * others[1]};
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& g) {
    const auto t = ctx.saved_tensors();
    return {g[0] + g[1] * t[1] * t[2], g[0] + g[1] * t[0] * t[2], g[0] + g[1] * t[0] * t[1]};
  }
};

struct Identity : Function<Identity> {
  static Tensor forward(Context&, const Tensor& x) { return x; }
  static Tensor backward(Context&, const Tensor& grad) { return grad * -1.0; }
};

struct Top : Function<Top> {  // the largest value and where it is
  static std::vector<Tensor> forward(Context& ctx, const Tensor& x) {
    const auto [value, index] = x.max(0);
    ctx.save_for_backward({x, index});
    const Tensor rank = x.detach().argsort(0).to(x.dtype());
    ctx.mark_non_differentiable({rank});
    return {value, index, rank};
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& g) {
    const auto saved = ctx.saved_tensors();
    return {scatter(zeros_like(saved[0]), 0, saved[1].unsqueeze(0), g[0].unsqueeze(0))};
  }
};

template <int kWay>
struct Wrong : Function<Wrong<kWay>> {
  static Tensor forward(Context&, const Tensor& x, const Tensor& y) { return x + y; }
  static std::vector<Tensor> backward(Context&, const Tensor& g) {
    if (kWay == 0) return {g.sum(), g};
    if (kWay == 1) return {g};
    if (kWay == 2) return {g.unsqueeze(0).expand({2, 3}), g};
    return {g.to(int64), g};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(gradchecked_like_built_in_ones) {
  const Tensor x = random_tensor({2, 3}, 1), y = random_tensor({2, 3}, 2), z = random_tensor({2, 3}, 3);
  const auto cube = [](const Tensor& a) { return Cube::apply(a); };
  BOOST_TEST(autograd::gradcheck(cube, {x}, kTight));
  BOOST_TEST(autograd::gradgradcheck(cube, {x}, kSecond));
  const auto exponential = [](const Tensor& a) { return ScaledExp::apply(a, 0.7); };
  BOOST_TEST(autograd::gradcheck(exponential, {x}, kTight));
  BOOST_TEST(autograd::gradgradcheck(exponential, {x}, kSecond));
  const auto both = [](const Tensor& a, const Tensor& b, const Tensor& c) {
    return SumAndProduct::apply(a, std::vector<Tensor>{b, c});
  };
  BOOST_TEST(autograd::gradcheck(both, {x, y, z}, kTight));
  BOOST_TEST(autograd::gradgradcheck(both, {x, y, z}, kSecond));
  const auto top = [](const Tensor& a) { return Top::apply(a)[0]; };
  BOOST_TEST(autograd::gradcheck(top, {tensor({1.0, 5.0, 3.0}, {.dtype = float64})}, kTight));
}

BOOST_AUTO_TEST_CASE(a_wrong_formula_is_found) {
  struct Halved : Function<Halved> {
    static Tensor forward(Context& ctx, const Tensor& x) { return Cube::forward(ctx, x); }
    static std::vector<Tensor> backward(Context& ctx, const Tensor& g) { return {Cube::backward(ctx, g)[0] * 0.5}; }
  };
  const auto f = [](const Tensor& a) { return Halved::apply(a); };
  require_throws<autograd::GradCheckError>([&] { autograd::gradcheck(f, {random_tensor({2}, 1)}); }, "");
}

BOOST_AUTO_TEST_CASE(an_output_that_was_not_used_has_zero_gradient) {
  const Tensor x = random_tensor({2}, 1).requires_grad_(), y = random_tensor({2}, 2), z = random_tensor({2}, 3);
  const auto outputs = SumAndProduct::apply(x, std::vector<Tensor>{y, z});
  BOOST_TEST(same_bits(autograd::grad({outputs[1].sum()}, {x}, {.retain_graph = true})[0], y * z + 0.0));
  BOOST_TEST(same_bits(autograd::grad({outputs[0].sum()}, {x})[0], ones({2}, {.dtype = float64})));
}

BOOST_AUTO_TEST_CASE(an_input_may_be_returned) {
  const Tensor x = random_tensor({2}, 1).requires_grad_();
  const Tensor y = Identity::apply(x);
  BOOST_TEST(!y.is_leaf());
  BOOST_TEST(x.is_leaf());
  BOOST_TEST(same_bits(autograd::grad({y.sum()}, {x})[0], full({2}, -1.0, {.dtype = float64})));
  const Tensor plain = random_tensor({2}, 1);
  BOOST_TEST(!Identity::apply(plain).requires_grad());
}

BOOST_AUTO_TEST_CASE(marked_outputs_need_no_gradient) {
  const Tensor x = tensor({1.0, 5.0, 3.0}, {.dtype = float64}).requires_grad_();
  const auto [value, index, rank] = [&] {
    auto all = Top::apply(x);
    return std::tuple(all[0], all[1], all[2]);
  }();
  BOOST_TEST(value.requires_grad());
  BOOST_TEST(!index.requires_grad());
  BOOST_TEST(!rank.requires_grad());
}

BOOST_AUTO_TEST_CASE(wrong_gradients_are_named) {
  const Tensor x = random_tensor({3}, 1).requires_grad_(), y = random_tensor({3}, 2);
  require_throws<AutogradError>([&] { Wrong<0>::apply(x, y).sum().backward(); },
                                "backward returned a gradient of shape [] for input 0 of shape [3]; it must have");
  require_throws<AutogradError>([&] { Wrong<1>::apply(x, y).sum().backward(); },
                                "backward must return one gradient per tensor of forward, 2, it returned 1");
  require_throws<AutogradError>([&] { Wrong<2>::apply(x, y).sum().backward(); }, "of shape [2, 3] for input 0");
  require_throws<AutogradError>([&] { Wrong<3>::apply(x, y).sum().backward(); }, "floating type");
  BOOST_TEST(!x.grad().defined());
}

BOOST_AUTO_TEST_CASE(the_rules_of_saved_tensors_hold) {
  const Tensor x = random_tensor({3}, 1).requires_grad_();
  const Tensor loss = Cube::apply(x).sum();
  loss.backward();
  require_throws<AutogradError>([&] { loss.backward(); }, "Cube: what was saved for backward has been freed");
  const Tensor again = Cube::apply(x).sum();
  {
    NoGradGuard no_grad;
    x.detach().add_(1.0);
  }
  require_throws<AutogradError>([&] { again.backward(); },
                                "Cube: saved tensor 0 of shape [3] was saved for backward and then changed");
}

namespace {

/// No gradient at all; and what forward is told about its inputs.
struct Opaque : Function<Opaque> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& a, const Tensor& b, std::string* needs) {
    for (int i = -1; i < 3; ++i) *needs += ctx.needs_input_grad(i) ? '1' : '0';
    ctx.save_for_backward({a, Tensor()});
    return {a * b, a + b};
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& g) {
    if (ctx.saved_tensors()[1].defined() || g.size() != 2) throw std::logic_error("not what was saved");
    return {Tensor(), Tensor(), Tensor()};
  }
};

struct TheSameTwice : Function<TheSameTwice> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& x) {
    const Tensor y = x.exp();
    ctx.save_for_backward({y});
    return {y, y};
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& g) {
    return {(g[0] + g[1]) * ctx.saved_tensors()[0]};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(undefined_gradients_are_none) {
  Tensor a = random_tensor({2}, 1).requires_grad_(), b = random_tensor({2}, 2);
  std::string needs;
  Opaque::apply(a, b, &needs)[0].sum().backward();
  BOOST_TEST(needs == "0100");
  BOOST_TEST(!a.grad().defined());
  require_throws<AutogradError>([&] { autograd::grad({Opaque::apply(a, b, &needs)[1].sum()}, {a}); }, "allow_unused");
  NoGradGuard no_grad;
  needs.clear();
  Opaque::apply(a, b, &needs);
  BOOST_TEST(needs == "0000");
}

namespace {

/// Saves a tensor that is neither input nor output but on the tape: the gradient's gradient goes to it.
struct ScaledBy : Function<ScaledBy> {
  static Tensor forward(Context& ctx, const Tensor& x, const Tensor* factor) {
    ctx.save_for_backward({*factor});
    return x * *factor;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& g) { return {g * ctx.saved_tensors()[0]}; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_saved_tensor_from_elsewhere) {
  const Tensor x = tensor({2.0}, {.dtype = float64, .requires_grad = true}), w = x * 3.0;
  const Tensor first = autograd::grad({ScaledBy::apply(x, &w).sum()}, {x}, {.create_graph = true})[0];
  BOOST_TEST(first.item<double>() == 6);
  BOOST_TEST(autograd::grad({first}, {x})[0].item<double>() == 3);
}

BOOST_AUTO_TEST_CASE(one_tensor_as_two_outputs) {
  const Tensor x = random_tensor({2}, 1);
  const auto both = [](const Tensor& a) {
    const auto y = TheSameTwice::apply(a);
    return y[0] * 0.5 - y[1] * y[1];
  };
  BOOST_TEST(autograd::gradcheck(both, {x}, kTight));
  BOOST_TEST(autograd::gradgradcheck(both, {x}, kSecond));
}

BOOST_AUTO_TEST_CASE(inside_other_derivatives) {
  const Tensor x = tensor({2.0, 3.0}, {.dtype = float64}), v = ones({2}, {.dtype = float64});
  const auto cubes = [](const Tensor& a) { return Cube::apply(a); };
  const auto sum = [&](const Tensor& a) { return cubes(a).sum(); };
  BOOST_TEST((autograd::hessian(sum, x).to_vector<double>() == std::vector<double>{12, 0, 0, 18}));
  BOOST_TEST((autograd::hvp(sum, x, v).second.to_vector<double>() == std::vector<double>{12, 18}));
  BOOST_TEST((autograd::jvp(cubes, x, v).second.to_vector<double>() == std::vector<double>{12, 27}));
  const auto kept = [&](const Tensor& a) { return autograd::checkpoint(cubes, {a}); };
  BOOST_TEST(autograd::gradcheck(kept, {x}, kTight));
  BOOST_TEST(autograd::gradgradcheck(kept, {x}, kSecond));
  const auto refused = [&](const Tensor& a) { return autograd::grad({sum(a)}, {a}, {.create_graph = true})[0]; };
  const Tensor leaf = x.clone().requires_grad_();
  require_throws<AutogradError>([&] { autograd::checkpoint(refused, {leaf}); }, "Cube: a checkpointed function keeps");
}

BOOST_AUTO_TEST_CASE(nothing_leaks_by_saving_the_output) {
  const auto before = autograd::live_counts();
  {
    const Tensor x = random_tensor({3}, 1).requires_grad_();
    const Tensor y = ScaledExp::apply(x, 2.0);
    const Tensor z = Cube::apply(y);
    bool named = false;
    for (const auto& entry : autograd::memory_report().saved) named |= entry.op == "ScaledExp" && entry.bytes == 24;
    BOOST_TEST(named);
  }
  BOOST_TEST((autograd::live_counts() == before));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
