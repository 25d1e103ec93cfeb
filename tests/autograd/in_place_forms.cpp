// In-place forms: the values and gradients of the function of the same name, and the rules of writing in place.
#include <cmath>
#include <limits>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(in_place_forms)

namespace {

using namespace descent::testing;

struct Form {
  const char* name;
  std::function<void(Tensor&)> write;
  std::function<Tensor(const Tensor&)> function;
};

Tensor other() { return tensor({0.5, -2.0, 1.5, 0.75}, {.dtype = float64}); }
Tensor odd() { return tensor({1, 0, 1, 0}) == 1; }

const std::vector<Form>& forms() {
  static const std::vector<Form> all = {
      {"neg_", [](Tensor& t) { t.neg_(); }, [](const Tensor& a) { return neg(a); }},
      {"abs_", [](Tensor& t) { t.abs_(); }, [](const Tensor& a) { return abs(a); }},
      {"exp_", [](Tensor& t) { t.exp_(); }, [](const Tensor& a) { return exp(a); }},
      {"log_", [](Tensor& t) { t.log_(); }, [](const Tensor& a) { return log(a); }},
      {"sqrt_", [](Tensor& t) { t.sqrt_(); }, [](const Tensor& a) { return sqrt(a); }},
      {"rsqrt_", [](Tensor& t) { t.rsqrt_(); }, [](const Tensor& a) { return rsqrt(a); }},
      {"reciprocal_", [](Tensor& t) { t.reciprocal_(); }, [](const Tensor& a) { return reciprocal(a); }},
      {"square_", [](Tensor& t) { t.square_(); }, [](const Tensor& a) { return square(a); }},
      {"sin_", [](Tensor& t) { t.sin_(); }, [](const Tensor& a) { return sin(a); }},
      {"cos_", [](Tensor& t) { t.cos_(); }, [](const Tensor& a) { return cos(a); }},
      {"tanh_", [](Tensor& t) { t.tanh_(); }, [](const Tensor& a) { return tanh(a); }},
      {"sigmoid_", [](Tensor& t) { t.sigmoid_(); }, [](const Tensor& a) { return sigmoid(a); }},
      {"relu_", [](Tensor& t) { t.relu_(); }, [](const Tensor& a) { return relu(a); }},
      {"floor_", [](Tensor& t) { t.floor_(); }, [](const Tensor& a) { return floor(a); }},
      {"ceil_", [](Tensor& t) { t.ceil_(); }, [](const Tensor& a) { return ceil(a); }},
      {"round_", [](Tensor& t) { t.round_(); }, [](const Tensor& a) { return round(a); }},
      {"trunc_", [](Tensor& t) { t.trunc_(); }, [](const Tensor& a) { return trunc(a); }},
      {"logical_not_", [](Tensor& t) { t.logical_not_(); },
       [](const Tensor& a) { return logical_not(a).to(a.dtype()) + a * 0; }},
      {"pow_", [](Tensor& t) { t.pow_(3); }, [](const Tensor& a) { return pow(a, 3); }},
      {"pow_", [](Tensor& t) { t.pow_(other()); }, [](const Tensor& a) { return pow(a, other()); }},
      {"remainder_", [](Tensor& t) { t.remainder_(0.4); }, [](const Tensor& a) { return remainder(a, 0.4); }},
      {"remainder_", [](Tensor& t) { t.remainder_(other()); }, [](const Tensor& a) { return remainder(a, other()); }},
      {"fmod_", [](Tensor& t) { t.fmod_(0.4); }, [](const Tensor& a) { return fmod(a, 0.4); }},
      {"fmod_", [](Tensor& t) { t.fmod_(other()); }, [](const Tensor& a) { return fmod(a, other()); }},
      {"clamp_", [](Tensor& t) { t.clamp_(0.5, 1.0); }, [](const Tensor& a) { return clamp(a, 0.5, 1.0); }},
      {"clamp_", [](Tensor& t) { t.clamp_(Tensor(), other()); },
       [](const Tensor& a) { return clamp(a, Tensor(), other()); }},
      {"clamp_", [](Tensor& t) { t.clamp_(other()); }, [](const Tensor& a) { return clamp(a, other()); }},
      {"clamp_min_", [](Tensor& t) { t.clamp_min_(1); }, [](const Tensor& a) { return clamp_min(a, 1); }},
      {"clamp_min_", [](Tensor& t) { t.clamp_min_(other()); }, [](const Tensor& a) { return clamp_min(a, other()); }},
      {"clamp_max_", [](Tensor& t) { t.clamp_max_(1); }, [](const Tensor& a) { return clamp_max(a, 1); }},
      {"clamp_max_", [](Tensor& t) { t.clamp_max_(other()); }, [](const Tensor& a) { return clamp_max(a, other()); }},
      {"lerp_", [](Tensor& t) { t.lerp_(other(), 0.3); }, [](const Tensor& a) { return lerp(a, other(), 0.3); }},
      {"lerp_", [](Tensor& t) { t.lerp_(other(), other()); },
       [](const Tensor& a) { return lerp(a, other(), other()); }},
      {"addcmul_", [](Tensor& t) { t.addcmul_(other(), other(), {.value = 2}); },
       [](const Tensor& a) { return addcmul(a, other(), other(), {.value = 2}); }},
      {"addcdiv_", [](Tensor& t) { t.addcdiv_(other(), other()); },
       [](const Tensor& a) { return addcdiv(a, other(), other()); }},
      {"masked_fill_", [](Tensor& t) { t.masked_fill_(odd(), 7); },
       [](const Tensor& a) { return masked_fill(a, odd(), 7); }},
      {"masked_fill_", [](Tensor& t) { t.masked_fill_(odd(), full({}, 7.0)); },
       [](const Tensor& a) { return masked_fill(a, odd(), 7); }},
      {"nan_to_num_", [](Tensor& t) { t.nan_to_num_({.nan = 3}); }, [](const Tensor& a) { return nan_to_num(a); }},
      {"leaky_relu_", [](Tensor& t) { t.leaky_relu_({.negative_slope = 0.3}); },
       [](const Tensor& a) { return leaky_relu(a, 0.3); }},
      {"elu_", [](Tensor& t) { t.elu_(); }, [](const Tensor& a) { return elu(a); }},
  };
  return all;
}

Tensor leaf() { return tensor({0.3, 1.7, 0.6, 2.2}, {.dtype = float64, .requires_grad = true}); }

}  // namespace

