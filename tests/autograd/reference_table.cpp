#include <cmath>

#include "../table.h"
#include "reference.h"

namespace descent::testing {
namespace {

/// −0 and 0 are the same in gradients, but not in a result: unless it is one of several equals, chosen.
bool chooses(const std::string& name) {
  return name.starts_with("max") || name.starts_with("min") || name.starts_with("relu");
}
bool same_zero_signs(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == 0 && y[i] == 0 && std::signbit(x[i]) != std::signbit(y[i])) return false;
  }
  return true;
}

void check_case(const StateDict& table, const std::string& name, const Call& call, double tolerance) {
  List in;
  for (int i = 0; table.contains(name + "/in" + std::to_string(i)); ++i) {
    in.push_back(table.at(name + "/in" + std::to_string(i)).clone());
    if (in.back().is_floating_point()) in.back().requires_grad_();
  }
  const Tensor out = call(in), expected = table.at(name + "/out");
  BOOST_TEST((out.shape() == expected.shape()), "shape " << out.shape() << " instead of " << expected.shape());
  const double error = max_relative_error(out.detach(), expected);
  BOOST_TEST(error <= tolerance, "the value is off by " << error << ":\n" << out.detach() << "\n" << expected);
  BOOST_TEST((chooses(name) || same_zero_signs(out.detach(), expected)), "the sign of a zero is lost");
  if (!table.contains(name + "/v")) {
    BOOST_TEST(!out.requires_grad());
    return;
  }
  List leaves;
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i].requires_grad()) leaves.push_back(in[i]), numbers.push_back(i);
  }
  const List gradients = autograd::grad({out}, leaves, {.grad_outputs = {table.at(name + "/v")}, .allow_unused = true});
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    const std::string key = name + "/grad" + std::to_string(numbers[k]);
    if (!table.contains(key)) continue;
    const double off = max_relative_error(gradients[k], table.at(key));
    BOOST_TEST(off <= tolerance, "the gradient of input " << numbers[k] << " is off by " << off << ":\n"
                                                          << gradients[k] << "\n"
                                                          << table.at(key));
  }
}

}  // namespace

void check_table(const std::string& path, const std::function<Call(const std::string&)>& call_for, double tolerance) {
  const StateDict table = read_table(path);
  int cases = 0;
  for (const auto& [key, value] : table) {
    if (!key.ends_with("/out")) continue;
    const std::string name = key.substr(0, key.size() - 4);
    BOOST_TEST_CONTEXT(name) check_case(table, name, call_for(name), tolerance);
    ++cases;
  }
  BOOST_TEST(cases >= 3);
}

}  // namespace descent::testing
