// Optimizers around optimizers.
#include <memory>

#include "../table.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(wrappers)
namespace {

Tensor flat(const std::vector<Tensor>& params) {
  std::vector<Tensor> parts;
  for (const Tensor& p : params) parts.push_back(p.detach().reshape({-1}));
  return cat(parts, 0).clone();
}

/// A problem with an optimizer around another one; `step` is one step of the pair.
struct Pair {
  Problem problem = mlp();
  std::unique_ptr<o::Optimizer> inner, outer;
  Tensor step() {
    return outer->step([&] {
      outer->zero_grad();
      const Tensor loss = problem.loss();
      loss.backward();
      return loss;
    });
  }
};

using Make = std::function<void(Pair&)>;

template <class Outer, class Options>
Make around(bool adam, Options options) {
  return [=](Pair& pair) {
    if (adam)
      pair.inner = std::make_unique<o::Adam>(pair.problem.params, o::AdamOptions{.lr = 0.05});
    else
      pair.inner = std::make_unique<o::SGD>(pair.problem.params, o::SGDOptions{.lr = 0.1, .momentum = 0.9});
    pair.outer = std::make_unique<Outer>(*pair.inner, options);
  };
}

struct Named {
  const char* name;
  Make make;
};

std::vector<Named> kinds() {
  return {{"sam", around<o::SAM>(true, o::SAMOptions{.rho = 0.2})},
          {"asam", around<o::ASAM>(false, o::ASAMOptions{})},
          {"lookahead", around<o::Lookahead>(false, o::LookaheadOptions{.k = 3, .alpha = 0.7})},
          {"centralization", around<o::GradientCentralization>(true, o::GradientCentralizationOptions{})},
          {"accumulation", around<o::GradientAccumulation>(true, o::GradientAccumulationOptions{.steps = 3})}};
}

BOOST_AUTO_TEST_CASE(they_follow_the_papers) {
  const StateDict expected = read_table("optim/wrappers.txt");
  for (const Named& kind : kinds()) {
    if (!expected.contains(kind.name)) continue;
    Pair pair;
    kind.make(pair);
    double worst = 0;
    for (std::int64_t t = 0; t < expected.at(kind.name).size(0); ++t) {
      pair.step();
      worst = std::max(worst, max_relative_error(flat(pair.problem.params), expected.at(kind.name)[t]));
    }
    BOOST_TEST(worst < 1e-12, kind.name << ": " << worst);
  }
}

BOOST_AUTO_TEST_CASE(a_loaded_wrapper_continues_to_the_same_bits) {
  for (const Named& kind : kinds()) {
    for (const int saved_at : {0, 4}) {
      Pair whole, resumed;
      kind.make(whole);
      kind.make(resumed);
      whole.outer->param_groups()[0].set_lr(0.07);
      for (int t = 0; t < saved_at; ++t) whole.step();
      const StateDict state = whole.outer->state_dict();
      {
        const NoGradGuard no_grad;
        for (std::size_t i = 0; i < whole.problem.params.size(); ++i)
          resumed.problem.params[i].copy_(whole.problem.params[i]);
      }
      resumed.outer->load_state_dict(state);
      for (int t = 0; t < 7; ++t) {
        whole.step();
        resumed.step();
      }
      BOOST_TEST(same_bits(flat(whole.problem.params), flat(resumed.problem.params)), kind.name);

      // All or nothing, for both.
      const StateDict now = resumed.outer->state_dict();
      const std::string own = std::string(resumed.outer->name()) + ".";
      for (const auto& [key, value] : state) {
        if (key.starts_with(own) ? key.find("grad") != std::string::npos : !key.ends_with(".exp_avg_sq")) continue;
        StateDict less = state;
        less.erase(key);
        require_throws<Error>([&] { resumed.outer->load_state_dict(less); }, "' is missing");
      }
      StateDict more = state;
      more["junk"] = ones({1});
      require_throws<Error>([&] { resumed.outer->load_state_dict(more); }, "'junk' is unexpected");
      for (const auto& [key, value] : resumed.outer->state_dict()) BOOST_TEST(same_bits(now.at(key), value), key);
    }
  }
}

BOOST_AUTO_TEST_CASE(groups_clipping_and_schedules_are_those_of_the_inner_one) {
  for (const Named& kind : kinds()) {
    Pair plain, wrapped;
    kind.make(plain);
    kind.make(wrapped);
    BOOST_TEST(&wrapped.outer->param_groups() == &wrapped.inner->param_groups());
    o::StepLR inside(*plain.inner, {.step_size = 2}), outside(*wrapped.outer, {.step_size = 2});
    plain.inner->set_clip_norm(0.01);
    wrapped.outer->set_clip_norm(0.01);
    for (int t = 0; t < 6; ++t) {
      plain.step();
      wrapped.step();
      inside.step();
      outside.step();
    }
    BOOST_TEST(wrapped.outer->param_groups()[0].lr() < 1e-3);
    BOOST_TEST(wrapped.outer->grad_norm() == plain.inner->grad_norm());
    BOOST_TEST(wrapped.outer->grad_norm() > 0);
    BOOST_TEST(wrapped.outer->state_bytes() >= wrapped.inner->state_bytes());
    BOOST_TEST(same_bits(flat(plain.problem.params), flat(wrapped.problem.params)), kind.name);
  }
}

BOOST_AUTO_TEST_CASE(they_stack) {
  Problem a = mlp();
  o::SGD sgd(a.params, {.lr = 0.1});
  o::GradientCentralization centralized(sgd);
  o::SAM sam(centralized);
  o::Lookahead all(sam, {.k = 2});
  const auto closure = [&] {
    all.zero_grad();
    const Tensor loss = a.loss();
    loss.backward();
    return loss;
  };
  const double first = all.step(closure).item<double>();
  for (int t = 0; t < 40; ++t) all.step(closure);
  BOOST_TEST(a.loss().item<double>() < first);
  const StateDict state = all.state_dict();
  for (const char* key : {"Lookahead.k", "SAM.rho", "GradientCentralization.conv_only", "param_groups.0.lr"})
    BOOST_TEST(state.contains(key), key);
  all.load_state_dict(state);
  require_throws<std::invalid_argument>([&] { o::SAM again(all); }, "SAM: ");
  require_throws<std::invalid_argument>([&] { o::GradientCentralization again(all); }, "must not be wrapped");
}

BOOST_AUTO_TEST_CASE(sam_by_hand_brings_the_parameters_back) {
  Problem a = quadratic();
  o::SGD sgd(a.params, {.lr = 0});
  o::SAM sam(sgd, {.rho = 0.5});
  const Tensor before = flat(a.params);
  require_throws<Error>([&] { sam.step(); }, "SAM: step needs a closure");
  require_throws<Error>([&] { sam.second_step(); }, "second_step must come after first_step");
  a.loss().backward();
  sam.first_step(true);
  BOOST_TEST(!a.params[0].grad().defined());
  BOOST_TEST(std::abs((flat(a.params) - before).norm().item<double>() - 0.5) < 1e-12);
  require_throws<Error>([&] { sam.first_step(); }, "first_step must be followed by second_step");
  require_throws<Error>([&] { sam.state_dict(); }, "must not come between");
  a.loss().backward();
  sam.second_step();
  BOOST_TEST(same_bits(flat(a.params), before));

  int calls = 0;
  require_throws<std::runtime_error>(
      [&] {
        sam.step([&]() -> Tensor {
          if (++calls == 2) throw std::runtime_error("no more data");
          return a.loss();
        });
      },
      "no more data");
  BOOST_TEST(same_bits(flat(a.params), before));
  Tensor(a.params[0]).set_grad(full({10}, std::numeric_limits<double>::infinity(), {.dtype = float64}));
  require_throws<Error>([&] { sam.first_step(); }, "the norm of the gradients must be finite, got inf");
  sam.zero_grad();
  sam.first_step();  // without gradients nothing moves
  sam.second_step();
  BOOST_TEST(same_bits(flat(a.params), before));
  o::LBFGS lbfgs(a.params);
  require_throws<std::invalid_argument>([&] { o::SAM no(lbfgs); }, "cannot wrap LBFGS");
  require_throws<std::invalid_argument>([&] { o::SAM no(sgd, {.rho = -1}); }, "SAM: rho");
  require_throws<std::invalid_argument>([&] { o::ASAM no(sgd, {.eta = -1}); }, "ASAM: eta");
}

BOOST_AUTO_TEST_CASE(accumulated_batches_are_one_large_batch) {
  for (const bool mean : {true, false}) {
    const Tensor p = leaf({1, 2}), q = leaf({1, 2});
    o::Adam small({p}, {.lr = 0.1}), large({q}, {.lr = 0.1});
    o::GradientAccumulation accumulated(small, {.steps = 4, .mean = mean});
    small.set_clip_norm(0.5);
    large.set_clip_norm(0.5);
    for (int step = 0; step < 3; ++step) {
      const Tensor before = p.detach().clone();
      Tensor sum = zeros({2}, {.dtype = float64});
      for (int k = 0; k < 4; ++k) {
        accumulated.zero_grad();
        const Tensor g = some_gradient(p, 4 * step + k);
        Tensor(p).set_grad(p.grad().defined() ? p.grad() + g : g);
        sum = sum + g;
        BOOST_TEST(same_bits(p.detach(), before));
        accumulated.step();
        BOOST_TEST(accumulated.gathered() == (k + 1) % 4);
      }
      BOOST_TEST(same_bits(p.grad(), sum));  // never written
      Tensor(q).set_grad(mean ? sum / 4.0 : sum);
      large.step();
      BOOST_TEST(max_relative_error(p.detach(), q.detach()) < 1e-14);
    }
    accumulated.zero_grad();
    BOOST_TEST(!p.grad().defined());
    BOOST_TEST(!accumulated.flush());
    Tensor(p).set_grad(ones({2}, {.dtype = float64}));
    accumulated.step();
    Tensor(q).set_grad(ones({2}, {.dtype = float64}));
    large.step();
    BOOST_TEST(accumulated.flush());
    BOOST_TEST(max_relative_error(p.detach(), q.detach()) < 1e-14);

    Tensor(p).set_grad(full({2}, std::numeric_limits<double>::quiet_NaN(), {.dtype = float64}));
    for (int k = 0; k < 3; ++k) accumulated.step();
    require_throws<Error>([&] { accumulated.step(); }, "must be finite");
    accumulated.zero_grad();
    BOOST_TEST(!p.grad().defined());
    require_throws<std::invalid_argument>([&] { o::SAM no(accumulated); }, "cannot wrap GradientAccumulation");
  }
}

BOOST_AUTO_TEST_CASE(centralization_leaves_the_gradient_as_it_was) {
  const Tensor w = random_tensor({2, 3, 2}, 1, {.requires_grad = true}), b = leaf({1, 2});
  const Tensor gw = random_tensor({2, 3, 2}, 2), gb = random_tensor({2}, 3), before = w.detach().clone();
  Tensor(w).set_grad(gw.clone());
  Tensor(b).set_grad(gb.clone());
  o::SGD sgd({w, b}, {.lr = 1});
  o::GradientCentralization centralized(sgd);
  centralized.step();
  BOOST_TEST(same_bits(w.grad(), gw));
  BOOST_TEST(max_relative_error(b.detach(), from_vector(std::vector<double>{1, 2}) - gb) < 1e-15);
  const Tensor moved = (before - w.detach()).reshape({2, 6});
  BOOST_TEST(moved.sum(1).abs().max().item<double>() < 1e-14);
  BOOST_TEST(max_relative_error(moved, gw.reshape({2, 6}) - gw.reshape({2, 6}).mean(1, true)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(lookahead_gives_the_slow_weights) {
  Problem a = quadratic();
  o::SGD sgd(a.params, {.lr = 1e-4});
  o::Lookahead ahead(sgd, {.k = 5});
  const Tensor before = flat(a.params);
  BOOST_TEST(ahead.slow_weights().empty());
  a.loss().backward();
  ahead.step();
  BOOST_TEST(!same_bits(flat(a.params), before));
  BOOST_TEST(same_bits(flat(ahead.slow_weights()), before));
  ahead.copy_slow_weights();
  BOOST_TEST(same_bits(flat(a.params), before));
  require_throws<std::invalid_argument>([&] { o::Lookahead(sgd, {.k = 0}); }, "Lookahead: k");
  require_throws<std::invalid_argument>([&] { o::Lookahead(sgd, {.alpha = 2}); }, "Lookahead: alpha");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
