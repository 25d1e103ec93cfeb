// Averages of parameters: EMA, SWA and its schedule.
#include <cmath>
#include <memory>

#include "../table.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(averages)
namespace {

Tensor flat(const std::vector<Tensor>& params) {
  std::vector<Tensor> parts;
  for (const Tensor& p : params) parts.push_back(p.detach().reshape({-1}));
  return cat(parts, 0).clone();
}

BOOST_AUTO_TEST_CASE(averages_follow_pytorch_and_the_papers) {
  const StateDict expected = read_table("optim/wrappers.txt");
  const auto walk = [&](const char* name, auto make) {
    Problem a = mlp();
    o::SGD sgd(a.params, {.lr = 0.1, .momentum = 0.9});
    const std::unique_ptr<o::ParameterAverage> average = make(a.params);
    o::ExponentialLR decay(sgd, {.gamma = 0.9});
    o::SWALR constant(sgd, {.swa_lr = 0.05, .anneal_epochs = 3});
    for (std::int64_t t = 0; t < expected.at(name).size(0); ++t) {
      sgd.zero_grad();
      a.loss().backward();
      sgd.step();
      average->update();
      BOOST_TEST(max_relative_error(flat(average->averages()), expected.at(name)[t]) < 1e-13, name << " " << t);
      if (std::string_view(name) != "swa") continue;
      if (t >= 4)
        constant.step();
      else
        decay.step();
      BOOST_TEST(std::abs(sgd.param_groups()[0].lr() - expected.at("swa_rates")[t].item<double>()) < 1e-15);
    }
  };
  const auto ema = [](o::EMAOptions options) {
    return [options](const std::vector<Tensor>& p) { return std::make_unique<o::EMA>(p, options); };
  };
  walk("ema", ema({.decay = 0.9}));
  walk("ema_corrected", ema({.decay = 0.9, .bias_correction = true}));
  walk("ema_warmup", ema({.decay = 0.9, .warmup = true}));
  {
    // A mean with the weights of t(t + 1)/2 for γ = 2, t = 1, 2, …: Shamir and Zhang (2013).
    const Tensor p = leaf({0});
    o::SWA average({p}, {.gamma = 2});
    double sum = 0, weights = 0;
    for (int t = 1; t <= 6; ++t) {
      const NoGradGuard no_grad;
      Tensor(p).fill_(1.0 / t);
      average.update();
      sum += t * (t + 1) / 2.0 / t;
      weights += t * (t + 1) / 2.0;
      BOOST_TEST(std::abs(average.averages()[0].item<double>() - sum / weights) < 1e-15);
    }
  }
  walk("swa",
       [](const std::vector<Tensor>& p) { return std::make_unique<o::SWA>(p, o::SWAOptions{.start = 4, .freq = 2}); });

  const Tensor rates = expected.at("swalr_rates");
  std::int64_t at = 0;
  for (const bool linear : {false, true}) {
    o::SGD sgd({leaf({1})}, {.lr = 0.1});
    o::SWALR constant(sgd,
                      {.swa_lr = 0.03, .anneal_epochs = linear ? 4 : 0, .anneal_strategy = linear ? "linear" : "cos"});
    for (int t = 0; t < 6; ++t, constant.step())
      BOOST_TEST(std::abs(sgd.param_groups()[0].lr() - rates[at++].item<double>()) < 1e-15);
  }
  o::SGD sgd({leaf({1})});
  require_throws<std::invalid_argument>([&] { o::SWALR(sgd, {}); }, "SWALR: swa_lr must be given");
  require_throws<std::invalid_argument>([&] { o::SWALR(sgd, {.swa_lr = 1, .anneal_epochs = -1}); }, "anneal_epochs");
}

BOOST_AUTO_TEST_CASE(averages_are_swapped_in_and_back) {
  const Tensor p = leaf({1, 2});
  const Tensor steps = from_vector(std::vector<std::int64_t>{3});
  o::EMA ema({p, steps}, {.decay = 0.5});
  {
    const NoGradGuard no_grad;
    Tensor(p).copy_(from_vector(std::vector<double>{3, 6}));
    Tensor(steps).copy_(from_vector(std::vector<std::int64_t>{9}));
  }
  ema.update();
  BOOST_TEST(ema.num_updates() == 1);
  BOOST_TEST(max_relative_error(ema.averages()[0], {2, 4}) == 0);
  BOOST_TEST(ema.averages()[1].item<std::int64_t>() == 9);
  try {
    const auto scope = ema.apply();
    BOOST_TEST(max_relative_error(p.detach(), {2, 4}) == 0);
    BOOST_TEST(max_relative_error(ema.averages()[0], {3, 6}) == 0);
    require_throws<Error>([&] { ema.update(); }, "EMA: update must not come while the averages are swapped in");
    require_throws<Error>([&] { ema.state_dict(); }, "swapped in");
    require_throws<Error>([&] { const auto again = ema.apply(); }, "swapped in");
    require_throws<Error>([&] { ema.copy_to(); }, "swapped in");
    throw 1;
  } catch (int) {
  }
  BOOST_TEST(!ema.swapped());
  BOOST_TEST(max_relative_error(p.detach(), {3, 6}) == 0);
  const Tensor other = zeros({2}, {.dtype = float64}), count = zeros({1}, {.dtype = int64});
  ema.copy_to({other, count});
  BOOST_TEST(max_relative_error(other, {2, 4}) == 0);
  require_throws<Error>([&] { ema.copy_to({other}); }, "there are 2 averages, got 1 parameters");
  require_throws<Error>([&] { ema.copy_to({count, other}); }, "parameter 0 must be float64 of shape [2]");
  ema.copy_to();
  BOOST_TEST(max_relative_error(p.detach(), {2, 4}) == 0);
}

BOOST_AUTO_TEST_CASE(loaded_averages_continue_to_the_same_bits) {
  for (const bool swa : {false, true}) {
    const auto make = [&](const Tensor& p) -> std::unique_ptr<o::ParameterAverage> {
      if (swa) return std::make_unique<o::SWA>(std::vector{p}, o::SWAOptions{.start = 2, .freq = 2});
      return std::make_unique<o::EMA>(std::vector{p}, o::EMAOptions{.decay = 0.9, .bias_correction = true});
    };
    const Tensor p = leaf({1, 2, 3});
    const auto move = [&](int t) {
      const NoGradGuard no_grad;
      Tensor(p).copy_(p + 0.1 * some_gradient(p, t));
    };
    const auto whole = make(p);
    for (int t = 0; t < 5; ++t) {
      move(t);
      whole->update();
    }
    const StateDict state = whole->state_dict();
    const auto resumed = make(p);
    resumed->load_state_dict(state);
    for (int t = 5; t < 9; ++t) {
      move(t);
      whole->update();
      resumed->update();
    }
    BOOST_TEST(same_bits(whole->averages()[0], resumed->averages()[0]));
    for (const auto& [key, value] : state) {
      StateDict less = state;
      less.erase(key);
      if (!key.starts_with("average") && key != "calls" && !key.starts_with("n")) {
        make(p)->load_state_dict(less);  // an option: keeps its value
        continue;
      }
      require_throws<Error>([&] { resumed->load_state_dict(less); }, "'" + key + "' is missing");
    }
    StateDict more = state;
    more["junk"] = ones({1});
    require_throws<Error>([&] { resumed->load_state_dict(more); }, "'junk' is unexpected");
    StateDict wrong = state;
    wrong["average.0"] = ones({2});
    require_throws<Error>([&] { resumed->load_state_dict(wrong); }, "must have the parameter's shape [3], got [2]");
    BOOST_TEST(same_bits(whole->averages()[0], resumed->averages()[0]));
  }
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([] { o::EMA({}); }, "EMA: the list of parameters must not be empty");
  refuse([] { o::EMA({Tensor()}); }, "EMA: parameter 0 must be defined");
  refuse([] { o::EMA({leaf({1})}, {.decay = 1}); }, "EMA: decay");
  refuse([] { o::EMA({leaf({1})}, {.bias_correction = true, .warmup = true}); }, "exclude each other");
  refuse([] { o::SWA({leaf({1})}, {.freq = 0}); }, "SWA: freq");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
