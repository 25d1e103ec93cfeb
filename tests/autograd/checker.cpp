// The gradient checker itself: what it accepts, and that it refuses every wrong backward.
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "autograd/gradcheck.h"
#include "autograd/op.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(checker)

namespace {

using namespace descent::testing;

// Ops with a right forward and a wrong backward.
struct WrongSign {
  static constexpr const char* name = "test_wrong_sign";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return exp(a); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return -(g * s.out()); }
};
struct WrongFactor {
  static constexpr const char* name = "test_wrong_factor";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return square(a); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.in(0) * 2.000001; }
};
struct MissingTerm {  // softmax without −y Σ g y
  static constexpr const char* name = "test_missing_term";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return softmax(a, 1); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.out(); }
};
struct TransposedOperand {
  static constexpr const char* name = "test_transposed_operand";
  static constexpr Uses uses = {input(1), input(0)};
  Tensor forward(const Tensor& a, const Tensor& b) const { return matmul(a, b); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return matmul(g, s.in(1)); }  // should be bᵀ
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return matmul(s.in(0).t(), g); }
};
struct SwappedInputs {
  static constexpr const char* name = "test_swapped_inputs";
  static constexpr Uses uses = {input(0), input(1)};
  Tensor forward(const Tensor& a, const Tensor& b) const { return a * b; }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.in(0); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * s.in(1); }
};
struct OneWrongEntry {
  static constexpr const char* name = "test_one_wrong_entry";
  Tensor forward(const Tensor& a) const { return a.clone(); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const {
    Tensor result = g.clone();
    NoGradGuard no_grad;
    result.select(0, 1).select(0, 2).mul_(0.5);
    return result;
  }
};
struct NoGradient {
  static constexpr const char* name = "test_no_gradient";
  Tensor forward(const Tensor& a) const { return sin(a); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros_like(g); }
};
struct Greedy {
  static constexpr const char* name = "test_greedy";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return a.clone(); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.in(0); }
};
struct OffTheTape {  // right in first order; in second order its own derivative is lost
  static constexpr const char* name = "test_off_the_tape";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return square(a); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.in(0).detach() * 2.0; }
};
struct WrongShape {
  static constexpr const char* name = "test_wrong_shape";
  Tensor forward(const Tensor& a) const { return exp(a); }
  Tensor vjp(In<0>, const Saved&, const Tensor&) const { return ones({7, 5}, {.dtype = float64}); }
};

const GradCheckOptions strict = {.eps = 2e-4, .atol = 1e-9, .rtol = 1e-9, .stencil = 5};
Tensor matrix(std::uint64_t seed = 1) { return random_tensor({3, 3}, seed, {.low = 0.2, .high = 1.5}); }

template <class Op>
Tensor unary(const Tensor& a) {
  return apply(Op{}, a);
}
template <class Op>
Tensor binary(const Tensor& a, const Tensor& b) {
  return apply(Op{}, a, b);
}

}  // namespace

BOOST_AUTO_TEST_CASE(right_gradients_pass) {
  BOOST_TEST(gradcheck([](const Tensor& a) { return (a * a).exp(); }, {matrix()}));
  BOOST_TEST(gradcheck([](const Tensor& a) { return (a * a).exp(); }, {matrix()}, strict));
  BOOST_TEST(
      gradgradcheck([](const Tensor& a, const Tensor& b) { return matmul(a, b).tanh(); }, {matrix(), matrix(2)}));
  BOOST_TEST(gradcheck([](const std::vector<Tensor>& in) { return in[0] * in[1] * in[2]; },
                       {matrix(), matrix(2), matrix(3)}, strict));
  BOOST_TEST(gradcheck(
      [](const Tensor& a) {
        return std::vector<Tensor>{a.sin(), a.argmax(1), a.square()};
      },
      {matrix()}, strict));
}

