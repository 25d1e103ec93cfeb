// What all optimizers share: groups, gradients that are missing or odd, wrong input.
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(a_step_leaves_gradient_mode_and_graph_alone) {
  for (const OptimizerCase& c : optimizer_cases()) {
    for (const bool recording : {true, false}) {
      Tensor p = leaf({1, 2, 3});
      const auto opt = c.make({p}, 1);
      const Tensor gradient = some_gradient(p, 0);
      const std::string before = bytes_of(gradient), start = bytes_of(p);
      p.set_grad(gradient);
      const GradModeGuard mode(recording);
      opt->step();
      opt->step();  // ADOPT only looks in the first
      BOOST_TEST(bytes_of(gradient) == before, c.name);
      BOOST_TEST(bytes_of(p) != start, c.name);
      BOOST_TEST((p.is_leaf() && p.requires_grad()));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_step_counts_as_a_write) {
  Tensor p = leaf({1, 2});
  o::SGD opt({p}, {.lr = 0.1});
  const Tensor loss = p.square().sum();  // saves p
  p.set_grad(ones_like(p));
  opt.step();
  BOOST_CHECK_THROW(loss.backward(), AutogradError);
}

BOOST_AUTO_TEST_CASE(parameters_without_gradient_are_skipped) {
  for (const OptimizerCase& c : optimizer_cases()) {
    Tensor used = leaf({1, 2}), idle = leaf({3, 4}), late = leaf({5, 6});
    const Tensor frozen = from_vector(std::vector<double>{7, 8});
    const auto opt = c.make({idle, used, frozen, late}, 1);
    const std::string before = bytes_of(idle), frozen_before = bytes_of(frozen);
    for (int t = 0; t < 3; ++t) {
      used.set_grad(some_gradient(used, t));
      if (t == 2) late.set_grad(some_gradient(late, t));
      opt->step();
    }
    BOOST_TEST(bytes_of(idle) == before, c.name);
    BOOST_TEST(bytes_of(frozen) == frozen_before, c.name);
    const StateDict state = opt->state_dict();
    BOOST_TEST(!state.contains("state.0.step"));
    BOOST_TEST(state.at("state.1.step").item<double>() == 3);
    BOOST_TEST(!state.contains("state.2.step"));
    BOOST_TEST(state.at("state.3.step").item<double>() == 1);

    // The count is each parameter's own: a late one starts as a fresh optimizer would.
    Tensor alone = leaf({5, 6});
    const auto fresh = c.make({alone}, 1);
    alone.set_grad(some_gradient(alone, 2));
    fresh->step();
    BOOST_TEST(same_bits(alone.detach(), late.detach()), c.name);
  }
}

BOOST_AUTO_TEST_CASE(groups_inherit_the_defaults) {
  Tensor body = leaf({1, 2}), head = leaf({3}), extra = leaf({4});
  o::AdamW opt({{.params = {body}}, {.params = {head}, .change = [](o::AdamWOptions& x) { x.lr = 1e-4; }}},
               {.lr = 1e-3, .eps = 1e-6});
  opt.add_param_group({.params = {extra}, .change = [](o::AdamWOptions& x) { x.betas = {0.5, 0.6}; }});
  auto& groups = opt.param_groups();
  BOOST_TEST(groups.size() == 3u);
  BOOST_TEST(groups[0].lr() == 1e-3);
  BOOST_TEST(groups[1].lr() == 1e-4);
  BOOST_TEST(groups[1].get("eps") == 1e-6);
  BOOST_TEST(groups[2].lr() == 1e-3);
  BOOST_TEST(groups[0].momentum() == 0.9);
  BOOST_TEST(groups[2].momentum() == 0.5);
  BOOST_TEST(groups[1].params.size() == 1u);
  groups[1].set_lr(0.5);
  groups[1].set_momentum(0.8);
  BOOST_TEST(opt.state_dict().at("param_groups.1.lr").item<double>() == 0.5);
  BOOST_TEST(opt.state_dict().at("param_groups.1.betas").to_vector<double>() == (std::vector<double>{0.8, 0.999}),
             boost::test_tools::per_element());
  BOOST_TEST(groups[0].lr() == 1e-3);

  // Each group moves at its own rate: AdamW's first step is lr·sign(g) without decay.
  Tensor slow = leaf({1}), fast = leaf({1});
  o::AdamW two({{.params = {slow}}, {.params = {fast}, .change = [](o::AdamWOptions& x) { x.lr = 0.1; }}},
               {.lr = 0.01, .eps = 0, .weight_decay = 0});
  slow.set_grad(ones_like(slow));
  fast.set_grad(ones_like(fast));
  two.step();
  BOOST_TEST(std::abs(slow.detach().item<double>() - 0.99) < 1e-15);
  BOOST_TEST(std::abs(fast.detach().item<double>() - 0.9) < 1e-15);
}

BOOST_AUTO_TEST_CASE(options_can_be_assigned) {
  o::AdamOptions options;
  options.lr = 0.25;
  const o::Adam opt({leaf({1})}, options);
  BOOST_TEST(opt.param_groups()[0].lr() == 0.25);
  BOOST_TEST(opt.param_groups()[0].options<o::AdamOptions>().betas.second == 0.999);
  o::SGD sgd({leaf({1})}, {.lr = 0.1, .momentum = 0.9});
  BOOST_TEST(sgd.param_groups()[0].momentum() == 0.9);
  o::Adagrad adagrad({leaf({1})});
  BOOST_TEST(!adagrad.param_groups()[0].has_momentum());
  require_throws<std::invalid_argument>([&] { adagrad.param_groups()[0].momentum(); }, "Adagrad: has neither momentum");
}

BOOST_AUTO_TEST_CASE(wrong_parameters) {
  const Tensor p = leaf({1, 2}), q = leaf({3});
  require_throws<std::invalid_argument>([] { o::Adam(std::vector<Tensor>{}, {}); }, "Adam: the list of parameters");
  require_throws<std::invalid_argument>([] { o::Adam(std::vector<o::Group<o::AdamOptions>>{}); }, "must not be empty");
  require_throws<std::invalid_argument>(
      [&] {
        o::SGD({p, Tensor()}, {.lr = 0.1});
      },
      "SGD: parameter 1 must be defined");
  require_throws<std::invalid_argument>([&] { o::SGD({p, q, p}, {.lr = 0.1}); }, "got parameter 2 of shape [2] again");
  require_throws<std::invalid_argument>(
      [&] {
        o::SGD({{.params = {p}}, {.params = {q, p}}}, {.lr = 0.1});
      },
      "got parameter 1 of shape [2] again");
  require_throws<std::invalid_argument>([&] { o::RMSprop({p * 2.0}); }, "must be a leaf");
  o::SGD opt({p}, {.lr = 0.1});
  require_throws<std::invalid_argument>([&] { opt.add_param_group({.params = {p}}); }, "must be given once");
  BOOST_TEST(opt.param_groups().size() == 1u);
  opt.param_groups()[0].params.push_back(q);
  require_throws<Error>([&] { opt.step(); }, "use add_param_group");
}

BOOST_AUTO_TEST_CASE(wrong_options) {
  const std::vector<Tensor> p = {leaf({1})};
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([&] { o::Adam(p, {.lr = -1}); }, "Adam: lr must be finite and at least 0, got -1");
  refuse([&] { o::Adam(p, {.lr = nan}); }, "Adam: lr must be finite and at least 0, got nan");
  refuse([&] { o::Adam(p, {.lr = inf}); }, "lr must");
  refuse([&] { o::Adam(p, {.betas = {1.0, 0.9}}); }, "Adam: betas[0] must lie in [0, 1), got 1");
  refuse([&] { o::AdamW(p, {.betas = {0.9, -0.1}}); }, "AdamW: betas[1] must lie in [0, 1), got -0.1");
  refuse([&] { o::AdamW(p, {.eps = -1e-8}); }, "AdamW: eps");
  refuse([&] { o::AdamW(p, {.weight_decay = nan}); }, "AdamW: weight_decay");
  refuse([&] { o::SGD(p, {.momentum = -0.1}); }, "SGD: momentum");
  refuse([&] { o::SGD(p, {.dampening = inf}); }, "SGD: dampening must be finite");
  refuse([&] { o::SGD(p, {.l1 = -1}); }, "SGD: l1");
  refuse([&] { o::SGD(p, {.nesterov = true}); }, "nesterov must come with momentum");
  refuse([&] { o::SGD(p, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); }, "dampening 0, got 0.9 and 0.1");
  refuse([&] { o::RMSprop(p, {.alpha = 1}); }, "RMSprop: alpha");
  refuse([&] { o::Adagrad(p, {.lr_decay = -1}); }, "Adagrad: lr_decay");
  refuse([&] { o::Adagrad(p, {.initial_accumulator_value = -1}); }, "initial_accumulator_value");
  o::Adam opt(p, {});
  refuse([&] { opt.param_groups()[0].set_lr(-1); }, "Adam: lr");
  refuse([&] { opt.param_groups()[0].set_momentum(1); }, "Adam: betas");
  refuse([&] { opt.param_groups()[0].set("beta", 1); }, "no option named beta");
  refuse([&] { opt.add_param_group({.params = {leaf({2})}, .change = [](o::AdamOptions& x) { x.lr = -2; }}); },
         "got -2");
  BOOST_TEST(opt.param_groups()[0].lr() == 1e-3);
  BOOST_TEST(opt.param_groups().size() == 1u);
}

BOOST_AUTO_TEST_CASE(closure_runs_with_recording_on) {
  const Tensor p = leaf({2.0});
  o::SGD opt({p}, {.lr = 0.25});
  const NoGradGuard no_grad;
  const Tensor loss = opt.step([&] {
    opt.zero_grad();
    Tensor l = p.square().sum();
    l.backward();
    return l;
  });
  BOOST_TEST(loss.item<double>() == 4);
  BOOST_TEST(p.item<double>() == 1);
  BOOST_CHECK_THROW(opt.step([&]() -> Tensor { throw std::runtime_error("no loss today"); }), std::runtime_error);
  BOOST_TEST(p.item<double>() == 1);
  BOOST_TEST(!autograd::grad_enabled());
}

BOOST_AUTO_TEST_CASE(zero_grad_drops_or_fills) {
  Tensor p = leaf({1, 2}), q = leaf({3});
  o::SGD opt({p, q}, {.lr = 0.1});
  p.set_grad(ones_like(p));
  opt.zero_grad(false);
  BOOST_TEST(max_relative_error(p.grad(), {0, 0}) == 0);
  BOOST_TEST(!q.grad().defined());
  opt.zero_grad();
  BOOST_TEST(!p.grad().defined());
}

BOOST_AUTO_TEST_CASE(a_parameter_that_changed_its_type_is_an_error) {
  Tensor p = leaf({1, 2}), first = leaf({3});
  o::Adam opt({first, p}, {});
  p.set_grad(ones_like(p));
  opt.step();
  p.zero_grad();
  p.set_data(p.detach().to(float32));
  p.set_grad(ones_like(p));
  first.set_grad(ones_like(first));
  require_throws<DTypeError>([&] { opt.step(); }, "Adam: state exp_avg of parameter 1 of shape [2] is float64");
  BOOST_TEST(first.detach().item<double>() == 3);  // nothing has changed
  BOOST_TEST(!opt.state_dict().contains("state.0.step"));
}

BOOST_AUTO_TEST_CASE(clipping_inside_the_step_equals_clipping_before_it) {
  for (const OptimizerCase& c : optimizer_cases()) {
    Tensor a = leaf({1, 2, 3}), b = leaf({-1, 4}), x = leaf({1, 2, 3}), y = leaf({-1, 4});
    const auto inside = c.make({a, b}, 1), before = c.make({x, y}, 1);
    inside->set_clip_norm(0.5);
    for (int t = 0; t < 5; ++t) {
      for (Tensor* p : {&a, &b, &x, &y}) p->set_grad(some_gradient(*p, t) * 4.0);
      const std::string gradient = bytes_of(a.grad());
      inside->step();
      BOOST_TEST(bytes_of(a.grad()) == gradient);
      const double norm = o::clip_grad_norm_({x, y}, 0.5);
      BOOST_TEST(norm > 0.5);
      BOOST_TEST(inside->grad_norm() == norm);
      before->step();
      BOOST_TEST(max_relative_error(a.detach(), x.detach()) <= 1e-13, c.name);
      BOOST_TEST(max_relative_error(b.detach(), y.detach()) <= 1e-13, c.name);
    }
    a.set_grad(full_like(a, std::numeric_limits<double>::infinity()));
    const std::string value = bytes_of(a);
    require_throws<Error>([&] { inside->step(); }, "must be finite");
    BOOST_TEST(bytes_of(a) == value);
  }
}

// Per parameter, per row (AGC) and per element, alone, together, and with a norm over all on top.
BOOST_AUTO_TEST_CASE(clipping_by_parameter_row_and_element_inside_the_step) {
  const auto start = [] {
    const Tensor base = random_tensor({5, 4}, 3, {.dtype = float64});
    return std::vector<Tensor>{random_tensor({4, 3}, 1, {.requires_grad = true}), leaf({1, 2, 3}),
                               random_tensor({2, 3, 2}, 2, {.requires_grad = true}),
                               base.clone().t().detach().requires_grad_(),  // with gaps
                               full(Shape(), 2, {.dtype = float64, .requires_grad = true})};
  };
  for (const OptimizerCase& c : optimizer_cases()) {
    for (const int kind : {1, 2, 3, 5, 8, 13}) {  // bits: AGC, per parameter, all, by value
      const std::vector<Tensor> inside = start(), before = start();
      const auto a = c.make(inside, 1), b = c.make(before, 1);
      if (kind & 1) a->set_clip_agc(0.5, {.eps = 0.1});
      if (kind & 2) a->set_clip_norm(0.7, {.norm_type = 1, .per_parameter = true});
      if (kind & 4) a->set_clip_norm(0.7, {.norm_type = 3});
      if (kind & 8) a->set_clip_value(0.15);
      bool clipped = false;
      for (int t = 0; t < 4; ++t) {
        for (std::size_t i = 0; i < inside.size(); ++i) {
          Tensor g = some_gradient(inside[i], t + static_cast<int>(i));
          if (g.dim() == 2) g = g * random_tensor({g.size(0), 1}, 9);  // rows of unlike length
          if (g.dim() == 3) g = g * random_tensor({g.size(0), 1, 1}, 9);
          Tensor(inside[i]).set_grad(g);
          Tensor(before[i]).set_grad(g.clone());
        }
        const std::string bits = bytes_of(inside[0].grad());
        a->step();
        BOOST_TEST(bytes_of(inside[0].grad()) == bits);
        if (kind & 1) o::clip_grad_agc_(before, 0.5, {.eps = 0.1});
        if (kind & 2) o::clip_grad_norm_(before, 0.7, {.norm_type = 1, .per_parameter = true});
        if (kind & 4) o::clip_grad_norm_(before, 0.7, {.norm_type = 3});
        if (kind & 8) o::clip_grad_value_(before, 0.15);
        clipped = clipped || bytes_of(before[0].grad()) != bits;
        b->step();
        for (std::size_t i = 0; i < inside.size(); ++i) {
          BOOST_TEST(max_relative_error(inside[i].detach(), before[i].detach()) <= 10 * c.tolerance,
                     c.name << " " << kind << " parameter " << i);
        }
      }
      BOOST_TEST(clipped);
    }
  }
}

BOOST_AUTO_TEST_CASE(clipping_by_value_inside_the_step) {
  for (const char* name : {"SGD", "Shampoo"}) {
    Tensor p = leaf({0, 0, 0}), q = zeros({2}, {.dtype = float32, .requires_grad = true});
    const auto opt = o::create(name, {p, q}, {{"lr", 1}});
    opt->set_clip_value(0.5);
    p.set_grad(from_vector(std::vector<double>{3, -4, 0.25}));
    q.set_grad(from_vector(std::vector<float>{7, 0}));
    opt->step();
    if (std::string(name) == "SGD") {
      BOOST_TEST((p.detach().to_vector<double>() == std::vector<double>{-0.5, 0.5, -0.25}));
      BOOST_TEST((q.detach().to_vector<float>() == std::vector<float>{-0.5F, 0}));
    }
    BOOST_TEST(std::abs(opt->clip_factor(p) - 0.75 / std::sqrt(25.0625)) < 1e-15, name);
    opt->set_clip_norm(2.5);
    opt->step();
    const double f = 2.5 / (std::sqrt(25.0625 + 49) + 1e-6);  // after which 0.25·f is the one that is not cut
    BOOST_TEST(std::abs(opt->clip_factor(p) - std::sqrt(0.5 + 0.0625 * f * f) / std::sqrt(25.0625)) < 1e-15, name);

    // The mean of what is gathered is clipped.
    o::GradientAccumulation twice(*opt, {.steps = 2});
    twice.set_clip_norm(std::numeric_limits<double>::infinity());
    twice.set_clip_value(1);
    const Tensor before = p.detach().clone();
    for (int t = 0; t < 2; ++t) twice.step();
    BOOST_TEST(std::abs(opt->clip_factor(p) - std::sqrt(2.015625) / (std::sqrt(25.0625) / 2)) < 1e-15, name);
    if (std::string(name) == "SGD") BOOST_TEST(max_relative_error(before - p.detach(), {1, -1, 0.125}) < 1e-14);
    opt->set_clip_value(std::numeric_limits<double>::infinity());
    opt->step();
    BOOST_TEST(opt->clip_factor(p) == 1);
  }
  o::SGD opt({leaf({1})}, {});
  require_throws<std::invalid_argument>([&] { opt.set_clip_value(-1); }, "SGD: clip_value must be at least 0, got -1");
  o::PolyakSGD polyak({leaf({1})});
  polyak.set_clip_value(1);
  require_throws<Error>([&] { polyak.step([] { return ones({1}); }); }, "PolyakSGD: gradients cannot be clipped");
}

// Neither parameters nor state move, sums over all parameters and averages of them included.
BOOST_AUTO_TEST_CASE(a_step_without_any_gradient_changes_nothing) {
  for (const std::string& name : o::optimizer_names()) {
    Tensor p = leaf({1, -2, 3}), q = random_tensor({3, 2}, 1, {.requires_grad = true});
    const auto opt = o::create(name, {p, q});
    if (opt->needs_closure() || name == "SparseAdam") continue;
    for (int t = 0; t < 4; ++t) {
      p.set_grad(some_gradient(p, t));
      q.set_grad(some_gradient(q, t));
      opt->step();
    }
    opt->zero_grad();
    const std::string bits = bytes_of(p) + bytes_of(q);
    const StateDict before = opt->state_dict();
    opt->step();
    BOOST_TEST(bytes_of(p) + bytes_of(q) == bits, name);
    const StateDict after = opt->state_dict();
    BOOST_TEST(after.size() == before.size(), name);
    for (const auto& [key, value] : before) BOOST_TEST(same_bits(after.at(key), value), name << " " << key);
  }
}

BOOST_AUTO_TEST_CASE(stepping_twice_on_one_gradient_can_be_an_error) {
  Tensor p = leaf({1, 2}), q = leaf({3});
  o::SGD opt({p, q}, {.lr = 0.1});
  const auto backward = [&] { (p.square().sum() + q.sum()).backward(); };
  backward();
  opt.step();
  opt.step();  // allowed
  opt.set_error_if_gradient_reused(true);
  opt.step();
  const std::string before = bytes_of(p);
  require_throws<Error>([&] { opt.step(); }, "SGD: the gradient of parameter 0 of shape [2] must be a new one");
  BOOST_TEST(bytes_of(p) == before);
  backward();  // accumulates
  opt.step();
  opt.zero_grad();
  opt.step();  // there is none
  p.square().sum().backward();
  opt.step();
  opt.zero_grad(false);  // zeros count as new
  opt.step();
  backward();
  opt.step();
  Tensor(p.grad()).mul_(0.5);  // written by hand; q's is the old one
  require_throws<Error>([&] { opt.step(); }, "parameter 1 of shape [1]");
  opt.zero_grad();
  const auto evaluate = [&] {
    opt.zero_grad();
    Tensor loss = p.square().sum();
    loss.backward();
    return loss;
  };
  for (int t = 0; t < 3; ++t) opt.step(evaluate);
  require_throws<Error>([&] { opt.step(); }, "parameter 0 of shape [2]");  // that of the closure
  opt.step(evaluate);
  {
    // Memory that is handed out again is no old gradient.
    for (int t = 0; t < 3; ++t) {
      opt.zero_grad();
      backward();
      opt.step();
    }
  }
  // A wrapper that puts other gradients in place, and one that steps rarely.
  o::GradientCentralization centered(opt);
  opt.zero_grad();
  backward();
  centered.step();
  require_throws<Error>([&] { centered.step(); }, "GradientCentralization: the gradient of parameter 0");
  o::GradientAccumulation twice(opt, {.steps = 2});
  opt.zero_grad();
  for (int t = 0; t < 4; ++t) {
    twice.zero_grad();
    backward();
    twice.step();
  }
  require_throws<Error>([&] { twice.step(); }, "GradientAccumulation: the gradient");
  centered.set_error_if_gradient_reused(false);
  opt.step();
  opt.step();
}

BOOST_AUTO_TEST_SUITE_END()
