// What Diagnostics records.
#include "train/diagnostics.h"

#include <algorithm>
#include <cmath>

#include "../fixture.h"
#include "../io/files.h"
#include "../plot/picture.h"
#include "data/data.h"
#include "losses/losses.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "train/fit.h"

using namespace descent;
using namespace descent::testing;
using namespace descent::train;
using descent::data::DataLoader;
using descent::data::TensorDataset;

namespace {

Tensor leaf(const std::vector<double>& values, const Shape& shape, const std::vector<double>& gradient = {}) {
  Tensor p = from_vector(values, shape);
  p.requires_grad_();
  if (!gradient.empty()) p.set_grad(from_vector(gradient, shape));
  return p;
}

/// One step of SGD at rate 0.1 on θ = (3, 4), g = (0, 2); `clip` is called between before_step and the step.
LayerStep one_step(const std::function<void(optim::SGD&, const Tensor&)>& clip) {
  const Tensor p = leaf({3, 4}, {2, 1}, {0, 2});
  optim::SGD opt({p}, {.lr = 0.1});
  Diagnostics d({{"p", p}}, opt);
  d.before_step();
  clip(opt, p);
  opt.step();
  d.after_step(7.0);
  BOOST_TEST(d.steps().size() == 1u);
  BOOST_TEST(d.steps()[0].step == 1);
  BOOST_TEST(d.steps()[0].loss == 7);
  BOOST_TEST(std::isnan(d.steps()[0].sharpness));
  return d.steps()[0].layers[0];
}

TensorDataset points() {
  const Tensor x = linspace(-1, 1, 16).reshape({8, 2});
  return {x, x.sum({1}, true)};
}

const auto kMse = [](const Tensor& a, const Tensor& b) { return losses::mse_loss(a, b); };

}  // namespace

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(diagnostics)

BOOST_AUTO_TEST_CASE(measures_a_step) {
  const LayerStep s = one_step([](optim::SGD&, const Tensor&) {});
  BOOST_TEST(s.weight_norm == 5);
  BOOST_TEST(s.grad_norm == 2);
  BOOST_TEST(s.grad_rms == 2);  // of the one element that is not 0
  BOOST_TEST(s.zero_fraction == 0.5);
  BOOST_TEST(s.nonfinite_fraction == 0);
  BOOST_TEST(std::abs(s.update_norm - 0.2) < 1e-15);
  BOOST_TEST(std::abs(s.update_ratio - 0.04) < 1e-15);
  BOOST_TEST(std::abs(s.effective_rate - 0.1) < 1e-15);
  BOOST_TEST(s.clip_factor == 1);
  BOOST_TEST(s.dead_fraction == 0);
}

BOOST_AUTO_TEST_CASE(the_clip_factor_is_that_of_the_step) {
  const double norm_factor = 0.5 / (2 + 1e-6);
  LayerStep s = one_step([](optim::SGD& opt, const Tensor&) { opt.set_clip_norm(0.5); });
  BOOST_TEST(s.clip_factor == norm_factor);
  BOOST_TEST(s.grad_norm == 2);
  BOOST_TEST(std::abs(s.effective_rate - 0.1 * norm_factor) < 1e-15);
  s = one_step([](optim::SGD& opt, const Tensor&) { opt.set_clip_norm(0.5, {.per_parameter = true}); });
  BOOST_TEST(s.clip_factor == norm_factor);
  s = one_step([](optim::SGD& opt, const Tensor&) { opt.set_clip_agc(0.1); });  // rows (3) and (4): 0.4 is left of 2
  BOOST_TEST(std::abs(s.clip_factor - 0.2) < 1e-15);
  BOOST_TEST(std::abs(s.effective_rate - 0.02) < 1e-15);
  s = one_step([](optim::SGD&, const Tensor& p) { optim::clip_grad_norm_({p}, 0.5); });  // by hand
  BOOST_TEST(std::abs(s.clip_factor - norm_factor) < 1e-15);
  BOOST_TEST(s.grad_norm == 2);
  s = one_step([](optim::SGD& opt, const Tensor& p) {
    optim::clip_grad_value_({p}, 1);
    opt.set_clip_norm(0.5);
  });
  BOOST_TEST(std::abs(s.clip_factor - 0.5 * 0.5 / (1 + 1e-6)) < 1e-15);
}

