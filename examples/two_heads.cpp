// One network, two tasks on Fashion-MNIST: it sees the upper half of a picture and says which piece of clothing it is,
// and how bright the lower half is on average, in percent. Squared percentage points are much larger numbers than a
// cross entropy: five ways to train both are compared.
//
//   two_heads --epochs 5 --weight 0.01
#include <CLI/CLI.hpp>
#include <descent.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>

using namespace descent;

namespace {

struct Settings {
  int64_t epochs = 5, batch_size = 128, limit = 60000, width = 128;
  double lr = 1e-3, weight = 0.01;
  uint64_t seed = 1;
  std::string data = "/usr/share/datasets/fashion-mnist", out = "out";
};

struct TwoHeads : nn::Module {
  nn::Linear shared, hidden, clothing, brightness;

  explicit TwoHeads(int64_t width)
      : shared(register_module("shared", nn::Linear(14 * 28, width))),
        hidden(register_module("hidden", nn::Linear(width, width))),
        clothing(register_module("clothing", nn::Linear(width, 10))),
        brightness(register_module("brightness", nn::Linear(width, 1))) {}

  /// The losses of both tasks: cross entropy, and the squared error of the brightness.
  std::vector<Tensor> losses(const Tensor& x, const Tensor& y) {
    const Tensor h = features(x);
    return {losses::cross_entropy(clothing(h), y), losses::mse_loss(brightness(h).squeeze(1), target(x))};
  }
  Tensor features(const Tensor& x) { return relu(hidden(relu(shared(x.slice(2, 0, 14).flatten(1))))); }
  /// Pixels lie in [0, 1].
  static Tensor target(const Tensor& x) { return x.slice(2, 14, 28).flatten(1).mean({1}) * 100.0; }
};

struct Result {
  std::vector<double> accuracy, error;  // of the test images after each epoch; error: root of the mean squared one
  double milliseconds = 0;              // of a step, on average
  std::string weights = "-";            // of the two tasks at the end
};

/// Accuracy and mean squared error over all batches.
std::pair<double, double> test(TwoHeads& net, data::DataLoader& loader) {
  const NoGradGuard no_grad;
  double right = 0, squares = 0, count = 0;
  for (auto [x, y] : loader) {
    const auto n = static_cast<double>(x.size(0));
    const Tensor h = net.features(x);
    right += n * train::accuracy(net.clothing(h), y);
    squares += n * losses::mse_loss(net.brightness(h).squeeze(1), TwoHeads::target(x)).item<double>();
    count += n;
  }
  return {right / count, squares / count};
}

Result train_by(const std::string& method, const Settings& s, data::DataLoader& loader, data::DataLoader& test_loader) {
  manual_seed(s.seed);  // every method starts from the same weights and sees the same batches
  loader.set_epoch(0);
  TwoHeads net(s.width);
  losses::UncertaintyWeighting uncertainty(2, {.classification = {true, false}});
  losses::GradNorm grad_norm(2);
  optim::Adam opt(net.parameters(), {.lr = s.lr});
  // GradNorm's weights must come down to less than a hundredth: longer steps would jump over it to and fro.
  const bool gradient_norms = method == "GradNorm";
  optim::Adam weight_opt(gradient_norms ? grad_norm.parameters() : uncertainty.parameters(),
                         {.lr = gradient_norms ? 1e-3 : 2.5e-2});

  Result result;
  for (int64_t epoch = 0; epoch < s.epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    for (auto [x, y] : loader) {
      const std::vector<Tensor> both = net.losses(x, y);
      opt.zero_grad();
      weight_opt.zero_grad();
      if (method == "sum") {
        (both[0] + both[1]).backward();
      } else if (method == "weighted sum") {
        (both[0] + s.weight * both[1]).backward();
      } else if (method == "uncertainty") {
        uncertainty(both).backward();
        weight_opt.step();
      } else if (method == "GradNorm") {
        const Tensor balance = grad_norm.balance(both, {net.hidden.weight});  // the last layer that both share
        grad_norm(both).backward();
        balance.backward();
        weight_opt.step();
        grad_norm.renormalize();
      } else {
        optim::pcgrad(both, net.parameters());
      }
      opt.step();
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    result.milliseconds += time.count() / static_cast<double>(loader.size() * s.epochs);
    const auto [accuracy, squares] = test(net, test_loader);
    result.accuracy.push_back(accuracy);
    result.error.push_back(std::sqrt(squares));
  }
  Tensor weights;
  if (method == "GradNorm") weights = grad_norm.weights;
  if (method == "uncertainty") weights = exp(-uncertainty.log_vars) * tensor({1.0, 0.5});
  if (method == "sum") weights = tensor({1.0, 1.0});
  if (method == "weighted sum") weights = tensor({1.0, s.weight});
  if (weights.defined()) {
    char text[64];
    std::snprintf(text, sizeof text, "%.3g : %.3g", weights[0].item<double>(), weights[1].item<double>());
    result.weights = text;
  }
  return result;
}

void run(const Settings& s) {
  const std::filesystem::path out = s.out;
  std::filesystem::create_directories(out);
  const data::FashionMNIST images(s.data);
  const int64_t count = std::min(s.limit, images.size());
  data::DataLoader loader(
      images, {.batch_size = s.batch_size, .sampler = data::RandomSampler(count, {.seed = s.seed}), .num_workers = 1});
  data::DataLoader test_loader(data::FashionMNIST(s.data, {.train = false}), {.batch_size = 1000});

  plot::Figure accuracy({.title = "Clothing: accuracy", .x_label = "epoch", .y_label = "fraction right"});
  plot::Figure error({.title = "Brightness: error", .x_label = "epoch", .y_label = "percentage points", .log_y = true});
  std::vector<double> epochs;
  for (int64_t i = 1; i <= s.epochs; ++i) epochs.push_back(static_cast<double>(i));
  std::printf("%lld images, %lld epochs; accuracy of the class, error of the brightness (0 ... 100) on test images\n",
              static_cast<long long>(count), static_cast<long long>(s.epochs));
  std::printf("%-14s %9s %8s %12s  %s\n", "method", "accuracy", "error", "ms per step", "weights at the end");
  for (const char* method : {"sum", "weighted sum", "uncertainty", "GradNorm", "PCGrad"}) {
    const Result r = train_by(method, s, loader, test_loader);
    std::printf("%-14s %7.2f %% %8.3f %12.2f  %s\n", method, 100 * r.accuracy.back(), r.error.back(), r.milliseconds,
                r.weights.c_str());
    std::fflush(stdout);
    accuracy.line(epochs, r.accuracy, {.label = method, .marker = "o"});
    error.line(epochs, r.error, {.label = method, .marker = "o"});
  }
  plot::save_grid((out / "two_heads.png").string(), {&accuracy, &error}, 2);
  std::cout << "wrote two_heads.png to " << out.string() << "/\n";
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Compares ways to train two tasks at once.");
  const auto number = [&](const char* name, int64_t& value, const char* about, int64_t low, int64_t high) {
    app.add_option(name, value, about)->capture_default_str()->check(CLI::Range(low, high));
  };
  number("--epochs", s.epochs, "passes over the training images", 1, 10000);
  number("--batch-size", s.batch_size, "images per step", 1, 60000);
  number("--limit", s.limit, "train on the first so many images alone", 1, 60000);
  number("--width", s.width, "of the two shared layers", 1, 100000);
  app.add_option("--lr", s.lr, "learning rate")->capture_default_str();
  app.add_option("--weight", s.weight, "of the brightness in the weighted sum")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--seed", s.seed, "of weights and shuffling")->capture_default_str()->check(CLI::Range(0, 2147483647));
  app.add_option("--data", s.data, "folder of the data set")->capture_default_str();
  app.add_option("--out", s.out, "folder for the picture")->capture_default_str();
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "two_heads: " << error.what() << "\n";
    return 1;
  }
}
