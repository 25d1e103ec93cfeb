// The initialisers' distributions, in bounds and moments, and what they refuse.
#include "nn/init.h"

#include <cmath>

#include "../fixture.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(init)
namespace {

using namespace testing;

constexpr double kCount = 200 * 50 * 4;  // elements of weight()

/// [200, 50, 2, 2]: fan_in 200, fan_out 800.
Tensor weight() { return zeros({200, 50, 2, 2}, {.dtype = float64, .requires_grad = true}); }

// Five standard errors of the mean and of the mean square; kurtosis 9/5 (uniform) or 3 (normal).
void check_moments(const Tensor& w, double mean, double std, double kurtosis) {
  BOOST_TEST(std::abs(w.mean().item<double>() - mean) < 5 * std / std::sqrt(kCount));
  const double variance = (w - mean).square().mean().item<double>();
  BOOST_TEST(std::abs(variance / (std * std) - 1) < 5 * std::sqrt((kurtosis - 1) / kCount));
}

void check_uniform(const Tensor& w, double a, double b) {
  BOOST_TEST(w.min().item<double>() >= a);
  BOOST_TEST(w.max().item<double>() < b);
  check_moments(w, (a + b) / 2, (b - a) / std::sqrt(12.0), 1.8);
}

BOOST_AUTO_TEST_CASE(uniform_and_normal) {
  check_uniform(init::uniform_(weight()), 0, 1);
  check_uniform(init::uniform_(weight(), {.a = -2, .b = 1}), -2, 1);
  check_uniform(init::uniform_(weight(), 3, 4), 3, 4);
  check_moments(init::normal_(weight()), 0, 1, 3);
  check_moments(init::normal_(weight(), {.mean = 2, .std = 0.5}), 2, 0.5, 3);
  check_moments(init::normal_(weight(), -1, 3), -1, 3, 3);
}

BOOST_AUTO_TEST_CASE(constants) {
  const auto all = [](const Tensor& w, double value) { return (w != value).sum().item<int>() == 0; };
  BOOST_TEST(all(init::constant_(weight(), 0.3), 0.3));
  BOOST_TEST(all(init::ones_(weight()), 1));
  BOOST_TEST(all(init::zeros_(init::ones_(weight())), 0));
  BOOST_TEST(same_bits(init::eye_(ones({2, 3})), tensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}})));
}

BOOST_AUTO_TEST_CASE(xavier) {
  const double std = std::sqrt(2.0 / (200 + 800));
  check_uniform(init::xavier_uniform_(weight()), -std * std::sqrt(3), std * std::sqrt(3));
  check_uniform(init::xavier_uniform_(weight(), {.gain = 2}), -2 * std * std::sqrt(3), 2 * std * std::sqrt(3));
  check_moments(init::xavier_normal_(weight()), 0, std, 3);
  check_moments(init::xavier_normal_(weight(), {.gain = 3}), 0, 3 * std, 3);
}

BOOST_AUTO_TEST_CASE(kaiming) {
  const auto uniform = [](const init::KaimingOptions& options, double std) {
    check_uniform(init::kaiming_uniform_(weight(), options), -std * std::sqrt(3), std * std::sqrt(3));
    check_moments(init::kaiming_normal_(weight(), options), 0, std, 3);
  };
  uniform({}, std::sqrt(2.0 / 200));
  uniform({.a = std::sqrt(5.0)}, std::sqrt(2.0 / 6 / 200));
  uniform({.mode = "fan_out"}, std::sqrt(2.0 / 800));
  uniform({.a = 1, .nonlinearity = "relu"}, std::sqrt(2.0 / 200));
  uniform({.mode = "fan_out", .nonlinearity = "tanh"}, 5.0 / 3 / std::sqrt(800.0));
}

BOOST_AUTO_TEST_CASE(gains) {
  for (const char* name : {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
                           "conv_transpose3d", "sigmoid"}) {
    BOOST_TEST(init::calculate_gain(name) == 1);
  }
  BOOST_TEST(init::calculate_gain("tanh") == 5.0 / 3);
  BOOST_TEST(init::calculate_gain("relu") == std::sqrt(2.0));
  BOOST_TEST(init::calculate_gain("selu") == 0.75);
  BOOST_TEST(init::calculate_gain("leaky_relu") == std::sqrt(2 / 1.0001));
  BOOST_TEST(init::calculate_gain("leaky_relu", 0.2) == std::sqrt(2 / 1.04), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(init::calculate_gain("leaky_relu", {.param = 1.0}) == 1);
}

BOOST_AUTO_TEST_CASE(they_run_without_recording_on_leaves) {
  const Tensor w = weight();
  const Tensor returned = init::kaiming_normal_(w);
  BOOST_TEST(returned.impl() == w.impl());
  BOOST_TEST(w.is_leaf());
  BOOST_TEST(w.requires_grad());
  manual_seed(1);
  const Tensor a = init::normal_(zeros({30}));
  manual_seed(1);
  BOOST_TEST(same_bits(a, init::normal_(ones({30}))));
  BOOST_TEST(init::xavier_uniform_(zeros({0, 3})).numel() == 0);
}

BOOST_AUTO_TEST_CASE(errors) {
  const auto bad = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  const Tensor w = ones({2, 2}), integers = ones({2, 2}, {.dtype = int64}), vector = ones({2});
  bad([&] { init::uniform_(w, {.a = 1, .b = 0}); }, "uniform_: a must not exceed b, got a = 1, b = 0");
  bad([&] { init::uniform_(w, 0, INFINITY); }, "uniform_: b must be finite");
  bad([&] { init::normal_(w, {.std = -1}); }, "normal_: std must be >= 0, got -1");
  bad([&] { init::xavier_normal_(w, {.gain = -1}); }, "xavier_normal_: gain must be >= 0");
  bad([&] { init::xavier_uniform_(w, {.gain = NAN}); }, "xavier_uniform_: gain must be finite");
  bad([&] { init::kaiming_uniform_(w, {.mode = "fan"}); }, "kaiming_uniform_: mode must be fan_in or fan_out, got fan");
  bad([&] { init::kaiming_normal_(w, {.nonlinearity = "swish"}); }, "unknown nonlinearity 'swish'");
  bad([&] { init::calculate_gain("leaky_relu", NAN); }, "calculate_gain: param must be finite");
  require_throws<ShapeError>([&] { init::kaiming_uniform_(vector); }, "kaiming_uniform_: needs at least 2 dims");
  require_throws<ShapeError>([&] { init::kaiming_normal_(vector); }, "got [2]");
  require_throws<ShapeError>([&] { init::xavier_uniform_(vector); }, "xavier_uniform_: needs at least 2 dims");
  require_throws<ShapeError>([&] { init::xavier_normal_(vector); }, "got [2]");
  require_throws<ShapeError>([&] { init::eye_(vector); }, "eye_: needs 2 dims, got [2]");
  require_throws<DTypeError>([&] { init::uniform_(integers); }, "uniform_: needs a floating tensor, got int64");
  require_throws<DTypeError>([&] { init::normal_(integers); }, "got int64");
  require_throws<DTypeError>([&] { init::constant_(integers, 1); }, "got int64");
  require_throws<DTypeError>([&] { init::kaiming_uniform_(integers); }, "got int64");
  require_throws<DTypeError>([&] { init::xavier_uniform_(integers); }, "got int64");
  require_throws<DTypeError>([&] { init::eye_(integers); }, "got int64");
  require_throws<Error>([&] { init::zeros_(Tensor()); }, "undefined");
  BOOST_TEST(same_bits(w, ones({2, 2})));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
