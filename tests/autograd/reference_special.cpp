// Exponentials, logarithms, trigonometry and special functions against PyTorch's (tests/reference/special.py).
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Call call_for(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string op = name.substr(0, slash);
  using Unary = Tensor (*)(const Tensor&);
  static const std::map<std::string, Unary> unary = {{"exp2", exp2},
                                                     {"expm1", expm1},
                                                     {"log2", log2},
                                                     {"log10", log10},
                                                     {"log1p", log1p},
                                                     {"rsqrt", rsqrt},
                                                     {"reciprocal", reciprocal},
                                                     {"tan", tan},
                                                     {"asin", asin},
                                                     {"acos", acos},
                                                     {"atan", atan},
                                                     {"sinh", sinh},
                                                     {"cosh", cosh},
                                                     {"asinh", asinh},
                                                     {"acosh", acosh},
                                                     {"atanh", atanh},
                                                     {"erf", erf},
                                                     {"erfc", erfc},
                                                     {"lgamma", lgamma},
                                                     {"digamma", digamma},
                                                     {"logsigmoid", logsigmoid}};
  if (const auto found = unary.find(op); found != unary.end()) {
    return [f = found->second](const List& in) { return f(in[0]); };
  }
  if (op == "polygamma") {
    return [n = std::stoll(name.substr(slash + 1))](const List& in) { return polygamma(n, in[0]); };
  }
  if (name == "atan2/edges") return [](const List& in) { return atan2(in[0], in[1]).detach(); };
  if (name == "hypot/edges") return [](const List& in) { return hypot(in[0], in[1]).detach(); };
  if (op == "atan2") return [](const List& in) { return atan2(in[0], in[1]); };
  if (op == "hypot") return [](const List& in) { return hypot(in[0], in[1]); };
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_special)

BOOST_AUTO_TEST_CASE(table) { check_table("ops/special.txt", call_for); }

BOOST_AUTO_TEST_CASE(integers_become_float32) {
  const Tensor whole = full({2}, 2, {.dtype = int64});
  for (const Tensor& result : {exp2(whole), erf(whole), lgamma(whole), polygamma(2, whole), atan2(whole, whole)}) {
    BOOST_TEST((result.dtype() == float32));
  }
  BOOST_TEST(exp2(full({1}, true, {.dtype = boolean})).item<float>() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
