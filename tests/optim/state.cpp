// Saving and loading in the middle of a run.
#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

void steps(o::Optimizer& opt, int from, int to) {
  for (int t = from; t < to; ++t) {
    for (auto& group : opt.param_groups()) {
      for (std::size_t i = 0; i < group.params.size(); ++i) {
        if (i == 2 && t < 4) continue;  // joins late
        group.params[i].set_grad(some_gradient(group.params[i], t + static_cast<int>(i)));
      }
    }
    opt.step();
  }
}

std::vector<Tensor> three() {
  return {leaf({1, 2, 3}), random_tensor({4, 5}, 3, {.dtype = float32, .requires_grad = true}), leaf({4})};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(a_loaded_optimizer_continues_to_the_same_bits) {
  for (const OptimizerCase& c : optimizer_cases()) {
    for (const int saved_at : {0, 3, 6}) {
      const std::vector<Tensor> a = three();
      std::vector<Tensor> b = three();
      const auto whole = c.make(a, 1);
      steps(*whole, 0, saved_at);
      whole->param_groups()[0].set_lr(whole->param_groups()[0].lr() * 0.7);
      const StateDict state = whole->state_dict();
      {
        const NoGradGuard no_grad;
        for (std::size_t i = 0; i < a.size(); ++i) b[i].copy_(a[i]);
      }
      steps(*whole, saved_at, 10);

      const auto resumed = c.make(b, 5);  // another rate, which the state replaces
      steps(*resumed, 0, 0);
      resumed->load_state_dict(state);
      steps(*resumed, saved_at, 10);
      for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(same_bits(a[i].detach(), b[i].detach()), c.name);

      // Loading again throws away what came since.
      resumed->load_state_dict(state);
      const StateDict again = resumed->state_dict();
      BOOST_TEST(again.size() == state.size());
      for (const auto& [key, value] : state) BOOST_TEST(same_bits(again.at(key), value), key);
    }
  }
}

BOOST_AUTO_TEST_CASE(names_are_pytorchs) {
  Tensor p = leaf({1, 2}), q = leaf({3});
  o::Adam opt({{.params = {p}}, {.params = {q}}}, {.lr = 0.5, .amsgrad = true});
  q.set_grad(ones_like(q));
  opt.step();
  opt.step();
  std::vector<std::string> keys;
  for (const auto& [key, value] : opt.state_dict()) keys.push_back(key);
  const std::vector<std::string> expected = {"state.1.step",
                                             "state.1.exp_avg",
                                             "state.1.exp_avg_sq",
                                             "state.1.max_exp_avg_sq",
                                             "param_groups.0.lr",
                                             "param_groups.0.betas",
                                             "param_groups.0.eps",
                                             "param_groups.0.weight_decay",
                                             "param_groups.0.amsgrad",
                                             "param_groups.0.maximize",
                                             "param_groups.0.decoupled_weight_decay",
                                             "param_groups.0.eps_mode",
                                             "param_groups.0.bias_correction",
                                             "param_groups.0.exclude_1d",
                                             "param_groups.0.params",
                                             "param_groups.1.lr",
                                             "param_groups.1.betas",
                                             "param_groups.1.eps",
                                             "param_groups.1.weight_decay",
                                             "param_groups.1.amsgrad",
                                             "param_groups.1.maximize",
                                             "param_groups.1.decoupled_weight_decay",
                                             "param_groups.1.eps_mode",
                                             "param_groups.1.bias_correction",
                                             "param_groups.1.exclude_1d",
                                             "param_groups.1.params"};
  BOOST_TEST(keys == expected, boost::test_tools::per_element());
  const StateDict state = opt.state_dict();
  BOOST_TEST(state.at("state.1.step").item<double>() == 2);
  BOOST_TEST(state.at("param_groups.0.lr").dim() == 0);
  BOOST_TEST(state.at("param_groups.0.lr").dtype() == float64);
  BOOST_TEST(state.at("param_groups.0.amsgrad").item<double>() == 1);
  BOOST_TEST(state.at("param_groups.1.params").to_vector<std::int64_t>() == std::vector<std::int64_t>{1},
             boost::test_tools::per_element());
  BOOST_TEST(opt.state_bytes() == 3 * 8);

  const auto has = [](o::Optimizer& x, const char* key) { return x.state_dict().contains(key); };
  p.set_grad(ones_like(p));
  o::SGD sgd({p}, {.lr = 0.1, .momentum = 0.9});
  o::RMSprop rms({p}, {.momentum = 0.9, .centered = true});
  o::Adagrad ada({p});
  for (o::Optimizer* x :
       {static_cast<o::Optimizer*>(&sgd), static_cast<o::Optimizer*>(&rms), static_cast<o::Optimizer*>(&ada)}) {
    x->step();
  }
  BOOST_TEST(has(sgd, "state.0.momentum_buffer"));
  BOOST_TEST((has(rms, "state.0.square_avg") && has(rms, "state.0.grad_avg") && has(rms, "state.0.momentum_buffer")));
  BOOST_TEST(has(ada, "state.0.sum"));
}

BOOST_AUTO_TEST_CASE(a_saved_state_is_a_copy) {
  Tensor p = leaf({1, 2});
  o::Adam opt({p}, {});
  steps(opt, 0, 2);
  const StateDict state = opt.state_dict();
  const std::string before = bytes_of(state.at("state.0.exp_avg"));
  steps(opt, 2, 3);
  BOOST_TEST(bytes_of(state.at("state.0.exp_avg")) == before);
  opt.load_state_dict(state);
  steps(opt, 2, 3);
  BOOST_TEST(bytes_of(state.at("state.0.exp_avg")) == before);
}

BOOST_AUTO_TEST_CASE(loading_is_all_or_nothing) {
  Tensor p = leaf({1, 2}), q = leaf({3});
  o::SGD opt({p, q}, {.lr = 0.1, .momentum = 0.9, .nesterov = true});
  steps(opt, 0, 2);
  const StateDict good = opt.state_dict();
  const auto refuse = [&](auto spoil, std::initializer_list<const char*> parts) {
    StateDict bad;
    for (const auto& [key, value] : good) bad[key] = value.clone();
    bad["param_groups.0.lr"] = tensor(0.7, {.dtype = float64});
    spoil(bad);
    std::string message;
    try {
      opt.load_state_dict(bad);
    } catch (const std::exception& error) {
      message = error.what();
    }
    for (const char* part : parts) BOOST_TEST(message.find(part) != message.npos, message << " lacks " << part);
    const StateDict after = opt.state_dict();
    BOOST_TEST(after.size() == good.size());
    for (const auto& [key, value] : good) BOOST_TEST(same_bits(after.at(key), value), key);
  };
  refuse(
      [](StateDict& s) {
        s["state.5.step"] = tensor(1);
        s["junk"] = tensor(1);
      },
      {"SGD: load_state_dict: 'state.5.step' is unexpected", "'junk' is unexpected"});
  refuse([](StateDict& s) { s["state.0.momentum_buffer"] = zeros({3}); },
         {"'state.0.momentum_buffer' must have the parameter's shape [2], got [3]"});
  refuse([](StateDict& s) { s["state.1.step"] = tensor(-1); }, {"'state.1.step' must be one whole number"});
  refuse([](StateDict& s) { s["state.1.step"] = tensor(1.5); }, {"'state.1.step' must be one whole number"});
  refuse([](StateDict& s) { s["param_groups.0.momentum"] = tensor(-1.0); }, {"SGD: momentum must be"});
  refuse([](StateDict& s) { s["param_groups.0.dampening"] = tensor(0.5); }, {"nesterov must come with"});
  refuse([](StateDict& s) { s["param_groups.0.lr"] = zeros({2}); }, {"lr must hold 1 number, got [2]"});
  refuse([](StateDict& s) { s["param_groups.0.lr"] = Tensor(); }, {"lr must hold 1 number, got an undefined tensor"});
  refuse([](StateDict& s) { s["param_groups.0.params"] = tensor({1, 0}); }, {"must list the parameters 0 to 1"});

  o::Adam adam({p}, {});
  steps(adam, 0, 1);
  StateDict half = adam.state_dict();
  half.erase("state.0.exp_avg_sq");
  require_throws<Error>([&] { adam.load_state_dict(half); }, "'state.0.exp_avg_sq' is missing");
  half = adam.state_dict();
  half.erase("state.0.step");
  require_throws<Error>([&] { adam.load_state_dict(half); }, "'state.0.step' is missing");
}

// As in PyTorch: a state from before there was an option, or from PyTorch itself, which has neither all options nor a
// step count for SGD.
BOOST_AUTO_TEST_CASE(options_that_are_missing_keep_their_values) {
  const auto walk = [](o::Optimizer& saved, o::Optimizer& other) {
    steps(saved, 0, 2);
    StateDict state = saved.state_dict();
    for (const auto& [key, value] : saved.state_dict()) {
      if (key.starts_with("param_groups.") && !key.ends_with(".lr")) state.erase(key);
    }
    const StateDict before = other.state_dict();
    other.load_state_dict(state);
    BOOST_TEST(other.param_groups()[0].lr() == saved.param_groups()[0].lr());
    for (const auto& [key, value] : other.state_dict()) {
      if (key.starts_with("param_groups.") && !key.ends_with(".lr")) BOOST_TEST(same_bits(value, before.at(key)), key);
      if (key.starts_with("state.")) BOOST_TEST(same_bits(value, state.at(key)), key);
    }
  };
  o::SGD a({leaf({1, 2})}, {.lr = 0.1, .momentum = 0.9}), b({leaf({1, 2})}, {.lr = 1, .momentum = 0.5, .l1 = 0.25});
  walk(a, b);
  o::Adam c({leaf({1, 2})}, {.lr = 0.1}), d({leaf({1, 2})}, {.betas = {0.5, 0.6}, .eps_mode = "inside"});
  walk(c, d);
  o::AdamW e({leaf({1, 2})}, {.lr = 0.1}), f({leaf({1, 2})}, {.weight_decay = 0.5, .exclude_1d = true});
  walk(e, f);

  StateDict state = a.state_dict();
  state.erase("state.0.step");
  o::SGD g({a.param_groups()[0].params[0].detach().clone().requires_grad_()}, {.lr = 0.1, .momentum = 0.9});
  g.load_state_dict(state);
  steps(a, 2, 5);
  steps(g, 2, 5);
  BOOST_TEST(same_bits(a.param_groups()[0].params[0].detach(), g.param_groups()[0].params[0].detach()));
}

// What the state looks like may be an option: that of the saved optimizer counts.
BOOST_AUTO_TEST_CASE(shapes_of_state_follow_the_saved_options) {
  const std::pair<const char*, std::vector<o::NamedOption>> cases[] = {
      {"Shampoo", {{"max_preconditioner_dim", 4}}}, {"SOAP", {{"max_precond_dim", 4}, {"precondition_1d", true}}}};
  for (const auto& [name, options] : cases) {
    std::vector<Tensor> a = three(), b = three();
    const auto whole = o::create(name, a, options), resumed = o::create(name, b);
    steps(*whole, 0, 6);
    {
      const NoGradGuard no_grad;
      for (std::size_t i = 0; i < a.size(); ++i) b[i].copy_(a[i]);
    }
    resumed->load_state_dict(whole->state_dict());
    steps(*whole, 6, 9);
    steps(*resumed, 6, 9);
    for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(same_bits(a[i].detach(), b[i].detach()), name);
  }
}

BOOST_AUTO_TEST_CASE(momentum_may_begin_in_the_middle) {
  // As in PyTorch, the buffer starts with the first gradient that it sees.
  Tensor p = leaf({0.0});
  o::SGD opt({p}, {.lr = 1.0, .dampening = 0.5});
  p.set_grad(ones_like(p));
  opt.step();
  opt.param_groups()[0].set_momentum(0.5);
  const StateDict state = opt.state_dict();
  opt.load_state_dict(state);
  opt.step();
  BOOST_TEST(p.detach().item<double>() == -2);
  opt.step();
  BOOST_TEST(p.detach().item<double>() == -3);  // b = 0.5·1 + 0.5·1
}

BOOST_AUTO_TEST_SUITE_END()
