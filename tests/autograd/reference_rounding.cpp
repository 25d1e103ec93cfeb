// Rounding and remainders against PyTorch's (tests/reference/special.py).
#include <limits>

#include "reference.h"

namespace descent::testing {
namespace {

Call call_for(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string op = name.substr(0, slash), variant = slash == std::string::npos ? "" : name.substr(slash + 1);
  const auto number = [&] { return std::stod(variant); };
  if (op == "floor") return [](const List& in) { return floor(in[0]); };
  if (op == "ceil") return [](const List& in) { return ceil(in[0]); };
  if (op == "trunc") return [](const List& in) { return trunc(in[0]); };
  if (op == "frac") return [](const List& in) { return frac(in[0]); };
  if (op == "round") {
    const std::int64_t n = variant.empty() ? 0 : std::stoll(variant);
    return [n](const List& in) { return round(in[0], {.decimals = n}); };
  }
  if (op == "remainder") return [](const List& in) { return in[0] % in[1]; };
  if (op == "fmod") return [](const List& in) { return fmod(in[0], in[1]); };
  if (op == "floor_divide") return [](const List& in) { return floor_divide(in[0], in[1]); };
  if (op == "remainder_number") return [c = number()](const List& in) { return in[0] % c; };
  if (op == "fmod_number") return [c = number()](const List& in) { return fmod(in[0], c); };
  if (op == "remainder_integer") return [c = std::stoll(variant)](const List& in) { return in[0] % c; };
  if (op == "fmod_integer") return [c = std::stoll(variant)](const List& in) { return fmod(in[0], c); };
  if (op == "number_remainder") return [c = number()](const List& in) { return c % in[0]; };
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_rounding)

BOOST_AUTO_TEST_CASE(table) { check_table("ops/rounding.txt", call_for); }

BOOST_AUTO_TEST_CASE(integers_stay) {
  for (const DType dtype : {int64, uint8}) {
    const Tensor a = full({2}, 7, {.dtype = dtype});
    for (const Tensor& same : {floor(a), ceil(a), round(a), trunc(a), a % 8, fmod(a, 8)}) {
      BOOST_TEST(equal(same, a));
      BOOST_TEST((same.dtype() == dtype));
    }
    BOOST_TEST((a % 2.5)[0].item<float>() == 2);
  }
  const Tensor smallest = full({1}, std::numeric_limits<std::int64_t>::min(), {.dtype = int64});
  BOOST_TEST((smallest % -1).item<std::int64_t>() == 0);
  BOOST_TEST(floor_divide(smallest, -1).item<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
}

BOOST_AUTO_TEST_CASE(no_division_of_nothing_fails) {
  BOOST_TEST((ones({0}, {.dtype = int64}) % zeros({1}, {.dtype = int64})).numel() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