BOOST_AUTO_TEST_CASE(values_and_gradients_are_the_functions) {
  for (const Form& form : forms()) {
    BOOST_TEST_CONTEXT(form.name) {
      const Tensor w = leaf(), v = tensor({1.0, -2.0, 0.5, 3.0}, {.dtype = float64});
      Tensor h = w * 1.5;
      const Tensor same = h, expected = form.function(w * 1.5);
      form.write(h);
      BOOST_TEST(same_bits(same.detach(), expected.detach()));
      BOOST_TEST(h.requires_grad());
      const Tensor gradient = autograd::grad({h * h}, {w}, {.grad_outputs = {v}})[0];
      BOOST_TEST(equal(gradient, autograd::grad({expected * expected}, {w}, {.grad_outputs = {v}})[0]));
    }
  }
}

BOOST_AUTO_TEST_CASE(without_recording_into_memory) {
  for (const Form& form : forms()) {
    BOOST_TEST_CONTEXT(form.name) {
      Tensor w = leaf();
      const Tensor expected = form.function(w.detach()).to(float64);
      const double* at = std::as_const(w).data<double>();
      Tensor turned = w.detach().clone().reshape({2, 2}).transpose(0, 1).contiguous().transpose(0, 1).reshape({4});
      {
        NoGradGuard no_grad;
        form.write(w);
      }
      BOOST_TEST(same_bits(w.detach(), expected));
      BOOST_TEST((std::as_const(w).data<double>() == at));
      BOOST_TEST(w.is_leaf());
      form.write(turned);
      BOOST_TEST(same_bits(turned, expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(refused_and_then_unchanged) {
  for (const Form& form : forms()) {
    BOOST_TEST_CONTEXT(form.name) {
      Tensor w = leaf(), h = w * 1.0, view = h.slice(0, 0, 4), wide = zeros({1}, {.dtype = float64}).expand({4}), none;
      const std::string before = bytes_of(w), text = std::string(form.name) + ": ";
      require_throws<AutogradError>([&] { form.write(w); }, text + "a leaf that requires grad");
      require_throws<AutogradError>([&] { form.write(view); }, text);
      require_throws<AutogradError>([&] { form.write(wide); }, text);
      require_throws<Error>([&] { form.write(none); }, form.name);
      BOOST_TEST(bytes_of(w) == before);
      BOOST_TEST(bytes_of(h) == before);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_tape_saved_raises) {
  for (const Form& form : forms()) {
    BOOST_TEST_CONTEXT(form.name) {
      Tensor w = leaf(), h = w * 1.0;
      const Tensor y = (h * h).sum(), z = (w * w).sum();
      form.write(h);
      require_throws<AutogradError>([&] { y.backward(); }, "mul: ");
      {
        NoGradGuard no_grad;
        form.write(w);
      }
      require_throws<AutogradError>([&] { z.backward(); }, "mul: ");
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_the_other_inputs) {
  const Tensor w = leaf(), u = leaf() * 1.0, p = leaf();
  Tensor h = w * 2.0, plain = ones({4}, {.dtype = float64});
  h.addcmul_(u, p, {.value = 3});
  plain.lerp_(w, p);
  const auto found = autograd::grad({h.sum() + plain.sum()}, {w, p});
  BOOST_TEST(allclose(found[0], p.detach() + 2.0));
  BOOST_TEST(allclose(found[1], u.detach() * 3.0 + (w.detach() - 1.0)));
}

BOOST_AUTO_TEST_CASE(types_and_shapes_of_the_result) {
  Tensor whole = tensor({-3, 4}), small = ones({2}), flags = tensor({0, 1}) == 1;
  require_throws<DTypeError>([&] { whole.exp_(); }, "exp_: ");
  require_throws<DTypeError>([&] { whole.pow_(0.5); }, "pow_: ");
  require_throws<DTypeError>([&] { flags.neg_(); }, "neg");
  require_throws<ShapeError>([&] { small.pow_(ones({3, 2})); }, "pow_: an in-place result must keep the shape [2]");
  require_throws<ShapeError>([&] { small.masked_fill_(ones({3, 2}) == 1, 0); }, "masked_fill");
  BOOST_TEST((whole.abs_().neg_().to_vector<int64_t>() == std::vector<int64_t>{-3, -4}));
  BOOST_TEST((whole.square_().clamp_max_(10).to_vector<int64_t>() == std::vector<int64_t>{9, 10}));
  BOOST_TEST((flags.logical_not_().to_vector<bool>() == std::vector<bool>{true, false}));
  small.mul_(2.0).pow_(full({2}, 3.0, {.dtype = float64}));
  BOOST_TEST(small.dtype() == float32);
  BOOST_TEST(small.to_vector<float>()[1] == 8);
}

// The values may come from the memory that is written.
BOOST_AUTO_TEST_CASE(overlapping_operands) {
  Tensor x = arange(9).to(float64).reshape({3, 3});
  const Tensor expected = lerp(x, x.t().clone(), 0.25);
  x.lerp_(x.t(), 0.25);
  BOOST_TEST(same_bits(x, expected));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
