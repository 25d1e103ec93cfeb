// 50 steps of every optimizer on three problems, against PyTorch's (tests/reference/optim.py).
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "../fixture.h"
#include "cases.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;

namespace {

using Expected = std::map<std::string, std::map<int, std::vector<double>>>;  // "problem case" -> step -> values

Expected read_expected() {
  std::ifstream file(DESCENT_TEST_DATA "/optim/trajectories.txt");
  BOOST_TEST_REQUIRE(file.good());
  Expected out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string problem, name, number;
    int step = 0;
    words >> problem >> name >> step;
    auto& values = out[problem + " " + name][step];
    while (words >> number) values.push_back(std::strtod(number.c_str(), nullptr));
  }
  return out;
}

std::vector<double> flat(const std::vector<Tensor>& params) {
  std::vector<double> out;
  for (const Tensor& p : params) {
    const auto values = p.to_vector<double>();
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

/// The largest error over all steps, relative to max(1, |expected|).
double run(const OptimizerCase& c, Problem problem, double scale, const std::map<int, std::vector<double>>& expected) {
  const auto opt = c.make(problem.params, scale);
  double worst = 0;
  for (int step = 1; step <= 50; ++step) {
    if (c.name.ends_with("_drop") && step == 26) opt->param_groups()[0].set_lr(opt->param_groups()[0].lr() * 0.1);
    opt->zero_grad();
    (c.maximize ? -problem.loss() : problem.loss()).backward();
    opt->step();
    const auto at = expected.find(step);
    if (at == expected.end()) continue;
    const std::vector<double> values = flat(problem.params);
    BOOST_TEST_REQUIRE(values.size() == at->second.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double error = std::abs(values[i] - at->second[i]) / std::max(1.0, std::abs(at->second[i]));
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(trajectories_are_pytorchs) {
  const Expected expected = read_expected();
  BOOST_TEST(expected.size() == 3 * optimizer_cases().size());
  const std::pair<const char*, Problem (*)()> problems[] = {
      {"rosenbrock", rosenbrock}, {"quadratic", quadratic}, {"mlp", mlp}};
  for (const auto& [problem, make] : problems) {
    for (const OptimizerCase& c : optimizer_cases()) {
      const double scale = std::string(problem) == "mlp" && c.name.starts_with("sgd") ? 1000 : 1;
      const auto at = expected.find(std::string(problem) + " " + c.name);
      BOOST_TEST_REQUIRE((at != expected.end()), problem << " " << c.name << " is not in the table");
      const double error = run(c, make(), scale, at->second);
      BOOST_TEST(error <= c.tolerance, problem << " " << c.name << " " << error);
    }
  }
}

// The comparison must notice a step that is a little wrong.
BOOST_AUTO_TEST_CASE(trajectories_notice_a_wrong_rate) {
  const Expected expected = read_expected();
  for (const OptimizerCase& c : optimizer_cases()) {
    BOOST_TEST(run(c, rosenbrock(), 1 + 1e-6, expected.at("rosenbrock " + c.name)) > 1e-10, c.name);
  }
}

BOOST_AUTO_TEST_CASE(gradient_descent_on_a_bowl_has_a_closed_form) {
  const Tensor theta = leaf({1.0, -2.0, 0.5});
  descent::optim::SGD opt({theta}, {.lr = 0.1});
  for (int t = 1; t <= 40; ++t) {
    opt.zero_grad();
    theta.square().sum().backward();
    opt.step();
    const double factor = std::pow(0.8, t);
    BOOST_TEST(max_relative_error(theta.detach(), {factor, -2 * factor, 0.5 * factor}) <= 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(the_rate_decides_between_convergence_and_divergence) {
  for (const double lr : {0.99, 1.01}) {  // the bowl's curvature is 2: the limit is lr = 1
    const Tensor theta = leaf({1.0});
    descent::optim::SGD opt({theta}, {.lr = lr});
    for (int t = 0; t < 200; ++t) {
      opt.zero_grad();
      theta.square().sum().backward();
      opt.step();
    }
    BOOST_TEST((std::abs(theta.detach().item<double>()) < 1) == (lr < 1));
  }
}

BOOST_AUTO_TEST_CASE(proximal_l1_gives_exact_zeros) {
  // min 1/2·‖θ − c‖² + λ‖θ‖₁ is the soft threshold of c.
  const Tensor theta = leaf({3.0, -3.0, 1.0, 1.0, -1.0});
  const Tensor c = from_vector(std::vector<double>{2.0, -1.0, 0.3, -0.5, 0.0});
  descent::optim::SGD opt({theta}, {.lr = 0.3, .momentum = 0.5, .l1 = 0.5});
  for (int t = 0; t < 300; ++t) {
    opt.zero_grad();
    (0.5 * (theta - c).square().sum()).backward();
    opt.step();
  }
  const std::vector<double> x = theta.detach().to_vector<double>();
  BOOST_TEST(std::abs(x[0] - 1.5) < 1e-12);
  BOOST_TEST(std::abs(x[1] + 0.5) < 1e-12);
  BOOST_TEST((x[2] == 0 && x[3] == 0 && x[4] == 0));
}

BOOST_AUTO_TEST_CASE(proximal_l1_of_one_step) {
  Tensor theta = leaf({1.0, -1.0, 0.05, std::nan("")});
  theta.set_grad(zeros_like(theta));
  descent::optim::SGD opt({theta}, {.lr = 0.1, .l1 = 2.0});
  opt.step();
  const std::vector<double> x = theta.detach().to_vector<double>();
  BOOST_TEST(x[0] == 1.0 - 0.1 * 2.0);
  BOOST_TEST(x[1] == -(1.0 - 0.1 * 2.0));
  BOOST_TEST(x[2] == 0.0);
  BOOST_TEST(std::isnan(x[3]));  // divergence must not be hidden
}

BOOST_AUTO_TEST_CASE(centered_rmsprop_survives_rounding) {
  Tensor theta = leaf({0.0});
  descent::optim::RMSprop opt({theta}, {.lr = 1e-3, .alpha = 0.5, .centered = true});
  for (int t = 0; t < 2000; ++t) {
    theta.set_grad(from_vector(std::vector<double>{0.1}));
    opt.step();
  }
  BOOST_TEST(std::isfinite(theta.detach().item<double>()));
}

BOOST_AUTO_TEST_SUITE_END()
