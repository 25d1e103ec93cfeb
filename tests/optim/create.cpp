// Optimizers by name, options by word, averages that vanish.
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(created_by_name) {
  const Tensor p = leaf({1, 2});
  for (const std::string& name : o::optimizer_names()) {
    const auto opt = o::create(name, {p}, {{"lr", 0.25}});
    BOOST_TEST(opt->name() == name);
    BOOST_TEST(opt->param_groups()[0].lr() == 0.25);
    opt->param_groups()[0].set_lr(0);  // where schedules end
  }
  const auto adam = o::create("adam", {p}, {{"betas", {0.5, 0.75}}, {"amsgrad", true}, {"eps_mode", "inside"}});
  const auto& options = adam->param_groups()[0].options<o::AdamOptions>();
  BOOST_TEST((options.betas == std::pair{0.5, 0.75} && options.amsgrad && options.eps_mode == "inside"));
  BOOST_TEST(options.lr == 1e-3);
  const auto lbfgs = o::create("LBFGS", {p}, {{"max_eval", 7}, {"line_search_fn", "strong_wolfe"}});
  BOOST_TEST((lbfgs->param_groups()[0].options<o::LBFGSOptions>().max_eval == 7));

  const auto refuse = [&](const char* name, const std::vector<o::NamedOption>& given, const char* part) {
    require_throws<std::invalid_argument>([&] { o::create(name, {p}, given); }, part);
  };
  refuse("adman", {}, "create: there is no optimizer named 'adman'; there are SGD, ASGD, Adagrad");
  refuse("lion", {{"rate", 1}}, "Lion: has no option named rate; it has lr, betas, weight_decay, maximize");
  refuse("lion", {{"lr", -1}}, "Lion: lr must be finite and at least 0, got -1");
  refuse("lion", {{"betas", 0.5}}, "Lion: betas must be 2 numbers, got 1");
  refuse("adam", {{"eps_mode", "under"}}, "Adam: eps_mode must be one of 'outside', 'inside', got 'under'");
  refuse("adam", {{"eps_mode", 2}}, "Adam: eps_mode must be one of");
  refuse("lbfgs", {{"max_iter", 2.5}}, "LBFGS: max_iter must be an integer, got 2.5");
  refuse("lbfgs", {{"max_eval", 1e300}}, "LBFGS: max_eval must be an integer, got 1e+300");
  refuse("adam", {{"amsgrad", 0.5}}, "Adam: amsgrad must be false or true, 0 or 1, got 0.5");
  refuse("adam", {{"lr", "fast"}}, "Adam: lr must be a number, got 'fast'");
  refuse("lbfgs", {{"max_eval", 2.5}}, "LBFGS: max_eval must be an integer, got 2.5");
  refuse("sgd", {{"nesterov", true}}, "nesterov must come with momentum");
  require_throws<std::invalid_argument>([] { o::create("sgd", {}); }, "the list of parameters must not be empty");
}

BOOST_AUTO_TEST_CASE(wrong_options_of_the_others) {
  const std::vector<Tensor> p = {leaf({1})};
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([&] { o::Rprop(p, {.etas = {1.0, 1.2}}); }, "Rprop: etas must satisfy");
  refuse([&] { o::Rprop(p, {.etas = {0.5, 1.0}}); }, "Rprop: etas must satisfy");
  refuse([&] { o::Rprop(p, {.step_sizes = {2, 1}}); }, "Rprop: step_sizes must be in order");
  refuse([&] { o::Adadelta(p, {.rho = 1}); }, "Adadelta: rho");
  refuse([&] { o::ASGD(p, {.lambd = -1}); }, "ASGD: lambd");
  refuse([&] { o::NAdam(p, {.momentum_decay = -1}); }, "NAdam: momentum_decay");
  refuse([&] { o::QHAdam(p, {.nus = {0.5, 1.5}}); }, "QHAdam: nus[1] must lie in [0, 1], got 1.5");
  refuse([&] { o::AdEMAMix(p, {.beta3 = 1}); }, "AdEMAMix: beta3");
  refuse([&] { o::SGD(p, {.momentum_form = "polyak"}); }, "momentum_form must be one of 'pytorch', 'heavy_ball'");
  refuse([&] { o::Yogi(p, {.eps_mode = ""}); }, "Yogi: eps_mode must be one of");
  refuse([&] { o::AdaBelief(p, {.bias_correction = false, .rectify = true}); },
         "rectify must come with bias_correction");
  refuse([&] { o::LAMB(p, {.clamp_value = -1}); }, "LAMB: clamp_value");
  refuse([&] { o::Adafactor(p, {.eps = {0, 1e-3}}); }, "Adafactor: eps[0] must be finite and above 0, got 0");
  refuse([&] { o::Adafactor(p, {.beta2_decay = 0.1}); }, "Adafactor: beta2_decay must be at most 0, got 0.1");
  refuse([&] { o::Adafactor(p, {.relative_step = false, .warmup_init = true}); }, "must come with relative_step");
}

