// Element tests, logic and mixed pointwise ops against PyTorch's (tests/reference/logic.py).
#include <cmath>
#include <limits>
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Call one(std::function<Tensor(const Tensor&)> f) {
  return [f](const List& in) { return f(in[0]); };
}
Call two(std::function<Tensor(const Tensor&, const Tensor&)> f) {
  return [f](const List& in) { return f(in[0], in[1]); };
}

std::map<std::string, Call> calls() {
  return {
      {"isnan", one(isnan)},
      {"isinf", one(isinf)},
      {"isfinite", one(isfinite)},
      {"isposinf", one(isposinf)},
      {"isneginf", one(isneginf)},
      {"logical_not", one(logical_not)},
      {"logical_and", two(logical_and)},
      {"logical_or", two(logical_or)},
      {"logical_xor", two(logical_xor)},
      {"isclose", two([](const Tensor& a, const Tensor& b) { return isclose(a, b); })},
      {"isclose/nan", two([](const Tensor& a, const Tensor& b) { return isclose(a, b, {.equal_nan = true}); })},
      {"isclose/wide", two([](const Tensor& a, const Tensor& b) { return a.isclose(b, {.rtol = 0.5, .atol = 1}); })},
      {"nan_to_num", one([](const Tensor& a) { return a.nan_to_num(); })},
      {"nan_to_num/given",
       one([](const Tensor& a) { return a.nan_to_num({.nan = 1.5, .posinf = 2.5, .neginf = -3.5}); })},
      {"lerp", [](const List& in) { return in[0].lerp(in[1], in[2]); }},
      {"lerp/0.3", two([](const Tensor& a, const Tensor& b) { return lerp(a, b, 0.3); })},
      {"lerp/0.75", two([](const Tensor& a, const Tensor& b) { return a.lerp(b, 0.75); })},
      {"addcmul", [](const List& in) { return in[0].addcmul(in[1], in[2]); }},
      {"addcmul/-0.5", [](const List& in) { return in[0].addcmul(in[1], in[2], {.value = -0.5}); }},
      {"addcdiv", [](const List& in) { return in[0].addcdiv(in[1], in[2]); }},
      {"addcdiv/-0.5", [](const List& in) { return in[0].addcdiv(in[1], in[2], {.value = -0.5}); }},
      {"clamp/both", [](const List& in) { return in[0].clamp(in[1], in[2]); }},
      {"clamp/broadcast", [](const List& in) { return clamp(in[0], in[1], in[2]); }},
      {"clamp/min", two([](const Tensor& a, const Tensor& b) { return clamp(a, b); })},
      {"clamp/max", two([](const Tensor& a, const Tensor& b) { return clamp(a, Tensor(), b); })},
      {"clamp_min", two([](const Tensor& a, const Tensor& b) { return a.clamp_min(b); })},
      {"clamp_max", two([](const Tensor& a, const Tensor& b) { return a.clamp_max(b); })},
  };
}

Call call_for(const std::string& name) {
  static const std::map<std::string, Call> known = calls();
  auto found = known.find(name);
  if (found == known.end()) found = known.find(name.substr(0, name.find('/')));  // only the inputs differ
  if (found == known.end()) BOOST_FAIL("no op for the reference case " << name);
  return found->second;
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_logic)

BOOST_AUTO_TEST_CASE(table) { check_table("ops/logic.txt", call_for); }

BOOST_AUTO_TEST_CASE(types_of_results) {
  const Tensor whole = tensor({-3, 0, 5}), flags = whole == 0;
  BOOST_TEST(isnan(whole).dtype() == boolean);
  BOOST_TEST(isfinite(flags).min().item<bool>());
  BOOST_TEST((addcmul(whole, whole, whole, {.value = 2}).to_vector<int64_t>() == std::vector<int64_t>{15, 0, 55}));
  BOOST_TEST((clamp(whole, tensor({-1, 1, 9}), tensor(4)).to_vector<int64_t>() == std::vector<int64_t>{-1, 1, 4}));
  BOOST_TEST((clamp_min(whole, 1).to_vector<int64_t>() == std::vector<int64_t>{1, 1, 5}));
  BOOST_TEST(addcmul(whole, whole, tensor(0.5)).dtype() == float32);
  BOOST_TEST(addcmul(whole, tensor(2), tensor({0.5, 1.0, 2.0})).dtype() == float32);
  BOOST_TEST(lerp(zeros({2}), tensor(1.0).to(float64), 0.5).dtype() == float32);
  BOOST_TEST(equal(nan_to_num(whole), whole));
  BOOST_TEST(nan_to_num(full({}, INFINITY)).item<float>() == std::numeric_limits<float>::max());
  BOOST_TEST((logical_xor(whole, flags).to_vector<bool>() == std::vector<bool>{true, true, true}));
}

// Integers beyond float32's digits still differ.
BOOST_AUTO_TEST_CASE(isclose_of_integers) {
  const Tensor a = tensor({1 << 30}), b = a + 1;
  BOOST_TEST(!isclose(a, b, {.rtol = 0, .atol = 0}).item<bool>());
  BOOST_TEST(isclose(a, b, {.rtol = 0, .atol = 1}).item<bool>());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
