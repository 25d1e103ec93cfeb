// Ops on masks against PyTorch's (tests/reference/masks.py).
#include <cmath>

#include "reference.h"

namespace descent::testing {
namespace {

Call call_for(const std::string& name) {
  const std::string op = name.substr(0, name.find('/'));
  const auto mask = [](const List& in) { return in[1].to(boolean); };
  if (name == "masked_fill/nan") return [=](const List& in) { return masked_fill(in[0], mask(in), std::nan("")); };
  if (name == "masked_fill/tensor") return [=](const List& in) { return masked_fill(in[0], mask(in), in[2]); };
  if (op == "masked_fill") return [=](const List& in) { return masked_fill(in[0], mask(in), 2.5); };
  if (op == "masked_select") return [=](const List& in) { return masked_select(in[0], mask(in)); };
  if (op == "masked_scatter") return [=](const List& in) { return masked_scatter(in[0], mask(in), in[2]); };
  if (op == "nonzero") return [](const List& in) { return nonzero(in[0]); };
  if (op == "where_columns") return [](const List& in) { return stack(where(in[0])); };
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_masks)

BOOST_AUTO_TEST_CASE(masks) { check_table("ops/masks.txt", call_for); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
