// What Diagnostics warns of, and what not.
#include <cmath>

#include "../fixture.h"
#include "data/data.h"
#include "losses/losses.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "train/diagnostics.h"
#include "train/fit.h"

using namespace descent;
using namespace descent::testing;
using namespace descent::train;

namespace {

Tensor weight(double value = 1) { return full({2, 2}, value, {.dtype = float64, .requires_grad = true}); }

/// Two weights, "first" and "last", whose gradients the test sets; SGD at a rate that does not matter.
struct Bench {
  Tensor first = weight(), last = weight();
  optim::SGD opt{{first, last}, {.lr = 1e-9}};
  Diagnostics watch;

  explicit Bench(const DiagnosticsOptions& options = {}) : watch({{"first", first}, {"last", last}}, opt, options) {}

  void steps(int n, const Tensor& of_first, double of_last = 1, double loss = 1) {
    for (int i = 0; i < n; ++i) {
      first.set_grad(of_first);
      last.set_grad(full_like(last, of_last).detach());
      watch.before_step();
      opt.step();
      watch.after_step(loss);
    }
  }
  void steps(int n, double of_first, double of_last = 1, double loss = 1) {
    steps(n, full({2, 2}, of_first, {.dtype = float64}), of_last, loss);
  }
  /// "kind layer step" of each warning.
  std::string found() const {
    std::string text;
    for (const Warning& w : watch.warnings()) text += w.kind + " " + w.layer + " " + std::to_string(w.step) + ";";
    return text;
  }
};

const Warning& only(const Diagnostics& watch) {
  BOOST_TEST_REQUIRE(watch.warnings().size() == 1u);
  return watch.warnings()[0];
}

void says(const Diagnostics& watch, const char* part) {
  const std::string text = only(watch).message + "; " + only(watch).advice;
  BOOST_TEST(text.find(part) != std::string::npos, part << " in " << text);
}

Diagnostics trained(nn::Sequential& net, optim::Optimizer& opt, const data::SyntheticImages& set) {
  Diagnostics watch(net, opt);
  data::DataLoader loader(set, {.batch_size = 50, .shuffle = true});
  fit(net, losses::CrossEntropyLoss(), opt, loader, {.epochs = 2, .diagnostics = &watch, .progress = false});
  return watch;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(diagnostics_rules)

BOOST_AUTO_TEST_CASE(nothing_is_said_of_healthy_steps) {
  Bench b;
  for (const double of_first : {0.002, 0.1, 9.0, 800.0, 0.002}) b.steps(50, of_first);
  BOOST_TEST(b.found().empty());
}

BOOST_AUTO_TEST_CASE(vanishing) {
  Bench b;
  b.steps(9, 0.9e-3);
  b.steps(1, 1.1e-3);  // the row is broken
  b.steps(9, 0.9e-3);
  BOOST_TEST(b.found().empty());
  b.steps(5, 0.9e-3);
  BOOST_TEST(b.found() == "vanishing first 20;");  // once
  says(b.watch, "0.0009 as large as those of last");

  Bench underflow;
  underflow.steps(10, 0);
  BOOST_TEST(underflow.found() == "vanishing first 10;");
  says(underflow.watch, "all of its elements are 0, those of last are not");
}

BOOST_AUTO_TEST_CASE(exploding) {
  Bench b;
  b.steps(9, 1.1e3);
  BOOST_TEST(b.found().empty());
  b.steps(2, 1.1e3);
  BOOST_TEST(b.found() == "exploding first 10;");
  says(b.watch, "1.1e+03 times as large as those of last");

  Bench jump;
  jump.steps(10, 1);
  jump.steps(1, 99);
  BOOST_TEST(jump.found().empty());
  jump.steps(1, 99 * 101);
  BOOST_TEST(jump.found() == "exploding first 12;");
  says(jump.watch, "is 101 times the longest so far");

  Bench nan;
  nan.steps(1, from_vector(std::vector<double>{1, NAN, 1, 1}, {2, 2}));
  BOOST_TEST(nan.found() == "exploding first 1;");
  says(nan.watch, "25 % of the gradient's elements are not finite");
}

BOOST_AUTO_TEST_CASE(dead_units) {
  const Tensor half = from_vector(std::vector<double>{0, 0, 1, 1}, {2, 2});
  Bench b;
  b.steps(19, half);
  b.steps(1, 1);
  b.steps(19, half);
  BOOST_TEST(b.found().empty());
  b.steps(2, half);
  BOOST_TEST(b.found() == "dead first 40;");
  says(b.watch, "1 of 2 units are dead: their gradient was 0 in 20 records");
  BOOST_TEST(b.watch.steps().back().layers[0].dead_fraction == 0.5);

  Bench whole;
  whole.steps(20, 0, 1);
  BOOST_TEST(whole.found() == "vanishing first 10;dead first 20;");
  Bench behind;
  behind.steps(20, 0, 0);
  BOOST_TEST(behind.found() == "dead last 20;");  // before it, no gradient can come

  Bench tolerant({.dead_fraction = 0.6});
  tolerant.steps(50, half);
  BOOST_TEST(tolerant.found().empty());
}

BOOST_AUTO_TEST_CASE(words_that_do_not_come_up_are_no_dead_units) {
  const auto dead_of = [](nn::Module& net, bool by_module) {
    optim::SGD opt(net.parameters(), {.lr = 1e-3});
    Diagnostics watch = by_module ? Diagnostics(net, opt) : Diagnostics(net.named_parameters(), opt);
    for (int i = 0; i < 25; ++i) {
      opt.zero_grad();
      const Tensor loss = net(tensor({1, 2})).square().sum();
      loss.backward();
      watch.before_step();
      opt.step();
      watch.after_step(loss);
    }
    return watch.warnings().size();
  };
  nn::Sequential net{nn::Embedding(10, 3), nn::Linear(3, 2)};
  nn::Embedding alone(10, 3);
  BOOST_TEST(dead_of(net, true) == 0u);
  BOOST_TEST(dead_of(alone, true) == 0u);
  BOOST_TEST(dead_of(net, false) == 1u);  // nothing says that these rows are words
}

BOOST_AUTO_TEST_CASE(steps_that_are_too_long) {
  const auto there_and_back = [](Bench& b, double lr, int n) {
    b.opt.param_groups()[0].set_lr(lr);
    for (int i = 0; i < n; ++i) b.steps(1, i % 2 == 0 ? 1 : -1, 0.01);
  };
  Bench calm, fast;
  there_and_back(calm, 0.09, 30);  // 9 and 9.9 %
  BOOST_TEST(calm.found().empty());
  there_and_back(fast, 0.3, 9);
  BOOST_TEST(fast.found().empty());
  there_and_back(fast, 0.3, 3);
  BOOST_TEST(fast.found() == "rate first 10;");
  says(fast.watch, "every step changes the weights by 43 % of their length");
  says(fast.watch, "(now 0.3)");
}

BOOST_AUTO_TEST_CASE(losses_that_grow) {
  Bench b;
  b.steps(10, 1, 1, 2);
  b.steps(10, 1, 1, 4.1);
  BOOST_TEST(b.found() == "rate first 20;");
  says(b.watch, "the loss has grown from 2 to 4.1");
  Bench calm;
  calm.steps(10, 1, 1, 2);
  calm.steps(20, 1, 1, 3.9);
  BOOST_TEST(calm.found().empty());
  Bench broken;
  broken.steps(1, 1, 2, NAN);
  BOOST_TEST(broken.found() == "rate last 1;");  // the longer step
}

BOOST_AUTO_TEST_CASE(losses_that_are_too_sharp) {
  const auto found = [](const optim::SGDOptions& options, std::int64_t steps) {
    const Tensor flat = weight(), sharp = weight();
    optim::SGD opt({flat, sharp}, options);
    Diagnostics watch({{"flat", flat}, {"sharp", sharp}}, opt, {.sharpness_every = 1, .update_ratio = 1e9});
    for (std::int64_t i = 0; i < steps; ++i) {
      {
        const NoGradGuard no_grad;
        for (Tensor p : {flat, sharp}) p.fill_(1);
      }
      opt.zero_grad();
      const Tensor loss = (flat.square() + 50.0 * sharp.square()).sum();  // λ = 2 and 100
      watch.before_backward(loss);
      loss.backward();
      watch.before_step();
      opt.step();
      watch.after_step(loss);
    }
    std::string text;
    for (const Warning& w : watch.warnings()) text += w.kind + " " + w.layer + ": " + w.message + "; " + w.advice;
    return text;
  };
  BOOST_TEST(found({.lr = 0.039}, 5) == "");  // twice 2/λ is 0.04
  BOOST_TEST(found({.lr = 0.041}, 2) == "");  // three measurements
  BOOST_TEST(found({.lr = 0.041}, 3).find("rate sharp: the loss is too sharp for the rate") == 0u);
  BOOST_TEST(found({.lr = 0.041}, 3).find("stable below 0.02; that rate (now 0.041)") != std::string::npos);
  BOOST_TEST(found({.lr = 0.075, .momentum = 0.9}, 5) == "");  // 2·(1 + 0.9)/λ = 0.038
  BOOST_TEST(found({.lr = 0.077, .momentum = 0.9}, 5) != "");
  BOOST_TEST(found({.lr = 0.027, .momentum = 0.9, .nesterov = true}, 5) == "");  // 2·(1 + 0.9)/(1 + 2·0.9)/λ = 0.0136
  BOOST_TEST(found({.lr = 0.0273, .momentum = 0.9, .nesterov = true}, 5) != "");
  BOOST_TEST(found({.lr = 0.14, .momentum = 0.9, .dampening = 0.5}, 5) == "");  // 2·(1 + 0.9)/(1 − 0.5)/λ = 0.076
  BOOST_TEST(found({.lr = 0.16, .momentum = 0.9, .dampening = 0.5}, 5) != "");
  BOOST_TEST(found({.lr = 0.041, .dampening = 0.5}, 5) != "");  // nothing without momentum
  BOOST_TEST(found({.lr = 0.041, .maximize = true}, 5) == "");
}

BOOST_AUTO_TEST_CASE(warnings_are_told_as_they_arise) {
  std::string told;
  Bench b({.patience = 2, .on_warning = [&](const Warning& w) { told += w.kind + w.layer; }});
  b.steps(1, 1e-9);
  BOOST_TEST(told.empty());
  b.steps(3, 1e-9);
  BOOST_TEST(told == "vanishingfirst");
  BOOST_TEST(b.watch.report().find("vanishing in first (step 2): the gradient vanishes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_deep_net_of_sigmoids_and_its_repair) {
  const data::SyntheticImages images({.size = 1000, .mean = 0.2, .std = 0.3});
  manual_seed(1);
  nn::Sequential deep{nn::Flatten(), nn::Linear(784, 32)}, repaired{nn::Flatten(), nn::Linear(784, 32)};
  for (int i = 0; i < 8; ++i) {
    deep.push_back(nn::Sigmoid());
    deep.push_back(nn::Linear(32, 32));
    repaired.push_back(nn::ReLU());
    repaired.push_back(nn::Linear(32, 32));
  }
  deep.push_back(nn::Linear(32, 10));
  repaired.push_back(nn::Linear(32, 10));
  for (Tensor& p : repaired.parameters()) {
    if (p.dim() == 2) nn::init::kaiming_normal_(p, {.nonlinearity = "relu"});
  }
  optim::SGD a(deep.parameters(), {.lr = 0.05}), b(repaired.parameters(), {.lr = 0.05});
  const Diagnostics broken = trained(deep, a, images), whole = trained(repaired, b, images);
  BOOST_TEST(broken.warnings().size() >= 3u);
  for (const Warning& w : broken.warnings()) BOOST_TEST(w.kind == "vanishing");
  BOOST_TEST(broken.warnings()[0].layer == "1.weight");
  BOOST_TEST(whole.warnings().empty(), whole.report());
}

BOOST_AUTO_TEST_CASE(relus_that_never_answer) {
  const data::SyntheticImages images({.size = 1000});
  manual_seed(2);
  nn::Sequential net{nn::Flatten(), nn::Linear(784, 40), nn::ReLU(), nn::Linear(40, 10)};
  {
    const NoGradGuard no_grad;
    net.at<nn::Linear>(1).bias.slice(0, 0, 20).fill_(-1000);
  }
  optim::SGD opt(net.parameters(), {.lr = 0.01});
  const Diagnostics watch = trained(net, opt, images);
  const Warning& w = only(watch);
  BOOST_TEST(w.kind == "dead");
  BOOST_TEST(w.layer == "1.weight");
  BOOST_TEST(watch.steps().back().layers[0].dead_fraction >= 0.5);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
