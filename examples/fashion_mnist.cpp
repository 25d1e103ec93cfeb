// Trains a classifier of clothing on Fashion-MNIST and draws what it has learnt.
//
//   fashion_mnist --epochs 5 --out out          trains, writes the pictures and out/net.safetensors
//   fashion_mnist --load out/net.safetensors    evaluates a net that was saved before
#include <CLI/CLI.hpp>
#include <descent.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

using namespace descent;

namespace {

struct Settings {
  int64_t epochs = 5, batch_size = 128, threads = 0;
  double lr = 1e-3;
  std::string optimizer = "adam";
  uint64_t seed = 1;
  std::string data = "/usr/share/datasets/fashion-mnist", out = "out", load;
};

struct Data {
  data::ImageDataset train, test;
};

/// Fashion-MNIST, or shapes drawn by the program itself where it is not installed.
Data load_data(const std::string& folder) {
  if (std::filesystem::exists(folder)) {
    constexpr double mean = 0.286, std = 0.353;  // of the training pixels
    return {data::FashionMNIST(folder, {.mean = mean, .std = std}),
            data::FashionMNIST(folder, {.train = false, .mean = mean, .std = std})};
  }
  std::cout << "No data set at " << folder << " (Debian: apt install dataset-fashion-mnist).\n"
            << "Training on synthetic shapes instead: this is not Fashion-MNIST.\n";
  return {data::SyntheticImages({.train = true, .size = 20000}), data::SyntheticImages({.train = false, .size = 4000})};
}

std::unique_ptr<optim::Optimizer> make_optimizer(const Settings& s, const std::vector<Tensor>& params) {
  if (s.optimizer == "sgd") return std::make_unique<optim::SGD>(params, optim::SGDOptions{.lr = s.lr, .momentum = 0.9});
  if (s.optimizer == "adagrad") return std::make_unique<optim::Adagrad>(params, optim::AdagradOptions{.lr = s.lr});
  if (s.optimizer == "rmsprop") return std::make_unique<optim::RMSprop>(params, optim::RMSpropOptions{.lr = s.lr});
  if (s.optimizer == "adamw") return std::make_unique<optim::AdamW>(params, optim::AdamWOptions{.lr = s.lr});
  return std::make_unique<optim::Adam>(params, optim::AdamOptions{.lr = s.lr});
}

void draw_confusion(const Tensor& predicted, const data::ImageDataset& test, const std::string& path) {
  const auto classes = static_cast<int64_t>(test.classes.size());
  plot::Figure figure({.title = "Confusion matrix of the test images"});
  figure.heatmap(train::confusion_matrix(predicted, test.targets, classes), {.x_labels = test.classes,
                                                                             .y_labels = test.classes,
                                                                             .x_label = "predicted",
                                                                             .y_label = "true",
                                                                             .annotate = true,
                                                                             .colormap = "blues"});
  figure.save(path);
}

/// The first test images under their predicted and true names, green where these agree.
void draw_examples(const Tensor& predicted, const data::ImageDataset& test, const std::string& path) {
  const int64_t count = std::min<int64_t>(40, test.size());
  const auto truth = test.targets.to_vector<size_t>(), guess = predicted.to_vector<size_t>();
  std::vector<std::string> titles, colors;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    titles.push_back(test.classes[guess[i]] + "\ntrue: " + test.classes[truth[i]]);
    colors.push_back(guess[i] == truth[i] ? "green" : "red");
  }
  plot::Figure figure({.title = "Test images: predicted and true class"});
  figure.image_grid(test.data.slice(0, 0, count), {.columns = 8, .titles = titles, .title_colors = colors});
  figure.save(path);
}

/// What the first 64 units of the first layer look for: blue pixels speak against it, red ones for it.
void draw_weights(const nn::Linear& layer, const std::string& path) {
  const Tensor weight = layer.weight.detach().slice(0, 0, 64);
  plot::Figure figure({.title = "Weights of the first layer"});
  figure.image_grid(weight.reshape({weight.size(0), 28, 28}), {.columns = 8, .normalize = true, .diverging = true});
  figure.save(path);
}

void run(const Settings& s) {
  manual_seed(s.seed);
  if (s.threads > 0) set_num_threads(static_cast<int>(s.threads));
  const Data data = load_data(s.data);
  data::DataLoader train_loader(data.train, {.batch_size = s.batch_size, .shuffle = true, .seed = s.seed});
  data::DataLoader test_loader(data.test, {.batch_size = 1000});

  nn::Sequential net{nn::Flatten(),        nn::Linear(784, 512), nn::ReLU(),         nn::Dropout(0.1),
                     nn::Linear(512, 256), nn::ReLU(),           nn::Linear(256, 10)};
  losses::CrossEntropyLoss criterion;
  std::cout << net << "\n";

  const std::filesystem::path out = s.out;
  if (s.load.empty()) {
    std::filesystem::create_directories(out);
    const auto optimizer = make_optimizer(s, net.parameters());
    optim::CosineAnnealingLR schedule(*optimizer, {.T_max = std::max<int64_t>(1, s.epochs), .eta_min = s.lr / 20});
    const train::History history = train::fit(net, criterion, *optimizer, train_loader,
                                              {.epochs = s.epochs, .validation = &test_loader, .scheduler = &schedule});
    io::save_safetensors((out / "net.safetensors").string(), net.state_dict());
    history.save_csv((out / "history.csv").string());
    history.save_plot((out / "curves.png").string());
    const Tensor predicted = train::predict(net, test_loader).argmax(1);
    draw_confusion(predicted, data.test, (out / "confusion.png").string());
    draw_examples(predicted, data.test, (out / "examples.png").string());
    draw_weights(net.at<nn::Linear>(1), (out / "weights.png").string());
    std::cout << "wrote curves.png, confusion.png, examples.png, weights.png, history.csv and net.safetensors to "
              << out.string() << "/\n";
  } else {
    net.load_state_dict(io::load_safetensors(s.load));
  }
  const train::Evaluation result = train::evaluate(net, criterion, test_loader);
  std::printf("test accuracy: %.2f %%\n", 100 * result.accuracy);
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Trains a classifier on Fashion-MNIST.");
  app.add_option("--epochs", s.epochs, "passes over the training images")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  app.add_option("--batch-size", s.batch_size, "images per step")->capture_default_str()->check(CLI::Range(1, 1000000));
  app.add_option("--lr", s.lr, "learning rate")->capture_default_str();
  app.add_option("--optimizer", s.optimizer, "the update rule")
      ->capture_default_str()
      ->check(CLI::IsMember({"sgd", "adagrad", "rmsprop", "adam", "adamw"}));
  app.add_option("--seed", s.seed, "of weights, dropout and shuffling")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  app.add_option("--threads", s.threads, "0: as many as the machine has")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  app.add_option("--data", s.data, "folder of the data set")->capture_default_str();
  app.add_option("--out", s.out, "folder for pictures and weights")->capture_default_str();
  app.add_option("--load", s.load, "evaluate these weights instead of training");
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "fashion_mnist: " << error.what() << "\n";
    return 1;
  }
}
