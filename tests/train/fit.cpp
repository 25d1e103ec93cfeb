#include "train/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "../fixture.h"
#include "data/data.h"
#include "losses/losses.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "train/evaluate.h"

using namespace descent;
using namespace descent::testing;
using namespace descent::train;
using descent::data::DataLoader;
using descent::data::TensorDataset;

namespace {

/// y = 2x − 1, eight points.
TensorDataset points() {
  const Tensor x = linspace(-1, 1, 8).reshape({8, 1});
  return {x, 2.0 * x - 1.0};
}

nn::Linear line() {
  nn::Linear net(1, 1);
  const NoGradGuard no_grad;
  net.weight.fill_(0.5);
  net.bias.fill_(0.25);
  return net;
}

/// Three clusters in the plane.
TensorDataset clusters(std::int64_t n, std::uint64_t seed) {
  const Tensor y = (random_tensor({n}, seed, {.low = 0, .high = 3, .dtype = int64}));
  const Tensor centres = tensor({{2.0, 0.0}, {-1.0, 1.7}, {-1.0, -1.7}});
  return {centres.index_select(0, y) + random_tensor({n, 2}, seed + 1, {.dtype = float32}), y};
}

/// Writes down in which mode it was called.
struct Recorder : nn::Module {
  nn::Linear inner = register_module("inner", nn::Linear(1, 1));
  std::shared_ptr<std::string> modes = std::make_shared<std::string>();
  Tensor forward(const Tensor& x) override {
    *modes += is_training() ? 't' : autograd::grad_enabled() ? '?' : 'e';
    return inner(x);
  }
};

const auto kMse = [](const Tensor& a, const Tensor& b) { return losses::mse_loss(a, b); };

}  // namespace

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(loop)

BOOST_AUTO_TEST_CASE(does_what_the_loop_by_hand_does) {
  nn::Linear a = line(), b = line();
  losses::MSELoss criterion;
  DataLoader first(points(), {.batch_size = 3, .shuffle = true, .seed = 4});
  DataLoader second(points(), {.batch_size = 3, .shuffle = true, .seed = 4});
  optim::SGD opt_a(a.parameters(), {.lr = 0.1, .momentum = 0.9}), opt_b(b.parameters(), {.lr = 0.1, .momentum = 0.9});
  const History h = fit(a, criterion, opt_a, first, {.epochs = 2, .progress = false});
  std::vector<double> steps;
  std::vector<double> epochs;
  for (int epoch = 0; epoch < 2; ++epoch) {
    double sum = 0;
    for (auto [x, y] : second) {
      opt_b.zero_grad();
      const Tensor loss = criterion(b(x), y);
      loss.backward();
      opt_b.step();
      steps.push_back(loss.item<double>());
      sum += loss.item<double>() * static_cast<double>(x.size(0));
    }
    epochs.push_back(sum / 8);
  }
  BOOST_TEST(same_bits(a.weight, b.weight));
  BOOST_TEST(same_bits(a.bias, b.bias));
  BOOST_TEST((h.step_loss == steps));
  BOOST_TEST(h.epochs.size() == 2u);
  BOOST_TEST(h.epochs[1].epoch == 2);
  for (std::size_t i : {0u, 1u}) BOOST_TEST(std::abs(h.train_loss()[i] - epochs[i]) < 1e-14);
  BOOST_TEST(std::isnan(h.train_accuracy()[0]));
  BOOST_TEST(std::isnan(h.validation_loss()[0]));
  BOOST_TEST(h.lr()[0] == 0.1);
}

BOOST_AUTO_TEST_CASE(learns_a_line) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4, .shuffle = true});
  optim::Adam opt(net.parameters(), {.lr = 0.05});
  const History h = fit(net, [](const Tensor& a, const Tensor& b) { return losses::mse_loss(a, b); }, opt, loader,
                        {.epochs = 300, .progress = false});
  BOOST_TEST(std::abs(net.weight.item<double>() - 2) < 1e-3);
  BOOST_TEST(std::abs(net.bias.item<double>() + 1) < 1e-3);
  BOOST_TEST(h.step_loss.size() == 600u);
}

BOOST_AUTO_TEST_CASE(validates_where_the_optimizer_says) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4}), test(points(), {.batch_size = 8});
  optim::ScheduleFreeSGD free(net.parameters(), {.lr = 0.1});
  optim::Lookahead opt(free);
  const History h = fit(net, kMse, opt, loader, {.epochs = 2, .validation = &test, .progress = false});
  BOOST_TEST(free.is_training());
  const double trained = evaluate(net, kMse, test).loss;
  opt.eval();
  BOOST_TEST(std::abs(h.validation_loss()[1] - evaluate(net, kMse, test).loss) < 1e-6);
  BOOST_TEST(std::abs(h.validation_loss()[1] - trained) > 1e-3);
  fit(net, kMse, opt, loader, {.progress = false});  // goes on from the parameters of training
  BOOST_TEST(free.is_training());
}

