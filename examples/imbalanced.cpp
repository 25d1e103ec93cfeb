// Rare classes: Fashion-MNIST cut down so that each class has fewer images than the one before (as in Cui et al. 2019,
// "Class-balanced loss based on effective number of samples"), learnt by four losses that weigh them differently.
//
//   imbalanced --ratio 100 --largest 4000
#include <CLI/CLI.hpp>
#include <descent.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

using namespace descent;

namespace {

struct Settings {
  int64_t epochs = 10, batch_size = 64, largest = 4000;
  double ratio = 100, beta = 0.999, gamma = 2, lr = 1e-3;
  uint64_t seed = 1;
  std::string data = "/usr/share/datasets/fashion-mnist", out = "out";
};

constexpr double kMean = 0.286, kStd = 0.353;  // of the training pixels

/// The first largest·ratio^(−c/9) images of class c.
data::ImageDataset long_tail(const data::ImageDataset& all, const Settings& s) {
  const auto classes = static_cast<double>(all.classes.size());
  std::vector<int64_t> left, chosen;
  for (double c = 0; c < classes; ++c) {
    const double wanted = static_cast<double>(s.largest) * std::pow(s.ratio, -c / (classes - 1));
    left.push_back(std::max<int64_t>(1, std::llround(wanted)));
  }
  const auto targets = all.targets.to_vector<size_t>();
  for (size_t i = 0; i < targets.size(); ++i) {
    if (left[targets[i]]-- > 0) chosen.push_back(static_cast<int64_t>(i));
  }
  const Tensor index = from_vector(chosen);
  return {index_select(all.data, 0, index), index_select(all.targets, 0, index), all.classes, kMean, kStd};
}

using Criterion = std::function<Tensor(const Tensor&, const Tensor&)>;

/// Trains a net by that loss and tells how it does on the test images, class by class.
Tensor confusion_after(const Criterion& criterion, const data::ImageDataset& images, const data::ImageDataset& test,
                       const Settings& s) {
  manual_seed(s.seed);  // the same weights and batches for every loss
  data::DataLoader loader(images, {.batch_size = s.batch_size, .shuffle = true, .seed = s.seed});
  data::DataLoader test_loader(test, {.batch_size = 1000});
  nn::Sequential net{nn::Flatten(),        nn::Linear(784, 256), nn::ReLU(),         nn::Dropout(0.2),
                     nn::Linear(256, 128), nn::ReLU(),           nn::Linear(128, 10)};
  optim::Adam opt(net.parameters(), {.lr = s.lr});
  optim::CosineAnnealingLR schedule(opt, {.T_max = s.epochs});
  train::fit(net, criterion, opt, loader, {.epochs = s.epochs, .scheduler = &schedule, .progress = false});
  return train::confusion_matrix(train::predict(net, test_loader).argmax(1), test.targets, 10);
}

void print_row(const std::string& name, const std::string& count, const std::vector<Tensor>& columns, int64_t row) {
  std::printf("%-12s %6s", name.c_str(), count.c_str());
  for (const Tensor& column : columns) {
    std::printf("   %4.0f %4.0f %4.0f", 100 * column[0][row].item<double>(), 100 * column[1][row].item<double>(),
                100 * column[2][row].item<double>());
  }
  std::printf("\n");
}

void run(const Settings& s) {
  const std::filesystem::path out = s.out;
  std::filesystem::create_directories(out);
  const data::ImageDataset images = long_tail(data::FashionMNIST(s.data), s);
  const data::FashionMNIST test(s.data, {.train = false, .mean = kMean, .std = kStd});
  const Tensor counts = bincount(images.targets, {.minlength = 10});
  const Tensor balanced = losses::balanced_class_weights(counts);
  const Tensor effective = losses::effective_number_class_weights(counts, {.beta = s.beta});

  const std::vector<std::pair<std::string, Criterion>> losses{
      {"plain", losses::CrossEntropyLoss()},
      {"balanced", losses::CrossEntropyLoss({.weight = balanced})},
      {"effective", losses::CrossEntropyLoss({.weight = effective})},
      {"focal", losses::FocalLoss({.gamma = s.gamma})}};
  std::printf("%lld training images, %lld test images, as many of each class\n", static_cast<long long>(images.size()),
              static_cast<long long>(test.size()));

  std::vector<Tensor> scores;  // [3, 10 classes and their mean] a loss: precision, recall, F1
  std::vector<Tensor> recalls;
  std::vector<double> accuracy;
  for (const auto& [name, criterion] : losses) {
    const Tensor confusion = confusion_after(criterion, images, test, s);
    const train::PrecisionRecallF1 found = train::precision_recall_f1(confusion);
    const Tensor all = stack({found.precision, found.recall, found.f1});
    scores.push_back(cat({all, all.mean({1}, true)}, 1));
    accuracy.push_back(diagonal(confusion).sum().item<double>() / static_cast<double>(test.size()));
    recalls.push_back(round(100 * found.recall));
  }
  std::printf("%-19s", "");
  for (const auto& [name, criterion] : losses) std::printf("   %-14s", name.c_str());
  std::printf("\n%-12s %6s", "in percent", "images");
  for (size_t i = 0; i < losses.size(); ++i) std::printf("   prec  rec   F1");
  std::printf("\n");
  for (int64_t c = 0; c < 10; ++c) {
    const auto count = std::to_string(counts[c].item<int64_t>());
    print_row(images.classes[static_cast<size_t>(c)], count, scores, c);
  }
  print_row("mean", "", scores, 10);
  std::printf("%-19s", "accuracy");
  for (const double a : accuracy) std::printf("   %6.2f        ", 100 * a);

  plot::HeatmapOptions heat{.annotate = true, .range = {0, 100}};
  for (int64_t c = 0; c < 10; ++c) {
    const std::string count = std::to_string(counts[c].item<int64_t>());
    heat.x_labels.push_back(images.classes[static_cast<size_t>(c)] + ", " + count);
  }
  for (const auto& [name, criterion] : losses) heat.y_labels.push_back(name);
  plot::Figure figure({.title = "Recall in percent of each class and its number of training images"});
  figure.heatmap(stack(recalls), heat).save((out / "imbalanced.png").string());
  std::cout << "\nwrote imbalanced.png to " << out.string() << "/\n";
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Compares losses for classes that are rare.");
  const auto add = [&](const char* name, auto& value, const char* about) {
    return app.add_option(name, value, about)->capture_default_str();
  };
  add("--epochs", s.epochs, "passes over the training images")->check(CLI::Range(1, 10000));
  add("--batch-size", s.batch_size, "images per step")->check(CLI::Range(1, 60000));
  add("--largest", s.largest, "images of the first class")->check(CLI::Range(1, 6000));
  add("--ratio", s.ratio, "how many times as many as of the last class")->check(CLI::Range(1.0, 6000.0));
  add("--beta", s.beta, "of the effective number of samples");
  add("--gamma", s.gamma, "of the focal loss")->check(CLI::Range(0.0, 100.0));
  add("--lr", s.lr, "learning rate");
  add("--seed", s.seed, "of weights, dropout and shuffling")->check(CLI::Range(0, 2147483647));
  add("--data", s.data, "folder of the data set");
  add("--out", s.out, "folder for the picture");
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "imbalanced: " << error.what() << "\n";
    return 1;
  }
}
