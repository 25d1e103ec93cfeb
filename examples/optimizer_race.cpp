// Every first-order optimizer of the library trains the same small network on Fashion-MNIST, from the same weights on
// the same batches, each at the best of a few rates: curves over steps and over time, and a table.
//
//   optimizer_race                  the whole race
//   optimizer_race --quick          a few steps each, to see that all of them run
#include <CLI/CLI.hpp>
#include <descent.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <set>

using namespace descent;

namespace {

struct Settings {
  int64_t steps = 800, trials = 8, trial_steps = 100, batch_size = 32, threads = 1;
  bool quick = false;
  uint64_t seed = 1;
  std::vector<std::string> only;
  std::string data = "/usr/share/datasets/fashion-mnist", out = "out";
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Data {
  data::ImageDataset train, test;
};

/// Fashion-MNIST, or shapes drawn by the program itself where it is not installed.
Data load_data(const std::string& folder) {
  constexpr double mean = 0.286, std = 0.353;  // of the training pixels
  if (std::filesystem::exists(folder)) {
    return {data::FashionMNIST(folder, {.mean = mean, .std = std}),
            data::FashionMNIST(folder, {.train = false, .mean = mean, .std = std})};
  }
  std::cout << "No data set at " << folder << " (Debian: apt install dataset-fashion-mnist).\n"
            << "Racing on synthetic shapes instead: this is not Fashion-MNIST.\n";
  return {data::SyntheticImages({.train = true, .size = 20000}), data::SyntheticImages({.train = false, .size = 4000})};
}

/// Three convolutions that halve the image, the mean of each channel, a linear layer: 6,218 parameters.
nn::Sequential make_net() {
  return nn::Sequential{nn::Conv2d(1, 8, 5, {.stride = 2, .padding = 2}),
                        nn::ReLU(),
                        nn::Conv2d(8, 16, 3, {.stride = 2, .padding = 1}),
                        nn::ReLU(),
                        nn::Conv2d(16, 32, 3, {.stride = 2, .padding = 1}),
                        nn::ReLU(),
                        nn::AdaptiveAvgPool2d(1),
                        nn::Flatten(),
                        nn::Linear(32, 10)};
}

/// An optimizer, its options but for the rate, whether it finds the rate by itself, and what its rate is called.
struct Contestant {
  std::string label, name;
  std::vector<optim::NamedOption> options;
  bool rateless = false;
  std::string rate = "lr";
};

std::vector<Contestant> contestants(const Settings& s) {
  const std::set<std::string> rateless{"DAdaptAdam", "Prodigy", "DoG"};
  std::vector<Contestant> all;
  for (const std::string& name : optim::optimizer_names()) {
    if (name == "LBFGS") continue;       // not of first order: it models curvature from full batches, not from noise
    if (name == "SparseAdam") continue;  // takes no dense gradient
    Contestant one{name, name, {}, rateless.contains(name)};
    if (name == "SophiaG") one.options.emplace_back("bs", s.batch_size);  // what its estimate of curvature is made from
    if (name == "PolyakSGD") {  // its steps follow the loss of a batch, up to a limit that has to be found
      one.options.emplace_back("max_lr", 0.1);
      one.rate = "max_lr";
    }
    all.push_back(one);
    if (name == "SGD") all.push_back({"momentum", name, {{"momentum", 0.9}}});
  }
  if (s.only.empty()) return all;
  std::vector<Contestant> chosen;
  for (const std::string& label : s.only) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const Contestant& c) { return c.label == label; });
    if (at == all.end()) throw Error("--only: there is no contestant named " + label);
    chosen.push_back(*at);
  }
  return chosen;
}

/// The same batches for every contestant, epoch after epoch.
class Batches {
 public:
  Batches(const data::ImageDataset& set, const Settings& s)
      : loader_(set, {.batch_size = s.batch_size, .shuffle = true, .drop_last = true, .seed = s.seed}),
        at_(loader_.begin()) {}
  data::Batch next() {
    if (at_ == loader_.end()) at_ = loader_.begin();
    const data::Batch batch = *at_;
    ++at_;
    return batch;
  }

 private:
  data::DataLoader loader_;
  data::DataLoader::Iterator at_;
};

struct Run {
  nn::Sequential net;
  std::unique_ptr<optim::Optimizer> opt;
  std::vector<double> loss, seconds;  ///< of each step

  /// Mean of the `count` steps before `end`; infinite where it diverged.
  double mean(size_t count, size_t end) const {
    if (loss.size() < end || !std::isfinite(loss.back())) return kInfinity;
    double sum = 0;
    for (size_t i = end - count; i < end; ++i) sum += loss[i];
    return sum / static_cast<double>(count);
  }
  double last(size_t count) const { return mean(count, std::max(count, loss.size())); }
  /// Mean of the quickest 50 steps in a row: what a step takes when nothing else crowds the caches.
  double step_seconds() const {
    const size_t block = std::min<size_t>(50, seconds.size());
    double best = kInfinity;
    for (size_t from = 0; block > 0 && from + block <= seconds.size(); from += block) {
      double sum = 0;
      for (size_t i = from; i < from + block; ++i) sum += seconds[i];
      best = std::min(best, sum / static_cast<double>(block));
    }
    return best;
  }
};