BOOST_AUTO_TEST_CASE(learns_classes_and_validates) {
  manual_seed(1);
  nn::Sequential net{nn::Linear(2, 16), nn::ReLU(), nn::Linear(16, 3)};
  losses::CrossEntropyLoss criterion;
  DataLoader loader(clusters(300, 1), {.batch_size = 32, .shuffle = true}), test(clusters(100, 2), {.batch_size = 30});
  optim::Adam opt(net.parameters(), {.lr = 0.01});
  const History h = fit(net, criterion, opt, loader, {.epochs = 10, .validation = &test, .progress = false});
  BOOST_TEST(h.validation_accuracy().back() > 0.95);
  BOOST_TEST(h.train_accuracy().back() > 0.95);
  BOOST_TEST(h.validation_loss().back() < h.validation_loss().front());
  // The last epoch's figures are those of the network as it is now.
  const Evaluation e = evaluate(net, criterion, test);
  BOOST_TEST(e.loss == h.validation_loss().back());
  BOOST_TEST(e.accuracy == h.validation_accuracy().back());
  BOOST_TEST(e.items == 100);
}

BOOST_AUTO_TEST_CASE(the_schedule_steps_once_an_epoch) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 2});
  optim::SGD opt(net.parameters(), {.lr = 0.4});
  optim::StepLR schedule(opt, {.step_size = 2, .gamma = 0.5});
  const History h = fit(net, kMse, opt, loader, {.epochs = 5, .scheduler = &schedule, .progress = false});
  BOOST_TEST((h.lr() == std::vector<double>{0.4, 0.4, 0.2, 0.2, 0.1}));
}

BOOST_AUTO_TEST_CASE(the_schedule_steps_with_every_batch_where_asked) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4});
  optim::SGD opt(net.parameters(), {.lr = 0.4});
  optim::StepLR schedule(opt, {.step_size = 1, .gamma = 0.5});
  const History h = fit(net, kMse, opt, loader,
                        {.epochs = 2, .scheduler = &schedule, .scheduler_interval = "step", .progress = false});
  BOOST_TEST((h.step_lr == std::vector<double>{0.4, 0.2, 0.1, 0.05}));
  BOOST_TEST((h.lr() == std::vector<double>{0.4, 0.1}));
  BOOST_TEST(opt.param_groups()[0].lr() == 0.025);
  optim::OneCycleLR cycle(opt, {.max_lr = 0.1, .epochs = 3, .steps_per_epoch = loader.size()});
  const History round =
      fit(net, kMse, opt, loader, {.epochs = 3, .scheduler = &cycle, .scheduler_interval = "step", .progress = false});
  BOOST_TEST(cycle.last_epoch() == 6);  // all of the cycle and no step too many
  BOOST_TEST(*std::max_element(round.step_lr.begin(), round.step_lr.end()) <= 0.1);
  BOOST_TEST(round.step_lr[0] < round.step_lr[1]);
}

BOOST_AUTO_TEST_CASE(a_plateau_gets_its_metric) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4}), test(points(), {.batch_size = 8});
  optim::SGD opt(net.parameters(), {.lr = 0.1});
  const auto best_after = [&](FitOptions options, History& h, const char* mode) {
    optim::ReduceLROnPlateau plateau(opt, {.mode = mode});
    options.epochs = 3;
    options.scheduler = &plateau;
    options.progress = false;
    h = fit(net, kMse, opt, loader, options);
    return plateau.state_dict().at("best").item<double>();
  };
  History h;
  const double of_validation = best_after({.validation = &test}, h, "min");
  BOOST_TEST(of_validation == h.validation_loss().back());
  BOOST_TEST(of_validation != h.train_loss().back());
  const double of_training = best_after({}, h, "min");
  BOOST_TEST(of_training == h.train_loss().back());
  const auto number = [](const Epoch& e) { return static_cast<double>(10 * e.epoch); };
  BOOST_TEST(best_after({.validation = &test, .metric = number}, h, "max") == 30);

  optim::ReduceLROnPlateau plateau(opt, {.factor = 0.5, .patience = 1});
  const auto flat = [](const Epoch&) { return 1.0; };
  h = fit(net, kMse, opt, loader, {.epochs = 6, .scheduler = &plateau, .metric = flat, .progress = false});
  BOOST_TEST((h.lr() == std::vector<double>{0.1, 0.1, 0.1, 0.05, 0.05, 0.025}));
  require_throws<std::invalid_argument>(
      [&] { fit(net, kMse, opt, loader, {.scheduler = &plateau, .scheduler_interval = "step", .progress = false}); },
      "fit: scheduler_interval must be \"epoch\" for a schedule that needs a metric");
}

BOOST_AUTO_TEST_CASE(clips_while_it_runs) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 8});
  optim::SGD opt(net.parameters(), {.lr = 1.0});
  fit(net, kMse, opt, loader, {.clip_norm = 0.01, .progress = false});
  const double moved = std::hypot(net.weight.item<double>() - 0.5, net.bias.item<double>() - 0.25);
  BOOST_TEST(std::abs(moved - 0.01) < 1e-6);
  fit(net, kMse, opt, loader, {.progress = false});
  BOOST_TEST(std::abs(net.weight.item<double>() - 0.5) > 0.1);
}

