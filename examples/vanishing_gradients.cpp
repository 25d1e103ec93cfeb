// A deep net of sigmoids whose gradient vanishes on its way back, and two repairs of it, watched by train::Diagnostics:
// what it warns of, and its pictures.
//
//   vanishing_gradients --depth 16
#include <CLI/CLI.hpp>
#include <descent.h>

#include <cctype>
#include <cstdio>
#include <filesystem>
#include <iostream>

using namespace descent;

namespace {

struct Settings {
  int64_t depth = 10, width = 64, images = 4000, epochs = 4, batch_size = 50, every = 2, threads = 0;
  double lr = 0.1;
  uint64_t seed = 1;
  std::string out = "out";
};

/// x + sigmoid(bn(W·x)): the gradient has a way around each sigmoid.
struct Residual : nn::Module {
  nn::Linear linear;
  nn::BatchNorm1d bn;
  explicit Residual(int64_t width)
      : linear(register_module("linear", nn::Linear(width, width))),
        bn(register_module("bn", nn::BatchNorm1d(width))) {}
  Tensor forward(const Tensor& x) override { return x + sigmoid(bn(linear(x))); }
};

enum class Kind { Sigmoid, Relu, ResidualSigmoid };

nn::Sequential make_net(Kind kind, const Settings& s) {
  nn::Sequential net(nn::Flatten(), nn::Linear(28 * 28, s.width));
  for (int64_t i = 0; i < s.depth; ++i) {
    if (kind == Kind::ResidualSigmoid) {
      net.push_back(Residual(s.width));
      continue;
    }
    if (kind == Kind::Relu) {
      net.push_back(nn::ReLU());
    } else {
      net.push_back(nn::Sigmoid());
    }
    net.push_back(nn::Linear(s.width, s.width));
  }
  net.push_back(nn::Linear(s.width, 10));
  for (auto& [name, p] :
       net.named_parameters()) {  // variances stay as they are: He et al. 2015, Glorot and Bengio 2010
    if (p.dim() != 2) continue;
    if (kind == Kind::Relu) {
      nn::init::kaiming_normal_(p, {.nonlinearity = "relu"});
    } else {
      nn::init::xavier_normal_(p);
    }
  }
  return net;
}

void run(const Settings& s) {
  if (s.threads > 0) set_num_threads(static_cast<int>(s.threads));
  const std::filesystem::path out = s.out;
  std::filesystem::create_directories(out);
  const data::SyntheticImages images({.size = s.images, .mean = 0.2, .std = 0.3});
  const data::SyntheticImages unseen({.train = false, .size = 1000, .mean = 0.2, .std = 0.3});
  data::DataLoader test(unseen, {.batch_size = 500});

  std::vector<plot::Figure> panels;
  for (const auto& [kind, title] :
       {std::pair{Kind::Sigmoid, "sigmoid"}, {Kind::Relu, "ReLU"}, {Kind::ResidualSigmoid, "residual"}}) {
    manual_seed(s.seed);
    data::DataLoader loader(images, {.batch_size = s.batch_size, .shuffle = true, .seed = s.seed});
    nn::Sequential net = make_net(kind, s);
    losses::CrossEntropyLoss criterion;
    optim::SGD opt(net.parameters(), {.lr = s.lr});
    train::Diagnostics diagnostics(net, opt, {.every = s.every});
    const train::History history =
        train::fit(net, criterion, opt, loader,
                   {.epochs = s.epochs, .validation = &test, .diagnostics = &diagnostics, .progress = false});

    std::printf("== %s: accuracy %.1f %%\n%s\n", title, 100 * history.validation_accuracy().back(),
                diagnostics.report().c_str());
    const std::string name = std::string("gradients_") + title;
    diagnostics.save_plot((out / (name + ".png")).string());
    diagnostics.save_csv((out / (name + ".csv")).string());
    panels.push_back(diagnostics.figure("grad_norm", std::string("Gradient norm, ") + title));
  }
  plot::save_grid((out / "vanishing_gradients.png").string(), {&panels[0], &panels[1]}, 2);
  std::printf("wrote vanishing_gradients.png, and gradients_*.png and .csv for each net, to %s/\n",
              out.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Shows gradients that vanish, and how train::Diagnostics tells.");
  const auto number = [&](const char* name, int64_t& value, const char* about, int64_t low, int64_t high) {
    app.add_option(name, value, about)->capture_default_str()->check(CLI::Range(low, high));
  };
  number("--depth", s.depth, "hidden layers after the first", 1, 1000);
  number("--width", s.width, "units of each", 1, 10000);
  number("--images", s.images, "to learn from", 100, 1000000);
  number("--epochs", s.epochs, "passes over them", 1, 10000);
  number("--batch-size", s.batch_size, "images per step", 2, 10000);
  number("--every", s.every, "record every n-th step", 1, 10000);
  number("--threads", s.threads, "0: as many as the machine has", 0, 1024);
  app.add_option("--lr", s.lr, "learning rate")->capture_default_str();
  app.add_option("--seed", s.seed, "of weights and batches")->capture_default_str()->check(CLI::Range(0, 2147483647));
  app.add_option("--out", s.out, "folder for the pictures")->capture_default_str();
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "vanishing_gradients: " << error.what() << "\n";
    return 1;
  }
}
