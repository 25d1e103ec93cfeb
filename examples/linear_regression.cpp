// Linear regression by gradient descent: an exact case of four points, then a line through noise with three optimizers
// and two penalties. Writes fit.png and loss.png.
#include <CLI/CLI.hpp>
#include <descent.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

using namespace descent;

namespace {

/// Minimises the mean squared error over all points, one step an epoch.
double descend(nn::Linear& model, const Tensor& x, const Tensor& y, double lr, int steps) {
  optim::SGD opt(model.parameters(), {.lr = lr});
  for (int i = 0; i < steps; ++i) {
    opt.zero_grad();
    losses::mse_loss(model(x), y).backward();
    opt.step();
  }
  return losses::mse_loss(model(x), y).item<double>();
}

/// X = (1,1), (1,2), (2,2), (2,3) and y = 1 … 4. Without a bias the best weights are (7/11, 9/11) with error 1/11; with
/// one the data is met exactly by (1, 1, −1).
void four_points() {
  const Tensor x = tensor({{1.0, 1.0}, {1.0, 2.0}, {2.0, 2.0}, {2.0, 3.0}}, {.dtype = float64});
  const Tensor y = tensor({{1.0}, {2.0}, {3.0}, {4.0}}, {.dtype = float64});
  std::puts("four points, gradient descent");
  for (const bool bias : {false, true}) {
    nn::Linear model(2, 1, {.bias = bias});
    model.to(float64);
    const double error = descend(model, x, y, 0.1, 20000);
    const auto w = model.weight.to_vector<double>();
    std::printf("  %-12s weights (%.6f, %.6f)", bias ? "with bias:" : "no bias:", w[0], w[1]);
    if (bias) std::printf(", bias %.6f", model.bias.item<double>());
    std::printf(", mean squared error %.6f\n", error);
  }
}

struct Run {
  std::string name;
  nn::Linear model{1, 1};
  std::vector<double> curve{};
};

/// Trains on batches of the given size; the loss over all points is noted after each epoch.
template <class Optimizer, class Options>
void train_on(Run& run, const Tensor& x, const Tensor& y, int64_t batch_size, Options options) {
  nn::init::zeros_(run.model.weight);
  nn::init::zeros_(run.model.bias);
  Optimizer opt(run.model.parameters(), options);
  data::DataLoader loader(data::TensorDataset(x, y), {.batch_size = batch_size, .shuffle = true});
  for (int epoch = 0; epoch < 100; ++epoch) {
    const Tensor loss = losses::mse_loss(run.model(x), y);
    run.curve.push_back(loss.item<double>());
    for (auto [xb, yb] : loader) {
      opt.zero_grad();
      losses::mse_loss(run.model(xb), yb).backward();
      opt.step();
    }
  }
}

/// The same line, found under a penalty on the weight: lambda·|w| or lambda·w².
nn::Linear penalised(const Tensor& x, const Tensor& y, double l1, double l2) {
  nn::Linear model(1, 1);
  optim::SGD opt(model.parameters(), {.lr = 0.05});
  for (int i = 0; i < 2000; ++i) {
    opt.zero_grad();
    const Tensor loss =
        losses::mse_loss(model(x), y) + optim::l1_penalty({model.weight}, l1) + optim::l2_penalty({model.weight}, l2);
    loss.backward();
    opt.step();
  }
  return model;
}

void print_line(const std::string& name, const nn::Linear& model) {
  std::printf("  %-28s y = %.4f x + %.4f\n", name.c_str(), model.weight.item<double>(), model.bias.item<double>());
}

void noisy_line(const std::filesystem::path& out) {
  const Tensor x = rand({100, 1}) * 4 - 2;
  const Tensor y = x * 0.5 + 3 + randn({100, 1}) * 0.2;
  std::puts("y = 0.5 x + 3 on 100 noisy points");
  Run gd{"gradient descent"}, sgd{"SGD, batches of 10"}, adam{"Adam, batches of 10"};
  train_on<optim::SGD>(gd, x, y, 100, optim::SGDOptions{.lr = 0.1});
  train_on<optim::SGD>(sgd, x, y, 10, optim::SGDOptions{.lr = 0.1});
  train_on<optim::Adam>(adam, x, y, 10, optim::AdamOptions{.lr = 0.05});
  for (const Run* run : {&gd, &sgd, &adam}) print_line(run->name, run->model);
  const nn::Linear l1 = penalised(x, y, 0.3, 0), l2 = penalised(x, y, 0, 0.3);
  print_line("L1 penalty, lambda 0.3", l1);
  print_line("L2 penalty, lambda 0.3", l2);

  plot::Figure fit({.title = "100 points and the lines found", .x_label = "x", .y_label = "y"});
  fit.scatter(x.flatten(), y.flatten(), {.label = "data", .color = "gray"});
  const Tensor ends = linspace(-2, 2, 2);
  const auto draw = [&](const std::string& name, nn::Linear model, bool dashed) {
    fit.line(ends, model(ends.unsqueeze(1)).detach().flatten(), {.label = name, .dashed = dashed});
  };
  draw("Adam", adam.model, false);
  draw("L1 penalty", l1, true);
  draw("L2 penalty", l2, true);
  fit.save((out / "fit.png").string());

  plot::Figure loss({.title = "Three ways down", .x_label = "epoch", .y_label = "mean squared error", .log_y = true});
  for (const Run* run : {&gd, &sgd, &adam}) loss.line(run->curve, {.label = run->name});
  loss.save((out / "loss.png").string());
  std::cout << "wrote fit.png and loss.png to " << out.string() << "/\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Linear regression by gradient descent.");
  std::string out = "out";
  uint64_t seed = 1;
  app.add_option("--out", out, "folder for the pictures")->capture_default_str();
  app.add_option("--seed", seed, "of points and noise")->capture_default_str()->check(CLI::Range(0, 2147483647));
  try {
    app.parse(argc, argv);
    manual_seed(seed);
    std::filesystem::create_directories(out);
    four_points();
    noisy_line(out);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "linear_regression: " << error.what() << "\n";
    return 1;
  }
}