BOOST_AUTO_TEST_CASE(the_clip_factor_of_wrappers_and_of_a_step_that_does_not_clip) {
  const Tensor p = leaf({3, 4}, {2, 1}, {0, 2}), q = leaf({1}, {1}, {0.1});
  optim::SGD sgd({p, q}, {.lr = 0.1});
  optim::Lookahead ahead(sgd);
  BOOST_TEST(ahead.clip_factor(p) == 1);
  ahead.set_clip_norm(0.5, {.per_parameter = true});
  ahead.step();
  BOOST_TEST(ahead.clip_factor(p) == 0.5 / (2 + 1e-6));
  BOOST_TEST(ahead.clip_factor(q) == 1);
  ahead.set_clip_norm(std::numeric_limits<double>::infinity());
  ahead.step();
  BOOST_TEST(ahead.clip_factor(p) == 1);
}

BOOST_AUTO_TEST_CASE(gradients_that_are_missing_sparse_or_not_finite) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor a = leaf({1, 2}, {1, 2}), b = leaf({1, 2, 3, 4}, {4, 1}, {1, inf, NAN, 0}), zero = leaf({0}, {1}, {1});
  Tensor table = leaf({1, 1, 2, 2, 3, 3}, {3, 2});
  embedding(tensor({1}), table, {.sparse = true}).sum().backward();
  optim::SGD opt({a, b, zero, table}, {.lr = 1});
  Diagnostics d({{"a", a}, {"b", b}, {"zero", zero}, {"table", table}}, opt);
  d.before_step();
  opt.step();
  d.after_step(1.0);
  const std::vector<LayerStep>& s = d.steps()[0].layers;
  BOOST_TEST(std::isnan(s[0].grad_norm));
  BOOST_TEST(std::isnan(s[0].zero_fraction));
  BOOST_TEST(std::isnan(s[0].clip_factor));
  BOOST_TEST(s[0].update_norm == 0);
  BOOST_TEST(s[1].nonfinite_fraction == 0.5);
  BOOST_TEST(s[1].zero_fraction == 0.25);
  BOOST_TEST(std::isnan(s[2].update_ratio));  // of a weight that was 0
  BOOST_TEST(s[2].update_norm == 1);
  BOOST_TEST(s[3].grad_norm == std::sqrt(2));
  BOOST_TEST(s[3].update_norm == std::sqrt(2));
  BOOST_TEST(std::isnan(s[3].dead_fraction));
}

