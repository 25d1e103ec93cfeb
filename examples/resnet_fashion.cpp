// A residual network learns clothing: ResNet-20 for small images (He et al. 2016, "Deep residual learning for image
// recognition", section 4.2) on Fashion-MNIST.
//
//   resnet_fashion --epochs 3                         the whole net on 60,000 images
//   resnet_fashion --width 8 --limit 10000            half as wide, on the first 10,000
#include <CLI/CLI.hpp>
#include <descent.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

using namespace descent;

namespace {

struct Settings {
  int64_t epochs = 3, batch_size = 64, width = 16, blocks = 3, limit = 0, threads = 0;
  double lr = 0.1, weight_decay = 5e-4;
  bool augment = false;
  uint64_t seed = 1;
  std::string data = "/usr/share/datasets/fashion-mnist", out = "out";
};

nn::Conv2d conv3x3(int64_t in, int64_t out, int64_t stride) {
  return nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false});
}

/// y = relu(F(x) + x), F: two convolutions with batch norm. Where the size changes, a 1x1 convolution takes x along.
struct Block : nn::Module {
  nn::Conv2d conv1, conv2;
  nn::BatchNorm2d bn1, bn2;
  nn::Sequential shortcut;  // without layers it is the identity

  Block(int64_t in, int64_t out, int64_t stride)
      : conv1(register_module("conv1", conv3x3(in, out, stride))),
        conv2(register_module("conv2", conv3x3(out, out, 1))),
        bn1(register_module("bn1", nn::BatchNorm2d(out))),
        bn2(register_module("bn2", nn::BatchNorm2d(out))) {
    if (in != out || stride != 1) {
      shortcut = nn::Sequential(nn::Conv2d(in, out, 1, {.stride = stride, .bias = false}), nn::BatchNorm2d(out));
    }
    register_module("shortcut", shortcut);
  }
  Tensor forward(const Tensor& x) override {
    const Tensor y = bn2(conv2(relu(bn1(conv1(x)))));
    return relu(y + shortcut(x));
  }
};

/// Three stages of `blocks` blocks, twice as wide and half as large each; depth 6·blocks + 2.
nn::Sequential resnet(int64_t width, int64_t blocks) {
  nn::Sequential net(conv3x3(1, width, 1), nn::BatchNorm2d(width), nn::ReLU());
  int64_t in = width;
  for (int64_t stage = 0; stage < 3; ++stage) {
    const int64_t out = width << stage;
    for (int64_t i = 0; i < blocks; ++i, in = out) net.push_back(Block(in, out, stage > 0 && i == 0 ? 2 : 1));
  }
  net.push_back(nn::AdaptiveAvgPool2d(1));
  net.push_back(nn::Flatten());
  net.push_back(nn::Linear(in, 10));
  for (auto& [name, p] : net.named_parameters()) {
    if (p.dim() == 4) nn::init::kaiming_normal_(p, {.mode = "fan_out", .nonlinearity = "relu"});
  }
  return net;
}

/// Every image mirrored or not, and the batch moved by up to two pixels each way.
Tensor augment(const Tensor& x) {
  const Tensor mirror = rand({x.size(0), 1, 1, 1}) < 0.5;
  const Tensor mixed = where(mirror, flip(x, {3}), x);
  const auto shift = randint(-2, 3, {2}).to_vector<int64_t>();
  return pad(mixed, {shift[0], -shift[0], shift[1], -shift[1]}, {.value = x.min().item<double>()});
}

/// The net, on augmented images while it trains.
struct Augmented : nn::Module {
  nn::Sequential net;
  bool on;
  Augmented(const nn::Sequential& inner, bool augments) : net(register_module("net", inner)), on(augments) {}
  Tensor forward(const Tensor& x) override { return net(on && is_training() ? augment(x) : x); }
};

void run(const Settings& s) {
  manual_seed(s.seed);
  if (s.threads > 0) set_num_threads(static_cast<int>(s.threads));
  const std::filesystem::path out = s.out;
  std::filesystem::create_directories(out);
  constexpr double mean = 0.286, std = 0.353;  // of the training pixels
  const data::FashionMNIST images(s.data, {.mean = mean, .std = std});
  const int64_t count = s.limit > 0 ? std::min(s.limit, images.size()) : images.size();
  data::DataLoader loader(
      images, {.batch_size = std::min(s.batch_size, count),
               .sampler = data::RandomSampler(count, {.seed = s.seed}),  // a permutation of the first `count`
               .num_workers = 1,
               .drop_last = true});
  data::DataLoader test_loader(data::FashionMNIST(s.data, {.train = false, .mean = mean, .std = std}),
                               {.batch_size = 500});

  nn::Sequential net = resnet(s.width, s.blocks);
  std::cout << nn::summary(net, {1, 28, 28}) << "\n";
  losses::CrossEntropyLoss criterion;
  optim::SGD opt(optim::decay_groups<optim::SGDOptions>(net.parameters()),
                 {.lr = s.lr, .momentum = 0.9, .weight_decay = s.weight_decay, .nesterov = true});
  optim::OneCycleLR schedule(
      opt, {.max_lr = s.lr, .epochs = s.epochs, .steps_per_epoch = loader.size(), .pct_start = 0.15, .div_factor = 10});

  Augmented augmented(net, s.augment);
  const train::History history = train::fit(
      augmented, criterion, opt, loader,
      {.epochs = s.epochs, .validation = &test_loader, .scheduler = &schedule, .scheduler_interval = "step"});
  history.save_csv((out / "resnet.csv").string());
  history.save_plot((out / "resnet.png").string());
  io::save_safetensors((out / "resnet.safetensors").string(), net.state_dict());
  std::cout << "wrote resnet.png, resnet.csv and resnet.safetensors to " << out.string() << "/\n";
  std::printf("test accuracy: %.2f %%\n", 100 * history.epochs.back().validation_accuracy);
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Trains a ResNet on Fashion-MNIST.");
  const auto number = [&](const char* name, int64_t& value, const char* about, int64_t low, int64_t high) {
    app.add_option(name, value, about)->capture_default_str()->check(CLI::Range(low, high));
  };
  number("--epochs", s.epochs, "passes over the training images", 1, 10000);
  number("--batch-size", s.batch_size, "images per step", 2, 60000);
  number("--width", s.width, "channels of the first stage", 1, 1024);
  number("--blocks", s.blocks, "blocks in each of three stages: 3 make a ResNet-20", 1, 100);
  number("--limit", s.limit, "train on the first so many images alone, 0: on all", 0, 60000);
  number("--threads", s.threads, "0: as many as the machine has", 0, 1024);
  app.add_option("--lr", s.lr, "the highest learning rate of the cycle")->capture_default_str();
  app.add_option("--weight-decay", s.weight_decay, "of all but biases and norms")->capture_default_str();
  app.add_flag("--augment", s.augment, "mirror and move the training images at random, for longer runs");
  app.add_option("--seed", s.seed, "of weights, shuffling and augmentation")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  app.add_option("--data", s.data, "folder of the data set")->capture_default_str();
  app.add_option("--out", s.out, "folder for the curves and weights")->capture_default_str();
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "resnet_fashion: " << error.what() << "\n";
    return 1;
  }
}