BOOST_AUTO_TEST_CASE(wrong_gradients_fail) {
  const auto refused = [](auto f, const std::vector<Tensor>& inputs) {
    BOOST_CHECK_THROW(gradcheck(f, inputs, strict), GradCheckError);
  };
  refused(unary<WrongSign>, {matrix()});
  refused(unary<WrongFactor>, {matrix()});
  refused(unary<MissingTerm>, {matrix()});
  refused(unary<OneWrongEntry>, {matrix()});
  refused(unary<NoGradient>, {matrix()});
  refused(binary<TransposedOperand>, {matrix(), matrix(2)});
  refused(binary<SwappedInputs>, {matrix(), matrix(2)});
  require_throws<AutogradError>([] { gradcheck(unary<WrongShape>, {matrix()}); }, "test_wrong_shape: ");
  // The defaults are coarser, but not blind.
  BOOST_CHECK_THROW(gradcheck(unary<WrongSign>, {matrix()}), GradCheckError);
  BOOST_CHECK_THROW(gradgradcheck(unary<WrongSign>, {matrix()}), GradCheckError);
}

BOOST_AUTO_TEST_CASE(wrong_second_order_fails) {
  BOOST_TEST(gradcheck(unary<OffTheTape>, {matrix()}, strict));
  BOOST_CHECK_THROW(gradgradcheck(unary<OffTheTape>, {matrix()}, strict), GradCheckError);
}

BOOST_AUTO_TEST_CASE(the_message_names_the_entry) {
  try {
    gradcheck(unary<OneWrongEntry>, {matrix()}, strict);
    BOOST_FAIL("passed");
  } catch (const GradCheckError& error) {
    const std::string text = error.what();
    BOOST_TEST(text.find("gradcheck: input 0, entry [1, 2]") == 0u, text);
    BOOST_TEST(text.find("differ by") != std::string::npos);
  }
  require_throws<Error>([] { gradcheck(binary<TransposedOperand>, {matrix(), matrix(2)}); }, "input 0");
}

BOOST_AUTO_TEST_CASE(vacuous_checks_fail) {
  const auto nothing = [](const Tensor& a) { return a * 0.0; };
  require_throws<GradCheckError>([&] { gradcheck(nothing, {matrix()}); }, "vacuous");
  BOOST_TEST(gradcheck(nothing, {matrix()}, {.allow_zero = true}));
  const auto constant = [](const Tensor&) { return ones({2}, {.dtype = float64}); };
  require_throws<GradCheckError>([&] { gradcheck(constant, {matrix()}); }, "vacuous");
  require_throws<GradCheckError>([&] { gradcheck([](const Tensor& a) { return a.detach() * 0.0; }, {matrix()}); },
                                 "vacuous");
  require_throws<GradCheckError>(
      [&] { gradcheck([](const Tensor& a) { return a; }, {zeros({0}, {.dtype = float64})}); }, "vacuous");
  // A gradient that the tape has lost is no zero.
  require_throws<GradCheckError>([&] { gradcheck([](const Tensor& a) { return a.detach(); }, {matrix()}); },
                                 "entry [0, 0]");
}

BOOST_AUTO_TEST_CASE(only_those_that_require_grad) {
  const Tensor a = matrix().requires_grad_(), b = matrix(2);
  const auto only_a = [](const Tensor& x, const Tensor& y) { return x * y.detach(); };
  BOOST_TEST(gradcheck(only_a, {a, b}, strict));
  BOOST_CHECK_THROW(gradcheck(only_a, {matrix(), b}, strict), GradCheckError);
  const Tensor index = tensor({2, 0, 2});
  BOOST_TEST(gradcheck([](const Tensor& x, const Tensor& i) { return index_select(x, 0, i); }, {a, index}, strict));
}

// A leaf that f also reaches by itself, as a layer reaches its weight.
BOOST_AUTO_TEST_CASE(captured_leaves) {
  const Tensor weight = matrix().requires_grad_();
  const std::string before = bytes_of(weight);
  BOOST_TEST(gradcheck([&](const Tensor&) { return weight.exp(); }, {weight}, strict));
  BOOST_TEST(gradgradcheck([&](const Tensor&) { return weight.exp(); }, {weight}, strict));
  BOOST_TEST(bytes_of(weight) == before);
  BOOST_TEST(!weight.grad().defined());
}

