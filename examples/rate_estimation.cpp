// How often does something happen? The waiting times x_i of an exponential distribution with rate θ have the negative
// log-likelihood mean(x)·θ − log θ, smallest at θ = 1 / mean(x). Six optimizers look for it from the same start, with
// the gradient from the tape. Writes rate.png.
#include <CLI/CLI.hpp>
#include <descent.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

using namespace descent;

namespace {

constexpr double kStart = 0.1;
constexpr int kSteps = 400;

struct Run {
  std::string name;
  std::vector<double> path;  // θ after each step
};

/// θ must stay positive, and a step may jump below 0, where the logarithm is not defined: so log θ is what is learnt.
template <class Optimizer, class Options>
Run descend(const std::string& name, const std::function<Tensor()>& draw, Options options) {
  Tensor log_theta = tensor(std::log(kStart), {.dtype = float64, .requires_grad = true});
  Optimizer opt({log_theta}, options);
  Run run{name, {kStart}};
  for (int i = 0; i < kSteps; ++i) {
    opt.zero_grad();
    const Tensor theta = exp(log_theta);
    const Tensor loss = (draw() * theta - log(theta)).mean();
    loss.backward();
    opt.step();
    run.path.push_back(std::exp(log_theta.item<double>()));
  }
  return run;
}

/// The first step from which on θ stays within 1 % of the optimum; −1 if there is none.
int settled(const Run& run, double best) {
  int step = -1;
  for (int i = kSteps; i >= 0 && std::abs(run.path[static_cast<size_t>(i)] - best) <= 0.01 * best; --i) step = i;
  return step;
}

void estimate(const std::filesystem::path& out, int64_t count) {
  const double rate = 0.5;
  const Tensor x = -log(1 - rand({count}, {.dtype = float64})) / rate;  // inverse of the distribution function
  const double best = 1 / x.mean().item<double>();
  std::printf("%lld waiting times, mean %.4f: the rate is 1 / mean = %.4f\n", static_cast<long long>(count), 1 / best,
              best);

  const auto all = [&] { return x; };
  const auto one = [&] { return x[randint(count, {1}).item<int64_t>()]; };
  const std::vector<Run> runs{
      descend<optim::SGD>("gradient descent", all, optim::SGDOptions{.lr = 0.1}),
      descend<optim::SGD>("SGD, one sample", one, optim::SGDOptions{.lr = 0.02}),
      descend<optim::SGD>("momentum", all, optim::SGDOptions{.lr = 0.02, .momentum = 0.9}),
      descend<optim::Adagrad>("AdaGrad", all, optim::AdagradOptions{.lr = 0.3}),
      descend<optim::RMSprop>("RMSProp", all, optim::RMSpropOptions{.lr = 0.01}),
      descend<optim::Adam>("Adam", all, optim::AdamOptions{.lr = 0.05}),
  };
  std::printf("%-20s %10s %12s   %s\n", "optimizer", "theta", "error", "within 1 % from step");
  plot::Figure figure({.title = "Estimating a rate", .x_label = "step", .y_label = "θ", .legend = "lower right"});
  for (const Run& run : runs) {
    const double theta = run.path.back();
    const int step = settled(run, best);
    std::printf("%-20s %10.5f %12.2e   %s\n", run.name.c_str(), theta, std::abs(theta - best),
                step < 0 ? "never" : std::to_string(step).c_str());
    figure.line(run.path, {.label = run.name});
  }
  figure.line(std::vector<double>{0, kSteps}, std::vector<double>{best, best},
              {.label = "1 / mean(x)", .color = "black", .width = 1, .dashed = true});
  figure.save((out / "rate.png").string());
  std::cout << "wrote rate.png to " << out.string() << "/\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Estimates the rate of an exponential distribution with six optimizers.");
  std::string out = "out";
  uint64_t seed = 1;
  int64_t count = 200;
  app.add_option("--out", out, "folder for the picture")->capture_default_str();
  app.add_option("--seed", seed, "of the data")->capture_default_str()->check(CLI::Range(0, 2147483647));
  app.add_option("--count", count, "number of waiting times")->capture_default_str()->check(CLI::Range(1, 100000000));
  try {
    app.parse(argc, argv);
    manual_seed(seed);
    std::filesystem::create_directories(out);
    estimate(out, count);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "rate_estimation: " << error.what() << "\n";
    return 1;
  }
}