BOOST_AUTO_TEST_CASE(words_are_saved) {
  const Tensor p = leaf({1, 2});
  o::Adam a({p}, {.eps_mode = "inside"}), b({p}, {});
  b.load_state_dict(a.state_dict());
  BOOST_TEST(b.param_groups()[0].options<o::AdamOptions>().eps_mode == "inside");
  StateDict bad = a.state_dict();
  bad["param_groups.0.eps_mode"] = tensor(7.0);
  require_throws<std::invalid_argument>([&] { b.load_state_dict(bad); }, "eps_mode must be one of");
}

BOOST_AUTO_TEST_CASE(numbers_per_tensor_are_saved) {
  Tensor p = leaf({3, 4});
  o::NovoGrad opt({p}, {});
  p.set_grad(from_vector(std::vector<double>{3, 4}));
  opt.step();
  StateDict state = opt.state_dict();
  BOOST_TEST(state.at("state.0.exp_avg_sq").item<double>() == 25);
  BOOST_TEST(opt.state_bytes() == 2 * 8 + 8);
  state["state.0.exp_avg_sq"] = zeros({2});
  require_throws<Error>([&] { opt.load_state_dict(state); }, "'state.0.exp_avg_sq' must have the shape [], got [2]");
}

// Averages of a gradient that is zero from some step on must reach 0, not stay denormal.
BOOST_AUTO_TEST_CASE(averages_do_not_become_denormal) {
  for (const OptimizerCase& c : optimizer_cases()) {
    if (c.name.starts_with("asgd") || c.name.starts_with("rprop")) continue;  // their state is no average
    Tensor p = random_tensor({50}, 1, {.dtype = float32, .requires_grad = true});
    const auto opt = c.make({p}, 0);  // p stays, so that decay does not end in denormals either
    p.set_grad(random_tensor({50}, 2, {.low = 1e-38, .high = 4e-38, .dtype = float32}));
    for (int t = 0; t < 40; ++t) opt->step();
    for (const auto& [key, value] : opt->state_dict()) {
      if (!key.starts_with("state.") || value.dtype() != float32) continue;
      for (const float x : value.to_vector<float>()) {
        BOOST_TEST_REQUIRE((x == 0 || std::abs(x) >= std::numeric_limits<float>::min()),
                           c.name << " " << key << " " << x);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_zeros_move_nothing) {
  for (const DType dtype : {float32, float64}) {
    for (const OptimizerCase& c : optimizer_cases()) {
      Tensor p = zeros({3, 2}, {.dtype = dtype, .requires_grad = true});
      const auto opt = c.make({p}, 1);
      p.set_grad(zeros_like(p));
      for (int t = 0; t < 3; ++t) opt->step();
      BOOST_TEST(p.detach().abs().sum().item<double>() == 0, c.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(sparsity_counts_zeros) {
  BOOST_TEST(o::sparsity({leaf({0, 1, -0.0, 2}), leaf({0, 1e-300, 3, 4})}) == 0.375);
  BOOST_TEST(o::sparsity({}) == 0);
  require_throws<std::invalid_argument>([] { o::sparsity({Tensor()}); }, "sparsity: parameter 0 must be defined");
}

BOOST_AUTO_TEST_SUITE_END()