BOOST_AUTO_TEST_CASE(inputs_come_back_unchanged) {
  const Tensor a = matrix().requires_grad_(), permuted = matrix(2).t().requires_grad_(),
               expanded = random_tensor({3, 1}, 3).expand({3, 3}).requires_grad_();
  const Tensor saved = (a * a).sum();  // a graph of the caller's own
  const std::string bits = bytes_of(a);
  BOOST_TEST(gradcheck([](const Tensor& x, const Tensor& y, const Tensor& z) { return x * y.sin() * z; },
                       {a, permuted, expanded}, strict));
  int calls = 0;
  const auto fails = [&](const Tensor& x) {
    if (++calls == 5) throw std::runtime_error("in the middle");
    return x * 2.0;
  };
  BOOST_CHECK_THROW(gradcheck(fails, {a}), std::runtime_error);
  BOOST_TEST(bytes_of(a) == bits);
  saved.backward();  // still valid
}

BOOST_AUTO_TEST_CASE(sizes_must_not_depend_on_values) {
  const Tensor at_the_edge = tensor({1.0, 2.0}, {.dtype = float64});
  const auto f = [](const Tensor& a) { return masked_select(a, a >= 1.0); };
  require_throws<GradCheckError>([&] { gradcheck(f, {at_the_edge}); }, "the sizes of the outputs depend on the inputs");
}

BOOST_AUTO_TEST_CASE(a_formula_that_reads_what_it_did_not_name) {
  const Tensor x = ones({2}, {.requires_grad = true});
  require_throws<AutogradError>([&] { apply(Greedy{}, x).sum().backward(); },
                                "test_greedy: its gradient reads input 0, which its `uses` does not name");
}

BOOST_AUTO_TEST_CASE(functions_must_be_deterministic) {
  require_throws<GradCheckError>(
      [] {
        gradcheck([](const Tensor& a) { return dropout(a, 0.5); }, {random_tensor({8, 8}, 1)});
      },
      "deterministic");
}

BOOST_AUTO_TEST_CASE(not_a_number_fails) {
  BOOST_CHECK_THROW(gradcheck([](const Tensor& a) { return sqrt(a); }, {zeros({2}, {.dtype = float64})}),
                    GradCheckError);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const auto f = [](const Tensor& a) { return a * 2.0; };
  require_throws<DTypeError>([&] { gradcheck(f, {ones({2})}); }, "float32");
  require_throws<DTypeError>([&] { gradgradcheck(f, {ones({2})}); }, "gradgradcheck: ");
  require_throws<DTypeError>([&] { gradcheck([](const Tensor& a) { return a.to(float32); }, {matrix()}); }, "outputs");
  require_throws<Error>([&] { gradcheck(f, {Tensor()}); }, "undefined");
  require_throws<std::invalid_argument>([&] { gradcheck(f, {matrix()}, {.eps = 0}); }, "eps");
  require_throws<std::invalid_argument>(
      [&] { gradcheck(f, {matrix()}, {.eps = std::numeric_limits<double>::infinity()}); }, "eps");
  require_throws<std::invalid_argument>([&] { gradcheck(f, {matrix()}, {.atol = -1}); }, "atol");
  require_throws<std::invalid_argument>([&] { gradcheck(f, {matrix()}, {.rtol = std::nan("")}); }, "rtol");
  require_throws<std::invalid_argument>([&] { gradgradcheck(f, {matrix()}, {.stencil = 4}); }, "stencil");
  require_throws<std::invalid_argument>([&] { gradcheck(f, {matrix(), matrix()}); }, "2 tensors");
}

BOOST_AUTO_TEST_CASE(also_under_no_grad) {
  NoGradGuard no_grad;
  BOOST_TEST(gradcheck([](const Tensor& a) { return a.exp(); }, {matrix()}, strict));
  BOOST_TEST(gradgradcheck([](const Tensor& a) { return a.exp(); }, {matrix()}, strict));
  BOOST_CHECK_THROW(gradgradcheck(unary<OffTheTape>, {matrix()}, strict), GradCheckError);
  BOOST_TEST(!grad_enabled());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
