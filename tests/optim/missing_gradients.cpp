// Steps in which some or all parameters have no gradient.
#include <cmath>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(a_step_without_gradients_changes_no_state) {
  for (const std::string& name : o::optimizer_names()) {
    const std::vector<Tensor> p = {leaf({1, 2, 3}),
                                   random_tensor({3, 3}, 3, {.dtype = float64, .requires_grad = true})};
    const auto opt = o::create(name, p);
    if (opt->needs_closure() || name == "SparseAdam") continue;
    for (int t = 0; t < 4; ++t) {
      for (Tensor q : p) q.set_grad(some_gradient(q, t));
      opt->step();
    }
    opt->zero_grad();
    const std::vector<Tensor> values = {p[0].detach().clone(), p[1].detach().clone()};
    const StateDict before = opt->state_dict();
    opt->step();
    const StateDict after = opt->state_dict();
    BOOST_TEST(after.size() == before.size(), name);
    for (const auto& [key, value] : before) BOOST_TEST(same_bits(after.at(key), value), name + " " + key);
    for (std::size_t i = 0; i < p.size(); ++i) BOOST_TEST(same_bits(p[i].detach(), values[i]), name);
  }
}

// r̄ is the distance of all parameters from where they began, also of those that rest in this step.
BOOST_AUTO_TEST_CASE(dog_measures_parameters_that_rest) {
  Tensor a = leaf({0}), b = leaf({0});
  o::DoG opt({a, b}, {.reps_rel = 1, .eps = 0});
  a.set_grad(tensor({-3.0}, {.dtype = float64}));
  b.set_grad(tensor({-4.0}, {.dtype = float64}));
  opt.step();  // by 1·g/5
  BOOST_TEST(std::abs(a.detach().item<double>() - 0.6) < 1e-15);
  opt.step();  // by 1·g/√50
  b.zero_grad();
  opt.step();  // r̄ = 1 + 5/√50 > 1
  const StateDict state = opt.state_dict();
  BOOST_TEST(std::abs(state.at("param_groups.0.rbar").item<double>() - (1 + 5 / std::sqrt(50.0))) < 1e-15);
}

BOOST_AUTO_TEST_SUITE_END()