BOOST_AUTO_TEST_CASE(modes_are_set_and_restored) {
  Recorder net;
  DataLoader loader(points(), {.batch_size = 4}), test(points(), {.batch_size = 8});
  optim::SGD opt(net.parameters(), {.lr = 0.01});
  net.inner.eval();
  fit(net, kMse, opt, loader, {.epochs = 2, .validation = &test, .progress = false});
  BOOST_TEST(*net.modes == "ttette");
  BOOST_TEST(net.is_training());
  BOOST_TEST(!net.inner.is_training());
  net.eval();
  net.inner.train();
  fit(net, kMse, opt, loader, {.progress = false});
  BOOST_TEST(!net.is_training());
  BOOST_TEST(net.inner.is_training());
  net.train();
  const auto broken = [](const Tensor&, const Tensor&) -> Tensor { throw Error("planted"); };
  require_throws<Error>([&] { evaluate(net, broken, test); }, "planted");
  BOOST_TEST(net.is_training());
  BOOST_TEST(autograd::grad_enabled());
}

BOOST_AUTO_TEST_CASE(any_callable_is_a_network) {
  Tensor w = zeros({1, 1}).requires_grad_();
  DataLoader loader(points(), {.batch_size = 8});
  optim::SGD opt({w}, {.lr = 0.1});
  const auto net = [&](const Tensor& x) { return x.matmul(w); };
  fit(net, kMse, opt, loader, {.epochs = 200, .progress = false});
  BOOST_TEST(std::abs(w.item<double>() - 2) < 1e-4);
  BOOST_TEST((predict(net, loader).shape() == Shape{8, 1}));
}

BOOST_AUTO_TEST_CASE(predictions_come_in_order) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 3});
  const Tensor joined = predict(net, loader);
  BOOST_TEST(!joined.requires_grad());
  BOOST_TEST(max_relative_error(joined, net(points().tensors()[0])) < 1e-6);
  DataLoader none(TensorDataset{zeros({0, 1})});
  require_throws<Error>([&] { predict(net, none); }, "no batches");
}

BOOST_AUTO_TEST_CASE(a_loss_that_explodes_stops_before_the_step) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4});
  optim::SGD opt(net.parameters(), {.lr = 1e30});
  require_throws<Error>([&] { fit(net, kMse, opt, loader, {.epochs = 9, .progress = false}); },
                        "fit: the loss is inf at step 2 (epoch 1): a learning rate below 1e+30");
  BOOST_TEST(std::isfinite(net.weight.item<double>()));
}

BOOST_AUTO_TEST_CASE(progress_goes_where_it_is_told) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4});
  optim::SGD opt(net.parameters(), {.lr = 0.01});
  std::ostringstream log;
  fit(net, kMse, opt, loader, {.epochs = 2, .validation = &loader, .log = &log});
  BOOST_TEST(log.str().find("epoch 1/2  loss ") == 0u);
  BOOST_TEST(log.str().find("epoch 2/2  loss ") != std::string::npos);
  BOOST_TEST(log.str().find("validation loss ") != std::string::npos);
  BOOST_TEST(log.str().find('\r') == std::string::npos);
  log.str("");
  fit(net, kMse, opt, loader, {.progress = false, .log = &log});
  BOOST_TEST(log.str().empty());
}

BOOST_AUTO_TEST_CASE(refuses) {
  nn::Linear net = line();
  DataLoader loader(points(), {.batch_size = 4}), none(TensorDataset{zeros({0, 1}), zeros({0, 1})});
  DataLoader lonely(TensorDataset{zeros({2, 1})});
  optim::SGD opt(net.parameters(), {.lr = 0.01});
  const auto run = [&](DataLoader& from, FitOptions options) {
    options.progress = false;
    fit(net, kMse, opt, from, options);
  };
  const std::string before = bytes_of(net.weight);
  require_throws<std::invalid_argument>([&] { run(loader, {.epochs = -1}); }, "epochs must not be negative, got -1");
  require_throws<std::invalid_argument>([&] { run(loader, {.clip_norm = 0.0}); }, "clip_norm must be positive, got 0");
  require_throws<std::invalid_argument>([&] { run(loader, {.clip_norm = std::nan("")}); }, "clip_norm");
  require_throws<std::invalid_argument>([&] { run(loader, {.scheduler_interval = "batch"}); },
                                        "scheduler_interval must be \"epoch\" or \"step\", got \"batch\"");
  require_throws<Error>([&] { run(none, {}); }, "fit: the loader has no batches");
  require_throws<Error>([&] { run(lonely, {}); }, "no targets");
  const auto rows = [](const Tensor& a, const Tensor& b) { return (a - b).square(); };
  require_throws<ShapeError>([&] { fit(net, rows, opt, loader, {.progress = false}); }, "");
  BOOST_TEST((bytes_of(net.weight) == before));
  run(none, {.epochs = 0});
  const Evaluation e = evaluate(net, kMse, none);
  BOOST_TEST(std::isnan(e.loss));
  BOOST_TEST(std::isnan(e.accuracy));
  BOOST_TEST(e.items == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