/// Trains from the seed's weights on; stops where the loss is no longer a number.
Run descend(const Contestant& who, double rate, int64_t steps, const Data& data, const Settings& s) {
  manual_seed(s.seed);
  Run run{make_net(), nullptr, {}, {}};
  std::vector<optim::NamedOption> options = who.options;
  options.emplace_back(who.rate, rate);
  run.opt = optim::create(who.name, run.net.parameters(), options);
  auto* const sophia = dynamic_cast<optim::SophiaG*>(run.opt.get());
  losses::CrossEntropyLoss criterion;
  Batches batches(data.train, s);
  for (int64_t step = 0; step < steps; ++step) {
    const data::Batch batch = batches.next();
    const Tensor x = batch[0], y = batch[1];
    const std::clock_t start = std::clock();  // processor time: other programs do not count
    try {
      const Tensor loss = run.opt->step([&] {
        run.opt->zero_grad();
        Tensor l = criterion(run.net(x), y);
        l.backward();
        return l;
      });
      run.loss.push_back(loss.item<double>());
      if (sophia && step % 10 == 0) {  // curvature, from labels drawn from the predictions
        run.opt->zero_grad();
        const Tensor logits = run.net(x);
        criterion(logits, multinomial(softmax(logits.detach(), 1), 1).squeeze(1)).backward();
        sophia->update_hessian();
      }
    } catch (const Error&) {  // some refuse to go on from gradients that are not finite
      run.loss.push_back(kInfinity);
    }
    run.seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    if (!std::isfinite(run.loss.back())) break;
  }
  return run;
}

/// From the default rate, in steps of √10 upwards or downwards as long as the loss after `trial_steps` gets better.
double best_rate(const Contestant& who, const Data& data, const Settings& s) {
  const auto probe = optim::create(who.name, make_net().parameters(), who.options);
  double rate = probe->param_groups()[0].get(who.rate);
  if (who.rateless) return rate;
  int64_t left = s.trials;
  const auto tail = static_cast<size_t>(std::max<int64_t>(1, s.trial_steps / 5));
  const auto score = [&](double r) {
    return left-- > 0 ? descend(who, r, s.trial_steps, data, s).last(tail) : kInfinity;
  };
  double best = score(rate);
  for (const double factor : {std::sqrt(10.0), 1 / std::sqrt(10.0)}) {
    bool moved = false;
    while (left > 0) {
      const double there = score(rate * factor);
      if (!(there < best)) break;
      best = there;
      rate *= factor;
      moved = true;
    }
    if (moved) break;
  }
  return rate;
}

struct Result {
  std::string label;
  double rate = 0, accuracy = 0, loss = 0, milliseconds = 0;
  int64_t state_bytes = 0;
  std::vector<double> curve{};  ///< mean loss of 50 steps
};

std::vector<double> smoothed(const std::vector<double>& loss) {
  const size_t width = std::min<size_t>(50, std::max<size_t>(1, loss.size() / 4));
  std::vector<double> out;
  double sum = 0;
  for (size_t i = 0; i < loss.size(); ++i) {
    sum += loss[i] - (i >= width ? loss[i - width] : 0);
    out.push_back(sum / static_cast<double>(std::min(i + 1, width)));
  }
  return out;
}

Result race(const Contestant& who, const Data& data, data::DataLoader& test, const Settings& s) {
  Result result{.label = who.label, .rate = best_rate(who, data, s)};
  const auto tail = static_cast<size_t>(std::max<int64_t>(1, s.steps / 10));
  Run run = descend(who, result.rate, s.steps, data, s);
  // What goes well in a short trial may diverge after it: then at the next lower rate.
  const auto trial = static_cast<size_t>(std::min(s.trial_steps, s.steps));
  for (int again = 0; again < 2 && !who.rateless; ++again) {
    const double loss = run.last(tail);
    if (std::isfinite(loss) && loss <= run.mean(std::min(tail, trial), trial)) break;
    result.rate /= std::sqrt(10.0);
    run = descend(who, result.rate, s.steps, data, s);
  }
  run.opt->eval();  // some train at one point and are to be judged at another
  losses::CrossEntropyLoss criterion;
  result.accuracy = train::evaluate(run.net, criterion, test).accuracy;
  result.loss = run.last(tail);
  result.milliseconds = 1000 * run.step_seconds();
  result.state_bytes = run.opt->state_bytes();
  result.curve = smoothed(run.loss);
  return result;
}