BOOST_AUTO_TEST_CASE(training_stays_the_same) {
  const auto train = [](bool watched) {
    manual_seed(5);
    nn::Sequential net{nn::Linear(2, 8), nn::Dropout(0.5), nn::ReLU(), nn::Linear(8, 1)};
    DataLoader loader(points(), {.batch_size = 4, .shuffle = true});
    optim::Adam opt(net.parameters(), {.lr = 0.01});
    Diagnostics d(net, opt, {.sharpness_every = 2});
    FitOptions options{.epochs = 3, .clip_norm = 0.5, .progress = false};
    if (watched) options.diagnostics = &d;
    fit(net, kMse, opt, loader, options);
    BOOST_TEST(d.steps().size() == (watched ? 6u : 0u));
    if (watched) {
      BOOST_TEST((d.layers() == std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias"}));
      for (std::size_t k = 0; k < 6; ++k) BOOST_TEST(std::isnan(d.steps()[k].sharpness) == (k % 2 == 1));
      BOOST_TEST(d.steps()[0].layers[0].clip_factor < 1);
    }
    return net.at<nn::Linear>(3).weight.detach().clone();
  };
  BOOST_TEST(same_bits(train(true), train(false)));
}

BOOST_AUTO_TEST_CASE(every_nth_step) {
  const Tensor p = leaf({1}, {1}, {1});
  optim::SGD opt({p}, {.lr = 0.1});
  Diagnostics d({{"p", p}}, opt, {.every = 3});
  for (int i = 0; i < 7; ++i) {
    d.before_step();
    opt.step();
    d.after_step(Tensor(p.detach()));
  }
  std::vector<std::int64_t> at;
  for (const DiagnosticsStep& s : d.steps()) at.push_back(s.step);
  BOOST_TEST((at == std::vector<std::int64_t>{1, 4, 7}));
  BOOST_TEST(std::abs(d.steps()[1].loss - 0.6) < 1e-12);
}

BOOST_AUTO_TEST_CASE(closures_that_are_called_again) {
  const Tensor p = leaf({3, 4}, {2, 1});
  optim::SGD sgd({p}, {.lr = 0.1});
  optim::SAM sam(sgd, {.rho = 0.5});
  Diagnostics d({{"p", p}}, sam);
  const Tensor before = p.detach().clone();
  std::vector<Tensor> gradients;
  const Tensor loss = sam.step([&] {
    sam.zero_grad();
    Tensor l = p.square().sum();
    l.backward();
    gradients.push_back(p.grad().detach().clone());
    d.before_step();
    return l;
  });
  d.after_step(loss);
  const LayerStep& s = d.steps()[0].layers[0];
  BOOST_TEST(gradients.size() == 2u);
  BOOST_TEST(s.weight_norm == 5);
  BOOST_TEST(std::abs(s.grad_norm - norm(gradients[1]).item<double>()) < 1e-12);
  BOOST_TEST(std::abs(s.update_norm - norm(p.detach() - before).item<double>()) < 1e-12);
  BOOST_TEST(std::abs(s.effective_rate - 0.1) < 1e-12);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_broken_off) {
  nn::Linear net(2, 1);
  DataLoader loader(points(), {.batch_size = 8});
  optim::SGD opt(net.parameters(), {.lr = 0.1});
  Diagnostics d(net, opt);
  d.before_step();
  const Tensor moved = net.weight.detach() + 1.0;
  d.cancel_step();
  {
    const NoGradGuard no_grad;
    net.weight.copy_(moved);
  }
  const auto broken = [](const Tensor&, const Tensor&) -> Tensor { throw Error("planted"); };
  require_throws<Error>([&] { fit(net, broken, opt, loader, {.diagnostics = &d, .progress = false}); }, "planted");
  fit(net, kMse, opt, loader, {.diagnostics = &d, .progress = false});
  BOOST_TEST(d.steps().size() == 1u);
  BOOST_TEST(std::abs(d.steps()[0].layers[0].weight_norm - norm(moved).item<double>()) < 1e-6);
  require_throws<Error>([&] { d.after_step(1.0); }, "Diagnostics: after_step must come after before_step");
}

BOOST_AUTO_TEST_CASE(tables_and_pictures) {
  const TempDir dir;
  const Tensor a = leaf({3, 4}, {2, 1}, {0, 2}), b = leaf({2}, {1});
  optim::SGD opt({a, b}, {.lr = 0.125});
  opt.set_clip_norm(1e9);
  Diagnostics d({{"first", a}, {"second", b}}, opt);
  BOOST_TEST(d.report() == "no steps recorded\n");
  d.save_plot(dir / "empty.png");
  for (int i = 0; i < 3; ++i) {
    d.before_step();
    opt.step();
    d.after_step(0.5);
  }
  const std::string report = d.report();
  for (const char* part :
       {"step 3, loss 0.5; medians of the last 3 records\n", "first    2.00e+00", "1.25e-01", "50 %"}) {
    BOOST_TEST(report.find(part) != std::string::npos, part << " in\n" << report);
  }
  BOOST_TEST(report.find("second") == std::string::npos);  // of one dim: in the file alone
  d.save_csv(dir / "d.csv");
  const std::string csv = read_file(dir / "d.csv");
  BOOST_TEST(csv.find("step,loss,sharpness,layer,weight_norm,grad_norm,grad_rms,zero_fraction,nonfinite_fraction,"
                      "update_norm,update_ratio,effective_rate,clip_factor,dead_fraction\n"
                      "1,0.5,,first,5,2,2,0.5,0,0.25,0.05,0.125,1,0\n"
                      "1,0.5,,second,2,,,,,0,0,,,\n"
                      "2,0.5,,first,") == 0u);
  BOOST_TEST(std::count(csv.begin(), csv.end(), '\n') == 7);
  d.save_plot(dir / "d.png");
  BOOST_TEST(decode_file(dir / "d.png").width == 3000);
  BOOST_TEST(picture_of(d.figure("effective_rate", "of mine")).width == 1000);
  require_throws<std::invalid_argument>([&] { d.figure("loss2"); },
                                        "quantity: expected one of loss, sharpness, weight_norm, grad_norm");
}

BOOST_AUTO_TEST_CASE(many_layers_are_drawn_as_a_heat_map) {
  StateDict names;
  for (int i = 0; i < 9; ++i) names["layer" + std::to_string(i)] = leaf({1, 1}, {2, 1}, {std::pow(10, i), 0});
  std::vector<Tensor> params;
  for (auto& [name, p] : names) params.push_back(p);
  optim::SGD opt(params, {.lr = 1e-9});
  Diagnostics d(names, opt);
  for (int i = 0; i < 4; ++i) {
    d.before_step();
    opt.step();
    d.after_step(0.5);
  }
  const Picture p = picture_of(d.figure("grad_norm"));
  BOOST_TEST(p.count(0x440154, 2) > 1000);  // viridis' two ends: the smallest on top
  BOOST_TEST(p.count(0xfde725, 2) > 1000);
  BOOST_TEST(p.bounds(0x440154, 2).y0 < p.bounds(0xfde725, 2).y1);
}

BOOST_AUTO_TEST_CASE(fractions_are_drawn_from_0_and_losses_that_span_decades_on_a_log_axis) {
  const auto pictures = [](int layers, double loss) {
    StateDict names;
    for (int i = 0; i < layers; ++i) names["layer" + std::to_string(i)] = leaf({1, 1}, {2, 1}, {1, 1});
    optim::SGD opt({names.begin()->second}, {.lr = 1e-9});
    Diagnostics d(names, opt);
    for (const double value : {1.0, 0.5, loss}) {
      d.before_step();
      opt.step();
      d.after_step(value);
    }
    return std::pair{picture_of(d.figure("zero_fraction")), picture_of(d.figure("loss"))};
  };
  // Pixels of a colour in the left half, above or below a third of the height.
  const auto left = [](const Picture& p, std::uint32_t color, bool above) {
    return p.count(color, 2, 0, above ? 0 : p.height / 3, p.width / 2, above ? p.height / 3 : p.height);
  };
  const auto [cells, shallow] = pictures(9, 0.02);
  const auto [lines, deep] = pictures(1, 0.002);
  BOOST_TEST(left(cells, 0x440154, true) > 1000);  // no zeros: the colour of the low end, not that of the middle
  BOOST_TEST(left(lines, 0x440154, true) == 0);    // and the line lies at the bottom
  BOOST_TEST(left(lines, 0x440154, false) > 100);
  BOOST_TEST(left(shallow, 0x0072b2, false) > 100);  // from 1 to 0.5: half of the way, on a linear axis
  BOOST_TEST(left(deep, 0x0072b2, false) == 0);
  BOOST_TEST(left(deep, 0x0072b2, true) > 100);
}

BOOST_AUTO_TEST_CASE(refuses) {
  const Tensor p = leaf({1}, {1}, {1});
  optim::SGD opt({p}, {.lr = 0.1});
  const auto refuse = [&](const DiagnosticsOptions& options, const char* part) {
    require_throws<std::invalid_argument>([&] { Diagnostics({{"p", p}}, opt, options); }, part);
  };
  refuse({.every = 0}, "Diagnostics: every must be at least 1, got 0");
  refuse({.sharpness_every = -1}, "sharpness_every");
  refuse({.patience = 0}, "patience");
  refuse({.vanishing = 1}, "vanishing must be in [0, 1)");
  refuse({.exploding = 1}, "exploding must be above 1");
  refuse({.jump = NAN}, "jump");
  refuse({.update_ratio = 0}, "update_ratio");
  refuse({.loss_growth = 1}, "loss_growth");
  refuse({.instability = 0}, "instability");
  refuse({.dead_after = 0}, "dead_after");
  refuse({.dead_fraction = 1.5}, "dead_fraction must be in (0, 1]");
  require_throws<std::invalid_argument>([&] { Diagnostics({{"p", p.detach()}}, opt); }, "no parameter that requires");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
