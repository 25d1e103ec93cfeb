// Schedules: closed forms, the order of calls, all or nothing, wrong options.
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

o::SGD sgd(double lr = 0.1) { return o::SGD({leaf({1})}, {.lr = lr, .momentum = 0.5}); }
double rate(o::Optimizer& opt) { return opt.param_groups()[0].lr(); }

template <class F>
void refuse(F f, const char* part) {
  require_throws<std::invalid_argument>(f, part);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(schedules)

// A schedule must not reach an optimizer that it refuses.
BOOST_AUTO_TEST_CASE(wrong_options) {
  o::SGD opt = sgd();
  o::Adagrad plain({leaf({1})}, {.lr = 0.1});
  const o::LrLambda one = [](std::int64_t) { return 1.0; };
  refuse(
      [&] {
        o::MultiStepLR(opt, {.milestones = {3, -1}});
      },
      "MultiStepLR: milestones must be finite and at least 0");
  refuse([&] { o::MultiStepLR(opt, {.milestones = {3}, .gamma = -1}); }, "MultiStepLR: gamma");
  refuse([&] { o::ConstantLR(opt, {.factor = 1.5}); }, "ConstantLR: factor must lie in [0, 1], got 1.5");
  refuse([&] { o::ConstantLR(opt, {.total_iters = 0}); }, "ConstantLR: total_iters");
  refuse([&] { o::LinearLR(opt, {.start_factor = 0}); }, "LinearLR: start_factor");
  refuse([&] { o::LinearLR(opt, {.end_factor = -0.1}); }, "LinearLR: end_factor");
  refuse([&] { o::LinearLR(opt, {.total_iters = 0}); }, "LinearLR: total_iters must be at least 1, got 0");
  refuse([&] { o::ExponentialLR(opt, {}); }, "ExponentialLR: gamma");
  refuse([&] { o::PolynomialLR(opt, {.total_iters = 0}); }, "PolynomialLR: total_iters");
  refuse([&] { o::PolynomialLR(opt, {.power = -1}); }, "PolynomialLR: power");
  refuse([&] { o::CosineAnnealingWarmRestarts(opt, {}); }, "CosineAnnealingWarmRestarts: T_0 must be at least 1");
  refuse([&] { o::CosineAnnealingWarmRestarts(opt, {.T_0 = 1, .T_mult = 0}); }, "T_mult must be at least 1");
  refuse([&] { o::CosineAnnealingWarmRestarts(opt, {.T_0 = 1, .eta_min = -1}); }, "eta_min");
  refuse([&] { o::LambdaLR(opt, {}); }, "LambdaLR: lr_lambda must be given");
  refuse([&] { o::LambdaLR(opt, {.lr_lambda = std::function<double(std::int64_t)>()}); },
         "LambdaLR: lr_lambda must not hold an empty function");
  refuse(
      [&] {
        o::MultiplicativeLR(opt, {.lr_lambda = {[](std::int64_t) { return 1.0; }, [](std::int64_t) { return 2.0; }}});
      },
      "MultiplicativeLR: lr_lambda must have one value per param group, got 2 for 1");
  refuse([&] { o::LambdaLR(opt, {.lr_lambda = one, .last_epoch = 3}); }, "LambdaLR: last_epoch must be -1 unless");
  refuse([&] { o::CyclicLR(opt, {.max_lr = 1.0}); }, "CyclicLR: base_lr must be given");
  refuse(
      [&] {
        o::CyclicLR(opt, {.base_lr = 0.1, .max_lr = {1, 2}});
      },
      "CyclicLR: max_lr must have one value per param group, got 2 for 1");
  refuse([&] { o::CyclicLR(opt, {.base_lr = -0.1, .max_lr = 1.0}); },
         "CyclicLR: base_lr must be finite and at least 0");
  refuse([&] { o::CyclicLR(opt, {.base_lr = 0.1, .max_lr = 1.0, .step_size_up = 0}); }, "step_size_up");
  refuse([&] { o::CyclicLR(opt, {.base_lr = 0.1, .max_lr = 1.0, .step_size_down = -1}); }, "step_size_down");
  refuse([&] { o::CyclicLR(opt, {.base_lr = 0.1, .max_lr = 1.0, .mode = "square"}); },
         "CyclicLR: mode must be one of 'triangular', 'triangular2', 'exp_range', got 'square'");
  refuse([&] { o::CyclicLR(opt, {.base_lr = 0.1, .max_lr = 1.0, .scale_mode = "x"}); }, "scale_mode");
  refuse([&] { o::CyclicLR(opt, {.base_lr = 0.1, .max_lr = 1.0, .max_momentum = 1.0}); }, "max_momentum");
  refuse([&] { o::CyclicLR(plain, {.base_lr = 0.2, .max_lr = 1.0}); },
         "CyclicLR: cycle_momentum needs an optimizer with momentum or betas, got Adagrad");
  refuse([&] { o::OneCycleLR(opt, {.total_steps = 10}); }, "OneCycleLR: max_lr must be given");
  refuse([&] { o::OneCycleLR(opt, {.max_lr = 1.0}); }, "OneCycleLR: total_steps must be given");
  refuse([&] { o::OneCycleLR(opt, {.max_lr = 1.0, .epochs = 3}); }, "or both epochs and steps_per_epoch");
  refuse([&] { o::OneCycleLR(opt, {.max_lr = 1.0, .total_steps = 0}); }, "total_steps must be at least 1, got 0");
  refuse([&] { o::OneCycleLR(opt, {.max_lr = 1.0, .total_steps = 5, .pct_start = 1.1}); }, "pct_start");
  refuse([&] { o::OneCycleLR(opt, {.max_lr = 1.0, .total_steps = 5, .anneal_strategy = "poly"}); }, "anneal_strategy");
  refuse([&] { o::OneCycleLR(opt, {.max_lr = 1.0, .total_steps = 5, .div_factor = 0}); }, "div_factor");
  refuse([&] { o::OneCycleLR(plain, {.max_lr = 1.0, .total_steps = 5}); }, "OneCycleLR: cycle_momentum needs");
  refuse([&] { o::ReduceLROnPlateau(opt, {.mode = "down"}); }, "ReduceLROnPlateau: mode must be one of 'min', 'max'");
  refuse([&] { o::ReduceLROnPlateau(opt, {.factor = 1}); }, "ReduceLROnPlateau: factor must lie in [0, 1)");
  refuse([&] { o::ReduceLROnPlateau(opt, {.patience = -1}); }, "patience");
  refuse([&] { o::ReduceLROnPlateau(opt, {.min_lr = {0, 1}}); }, "min_lr must have one value per param group");
  refuse([&] { o::WarmupStableDecayLR(opt, {}); }, "WarmupStableDecayLR: decay_steps must be at least 1, got 0");
  refuse([&] { o::WarmupStableDecayLR(opt, {.decay_steps = 1, .decay_type = "x"}); }, "decay_type must be one of");
  refuse([&] { o::WarmupStableDecayLR(opt, {.decay_steps = 1, .decay_type = "exponential"}); }, "min_lr_ratio");
  refuse([&] { o::InverseSqrtLR(opt, {.warmup_steps = 0}); }, "InverseSqrtLR: warmup_steps");
  for (o::Optimizer* each : std::initializer_list<o::Optimizer*>{&opt, &plain}) {
    BOOST_TEST(rate(*each) == 0.1);
    BOOST_TEST(!each->param_groups()[0].initial_lr.has_value());
  }
  BOOST_TEST(opt.param_groups()[0].momentum() == 0.5);
}

BOOST_AUTO_TEST_CASE(wrong_compositions) {
  o::SGD opt = sgd(), other = sgd();
  o::StepLR a(opt, {.step_size = 1}), b(opt, {.step_size = 2}), foreign(other, {.step_size = 1});
  o::ReduceLROnPlateau plateau(opt);
  refuse([&] { o::SequentialLR(opt, {}); }, "SequentialLR: milestones must be one fewer");
  refuse([&] { o::SequentialLR(opt, {.schedulers = {&a, &b}}); }, "one fewer than the schedulers, got 0 for 2");
  refuse([&] { o::SequentialLR(opt, {.schedulers = {&a, &b}, .milestones = {0}}); }, "at least 1 and increase, got 0");
  refuse(
      [&] {
        o::SequentialLR(opt, {.schedulers = {&a, &foreign}, .milestones = {3}});
      },
      "SequentialLR: all schedulers must belong to the same optimizer, schedulers[1] does not");
  refuse(
      [&] {
        o::SequentialLR(opt, {.schedulers = {&a, nullptr}, .milestones = {3}});
      },
      "schedulers[1] must not be null");
  refuse([&] { o::SequentialLR(opt, {.schedulers = {&a, &a}, .milestones = {3}}); }, "schedulers[0] is given twice");
  refuse(
      [&] {
        o::SequentialLR(opt, {.schedulers = {&a, &plateau}, .milestones = {3}});
      },
      "schedulers[1] is a ReduceLROnPlateau, whose step needs a metric");
  refuse([&] { o::ChainedScheduler({}); }, "ChainedScheduler: schedulers must not be empty");
  refuse([&] { o::ChainedScheduler({&a, &foreign}); }, "ChainedScheduler: all schedulers must belong");
  refuse([&] { o::ChainedScheduler({nullptr}); }, "schedulers[0] must not be null");
  refuse([&] { plateau.step(); }, "ReduceLROnPlateau: step needs the metric");
  BOOST_TEST(a.last_epoch() == 0);
  BOOST_TEST(rate(opt) == 0.1);
}

BOOST_AUTO_TEST_CASE(closed_forms) {
  o::SGD opt = sgd(0.5);
  o::PolynomialLR poly(opt, {.total_iters = 10, .power = 2});
  for (int t = 1; t <= 12; ++t) {
    poly.step();
    BOOST_TEST(std::abs(rate(opt) - 0.5 * std::pow(1 - std::min(t, 10) / 10.0, 2)) < 1e-15);
  }
  // the Transformer of the paper: d = 512, 4000 steps of warm-up
  const double d = 512, W = 4000;
  o::SGD big = sgd(1 / std::sqrt(d * W));
  o::InverseSqrtLR noam(big, {});
  for (int s = 1; s <= 9000; ++s, noam.step()) {
    const double paper = std::pow(d, -0.5) * std::min(std::pow(s, -0.5), s * std::pow(W, -1.5));
    BOOST_TEST_REQUIRE(std::abs(rate(big) / paper - 1) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(parts_of_an_epoch) {
  o::SGD opt = sgd(1);
  o::CosineAnnealingWarmRestarts schedule(opt, {.T_0 = 4, .T_mult = 2});
  for (const double t : {0.25, 3.75, 4.5, 11.5, 12.25, 27.0, 2.5}) {
    schedule.step(t);
    double begin = 0, length = 4;
    for (; t >= begin + length; length *= 2) begin += length;
    BOOST_TEST(std::abs(rate(opt) - (1 + std::cos(M_PI * (t - begin) / length)) / 2) < 1e-15);
    BOOST_TEST(schedule.last_epoch() == static_cast<std::int64_t>(t));
  }
  const StateDict state = schedule.state_dict();
  schedule.step();  // 3.5
  const double next = rate(opt);
  BOOST_TEST(std::abs(next - (1 + std::cos(M_PI * 3.5 / 4)) / 2) < 1e-15);
  o::CosineAnnealingWarmRestarts again(opt, {.T_0 = 4, .T_mult = 2});
  again.load_state_dict(state);
  again.step();
  BOOST_TEST(rate(opt) == next);
  refuse([&] { again.step(-1.0); }, "CosineAnnealingWarmRestarts: epoch must be finite and at least 0");
  refuse([&] { again.step(kNaN); }, "epoch");
  refuse([&] { again.step(1e300); }, "epoch is too large");
  BOOST_TEST(again.last_epoch() == 3);
}

BOOST_AUTO_TEST_CASE(one_cycle_ends) {
  o::SGD opt = sgd();
  o::OneCycleLR schedule(opt, {.max_lr = 1.0, .total_steps = 5, .anneal_strategy = "linear"});
  for (int i = 0; i < 5; ++i) schedule.step();
  const double last = rate(opt);
  BOOST_TEST(std::abs(last - 1.0 / 25 / 1e4) < 1e-17);
  refuse([&] { schedule.step(); }, "OneCycleLR: step was called 6 times, for a schedule of 5 steps");
  BOOST_TEST(schedule.last_epoch() == 5);
  BOOST_TEST(rate(opt) == last);
  // first phases without length, where PyTorch divides by zero
  o::SGD sudden = sgd();
  o::OneCycleLR at_once(sudden, {.max_lr = 1.0, .total_steps = 10, .pct_start = 0.1});
  BOOST_TEST(rate(sudden) == 1);
  o::OneCycleLR upward(sudden, {.max_lr = 1.0, .total_steps = 3, .pct_start = 1});
  for (int i = 0; i < 3; ++i) upward.step();
  BOOST_TEST(std::isfinite(rate(sudden)));
}

BOOST_AUTO_TEST_CASE(plateau_takes_tensors_and_nan) {
  o::SGD opt = sgd(1);
  o::ReduceLROnPlateau plateau(opt, {.factor = 0.5, .patience = 1});
  plateau.step(full({}, 3.0));
  plateau.step(kNaN);
  plateau.step(tensor({2.0}));  // better: the count begins anew
  plateau.step(kNaN);
  BOOST_TEST(rate(opt) == 1);
  plateau.step(std::numeric_limits<double>::infinity());
  BOOST_TEST(rate(opt) == 0.5);
  require_throws<ShapeError>([&] { plateau.step(zeros({2})); }, "item");
  BOOST_TEST(plateau.last_epoch() == 5);
  BOOST_TEST(plateau.needs_metric());
}

// The initial rate is what the group had before the first schedule, and stepping the optimizer changes no schedule.
BOOST_AUTO_TEST_CASE(order_of_calls) {
  o::SGD opt = sgd(0.8), by_hand = sgd(0.8);
  o::LinearLR warmup(opt, {.start_factor = 0.5, .total_iters = 4});
  o::ExponentialLR decay(opt, {.gamma = 0.9});
  BOOST_TEST(*opt.param_groups()[0].initial_lr == 0.8);
  o::ChainedScheduler both({&warmup, &decay});
  o::LinearLR w(by_hand, {.start_factor = 0.5, .total_iters = 4});
  o::ExponentialLR d(by_hand, {.gamma = 0.9});
  BOOST_TEST(both.get_last_lr()[0] == 0.4);
  for (int t = 0; t < 8; ++t) {
    if (t % 2 == 0) opt.step();
    both.step();
    if (t % 2 == 1) opt.step();
    w.step();
    d.step();
    BOOST_TEST(rate(opt) == rate(by_hand));
  }
  BOOST_TEST(both.last_epoch() == 8);
  BOOST_TEST(warmup.last_epoch() == 8);
}

BOOST_AUTO_TEST_CASE(compositions_nest) {
  o::SGD opt = sgd(1);
  o::LinearLR warmup(opt, {.start_factor = 0.25, .total_iters = 3});
  o::StepLR steps(opt, {.step_size = 2, .gamma = 0.5});
  o::ExponentialLR decay(opt, {.gamma = 0.9});
  o::ChainedScheduler both({&steps, &decay});
  o::SequentialLR outer(opt, {.schedulers = {&warmup, &both}, .milestones = {3}});
  std::vector<double> rates = {rate(opt)};
  for (int t = 1; t < 8; ++t) outer.step(), rates.push_back(rate(opt));
  const std::vector<double> expected = {0.25, 0.5, 0.75, 1, 0.9, 0.5 * 0.81, 0.5 * 0.729, 0.25 * 0.6561};
  for (std::size_t t = 0; t < rates.size(); ++t) BOOST_TEST(std::abs(rates[t] - expected[t]) < 1e-15);

  o::SGD second = sgd(1);
  o::ConstantLR a(second, {.factor = 0.5, .total_iters = 2});
  o::ConstantLR b(second, {.factor = 0.25, .total_iters = 2});
  o::ConstantLR c(second, {.factor = 0.125, .total_iters = 2});
  o::SequentialLR inner(second, {.schedulers = {&a, &b}, .milestones = {3}});
  o::SequentialLR whole(second, {.schedulers = {&inner, &c}, .milestones = {6}});
  rates = {rate(second)};
  for (int t = 1; t < 10; ++t) whole.step(), rates.push_back(rate(second));
  BOOST_TEST(rates == (std::vector<double>{0.5, 0.5, 1, 0.25, 0.25, 1, 0.125, 0.125, 1, 1}),
             boost::test_tools::per_element());
}

// A function that throws, or returns a rate that is none, leaves rates and counts as they were, in all schedules.
BOOST_AUTO_TEST_CASE(a_step_is_all_or_nothing) {
  o::SGD opt = sgd(1);
  o::ExponentialLR decay(opt, {.gamma = 0.5});
  double value = 1;
  o::LambdaLR lambda(opt, {.lr_lambda = [&value](std::int64_t) { return value == 7 ? throw Error("seven") : value; }});
  o::ChainedScheduler both({&decay, &lambda});
  value = -1;
  refuse([&] { both.step(); }, "LambdaLR: the rate must be finite and at least 0, got -1");
  value = 7;
  require_throws<Error>([&] { both.step(); }, "seven");
  refuse([&] { value = kNaN, lambda.step(); }, "LambdaLR: the rate");
  BOOST_TEST(rate(opt) == 1);
  BOOST_TEST(decay.last_epoch() == 0);
  BOOST_TEST(both.last_epoch() == 0);
  BOOST_TEST(decay.get_last_lr()[0] == 1);
}

BOOST_AUTO_TEST_CASE(states_are_all_or_nothing) {
  o::SGD opt = sgd(1);
  o::LinearLR warmup(opt, {.start_factor = 0.25, .total_iters = 3});
  o::MultiStepLR steps(opt, {.milestones = {2, 4}, .gamma = 0.5});
  o::SequentialLR both(opt, {.schedulers = {&warmup, &steps}, .milestones = {3}});
  for (int t = 0; t < 4; ++t) both.step();
  const StateDict good = both.state_dict();
  BOOST_TEST(good.contains("_schedulers.1.milestones"));
  const auto broken = [&](const char* key, const Tensor& value) {
    StateDict state = good;
    state[key] = value;
    return state;
  };
  for (int t = 0; t < 3; ++t) both.step();
  require_throws<Error>([&] { both.load_state_dict(broken("_schedulers.2.gamma", zeros({}))); },
                        "SequentialLR: load_state_dict: '_schedulers.2.gamma' is unexpected");
  require_throws<Error>([&] { both.load_state_dict(broken("_schedulers.1.x", zeros({}))); },
                        "MultiStepLR: load_state_dict: 'x' is unexpected");
  refuse([&] { both.load_state_dict(broken("_schedulers.1.milestones", full({2}, -1.0))); }, "MultiStepLR: milestones");
  refuse([&] { both.load_state_dict(broken("_schedulers.1.gamma", full({}, -1.0))); }, "MultiStepLR: gamma");
  refuse([&] { both.load_state_dict(broken("milestones", zeros({1}))); }, "SequentialLR: milestones");
  require_throws<Error>([&] { both.load_state_dict(broken("milestones", ones({2}))); },
                        "SequentialLR: load_state_dict: 'milestones' must hold 1 numbers");
  StateDict less = good;
  less.erase("_schedulers.0.start_factor");
  require_throws<Error>([&] { both.load_state_dict(less); }, "LinearLR: load_state_dict: 'start_factor' is missing");
  BOOST_TEST(both.last_epoch() == 7);
  BOOST_TEST(steps.last_epoch() == 4);
  both.load_state_dict(good);
  BOOST_TEST(both.last_epoch() == 4);
  BOOST_TEST(steps.last_epoch() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