/// The first seven in colour, all others gray behind them; `results` are sorted. Losses above the
/// first one's are cut off, and times well above the median.
plot::Figure draw(const std::vector<Result>& results, bool over_time, const std::string& title) {
  constexpr size_t kShown = 7;
  std::vector<double> totals;
  for (const Result& r : results) totals.push_back(static_cast<double>(r.curve.size()) * r.milliseconds / 1000);
  std::sort(totals.begin(), totals.end());
  plot::Figure figure({.title = title,
                       .x_label = over_time ? "seconds of processor time" : "step",
                       .y_label = "training loss, mean of 50 steps",
                       .log_y = true,
                       .x_range = {0, over_time ? 1.4 * totals[totals.size() / 2] : NAN},
                       .y_range = {NAN, 2.6},
                       .legend = over_time ? "none" : "upper right",
                       .width = 720,
                       .height = 580,
                       .scale = 1.3});
  const auto add = [&](const Result& r, const plot::LineOptions& options) {
    std::vector<double> x;
    for (size_t i = 0; i < r.curve.size(); ++i) {
      x.push_back(static_cast<double>(i + 1) * (over_time ? r.milliseconds / 1000 : 1));
    }
    figure.line(x, r.curve, options);
  };
  const std::vector<std::string> colors{"#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "black"};
  for (size_t k = kShown; k < results.size(); ++k) add(results[k], {.color = "#c8c8c8", .width = 1});
  for (size_t k = 0; k < std::min(kShown, results.size()); ++k) {
    add(results[k], {.label = results[k].label, .color = colors[k]});
  }
  return figure;
}

void run(Settings s) {
  if (s.threads > 0) set_num_threads(static_cast<int>(s.threads));
  if (s.quick) {
    s.steps = 10;
    s.trials = 2;
    s.trial_steps = 3;
  }
  const std::filesystem::path out = s.out;
  std::filesystem::create_directories(out);
  const Data data = load_data(s.data);
  const int64_t tested = s.quick ? 500 : data.test.size();
  data::DataLoader test(data.test, {.batch_size = 500, .sampler = data::SequentialSampler(tested)});

  const std::vector<Contestant> all = contestants(s);
  std::vector<Result> results;
  for (const Contestant& who : all) {
    results.push_back(race(who, data, test, s));
    std::fprintf(stderr, "%-17s rate %-8.2g loss %.4f\n", who.label.c_str(), results.back().rate, results.back().loss);
  }
  // A machine has slow minutes: time is taken in three more rounds over all, and the best of them counts.
  for (int64_t i = 0, count = static_cast<int64_t>(all.size()); i < 3 * count; ++i) {
    Result& r = results[static_cast<size_t>(i % count)];
    const Run again = descend(all[static_cast<size_t>(i % count)], r.rate, std::min<int64_t>(50, s.steps), data, s);
    r.milliseconds = std::min(r.milliseconds, 1000 * again.step_seconds());
  }
  std::sort(results.begin(), results.end(), [](const Result& a, const Result& b) { return a.loss < b.loss; });

  std::printf(
      "%lld steps of %lld images; loss: mean of the last tenth, accuracy: on %lld test images; processor "
      "time\n",
      static_cast<long long>(s.steps), static_cast<long long>(s.batch_size), static_cast<long long>(tested));
  std::printf("%-17s %8s %9s %9s %8s %12s\n", "", "loss", "accuracy", "ms/step", "rate", "state bytes");
  std::ofstream csv(out / "race.csv");
  csv << "optimizer,step,seconds,loss\n";
  for (const Result& r : results) {
    std::printf("%-17s %8.4f %8.2f%% %9.2f %8.2g %12lld\n", r.label.c_str(), r.loss, 100 * r.accuracy, r.milliseconds,
                r.rate, static_cast<long long>(r.state_bytes));
    for (size_t i = 0; i < r.curve.size(); ++i) {
      csv << r.label << ',' << i + 1 << ',' << static_cast<double>(i + 1) * r.milliseconds / 1000 << ',' << r.curve[i]
          << '\n';
    }
  }
  csv.close();
  if (!csv) throw IoError("cannot write " + (out / "race.csv").string());
  const plot::Figure steps = draw(results, false, "Loss over steps"), time = draw(results, true, "Loss over time");
  plot::save_grid((out / "race.png").string(), {&steps, &time}, 2);
  std::printf("wrote race.png and race.csv to %s/\n", out.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Races all first-order optimizers on Fashion-MNIST.");
  const auto number = [&](const char* name, int64_t& value, const char* about, int64_t low, int64_t high) {
    app.add_option(name, value, about)->capture_default_str()->check(CLI::Range(low, high));
  };
  number("--steps", s.steps, "of the race", 1, 10000000);
  number("--trials", s.trials, "of the search for a rate, at most", 1, 100);
  number("--trial-steps", s.trial_steps, "of each of them", 1, 1000000);
  number("--batch-size", s.batch_size, "images per step", 1, 20000);
  number("--threads", s.threads, "0: as many as the machine has", 0, 1024);
  app.add_flag("--quick", s.quick, "10 steps, two trials of 3, 500 test images");
  app.add_option("--only", s.only, "contestants by name; all unless given");
  app.add_option("--seed", s.seed, "of weights and batches")->capture_default_str()->check(CLI::Range(0, 2147483647));
  app.add_option("--data", s.data, "folder of the data set")->capture_default_str();
  app.add_option("--out", s.out, "folder for picture and curves")->capture_default_str();
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "optimizer_race: " << error.what() << "\n";
    return 1;
  }
}
