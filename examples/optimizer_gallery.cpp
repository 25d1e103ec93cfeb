// Every optimizer of the library on six landscapes of two parameters, from the same start: for each the best of a few
// rates, the steps it took, and its path. Writes one picture a landscape, one an optimizer, and one of all optimizers
// on Beale's function.
#include <CLI/CLI.hpp>
#include <descent.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <numbers>

using namespace descent;

namespace {

using Point = std::pair<double, double>;

double square(double v) { return v * v; }

/// A function of two parameters, once for the tape and once for the picture.
struct Landscape {
  std::string name, title;
  std::function<Tensor(const Tensor&, const Tensor&)> loss;
  std::function<double(double, double)> height;
  Point start;
  std::vector<Point> minima;
  plot::Range x, y;
  double noise = 0;                  ///< standard deviation of what is added to each gradient
  double lowest = 0, tolerance = 0;  ///< the least height, and what counts as reached above it
};

template <class F>
Landscape landscape(std::string name, std::string title, F f, Point start, std::vector<Point> minima, plot::Range x,
                    plot::Range y, double noise = 0) {
  const double lowest = f(minima[0].first, minima[0].second), high = f(start.first, start.second) - lowest;
  return {std::move(name),
          std::move(title),
          f,
          f,
          start,
          std::move(minima),
          x,
          y,
          noise,
          lowest,
          high / (noise > 0 ? 100 : 1000)};
}

std::vector<Landscape> landscapes() {
  const auto rosenbrock = [](const auto& x, const auto& y) { return square(1 - x) + 100 * square(y - square(x)); };
  const auto beale = [](const auto& x, const auto& y) {
    return square(1.5 - x + x * y) + square(2.25 - x + x * square(y)) + square(2.625 - x + x * y * square(y));
  };
  const auto himmelblau = [](const auto& x, const auto& y) {
    return square(square(x) + y - 11) + square(x + square(y) - 7);
  };
  const auto valley = [](const auto& x, const auto& y) {  // turned, so that no axis is a principal one
    const double c = std::cos(std::numbers::pi / 6), s = std::sin(std::numbers::pi / 6);
    return 0.5 * square(c * x + s * y) + 50 * square(c * y - s * x);
  };
  const auto saddle = [](const auto& x, const auto& y) { return square(x) - square(y) + 0.25 * square(square(y)); };
  const auto bowl = [](const auto& x, const auto& y) { return 0.5 * square(x) + 2 * square(y); };
  return {
      landscape("rosenbrock", "Rosenbrock's valley", rosenbrock, {-1.2, 1}, {{1, 1}}, {-2, 2}, {-1, 3}),
      landscape("beale", "Beale's function", beale, {1, 1.5}, {{3, 0.5}}, {-1, 4.5}, {-2, 2}),
      landscape("himmelblau", "Himmelblau's function", himmelblau, {-0.3, -0.8},
                {{3, 2}, {-2.805118, 3.131313}, {-3.779310, -3.283186}, {3.584428, -1.848127}}, {-5, 5}, {-5, 5}),
      landscape("valley", "A quadratic of condition 100", valley, {-1.5, 0.5}, {{0, 0}}, {-2, 2}, {-1.5, 1.5}),
      landscape("saddle", "A saddle", saddle, {-1.5, 0.01}, {{0, std::sqrt(2)}, {0, -std::sqrt(2)}}, {-2, 2},
                {-2.4, 2.4}),
      landscape("noise", "A bowl, noisy gradients", bowl, {-1.8, 1.2}, {{0, 0}}, {-2, 2}, {-1.5, 1.5}, 0.5),
  };
}

/// An optimizer, its options but for the rate, and the rates to try.
struct Contestant {
  std::string label, name;
  std::vector<optim::NamedOption> options;
  std::vector<double> rates;
  bool shown = false;  ///< in the pictures of landscapes
};

std::vector<Contestant> contestants(bool quick) {
  std::vector<double> rates;
  for (int k = -6; k <= 3; k += quick ? 2 : 1) rates.push_back(std::pow(10.0, k / 2.0));  // 0.001 … 31.6
  const std::vector<std::string> shown{"SGD", "Rprop", "Adagrad", "RMSprop", "Adam", "Lion", "LBFGS"};
  // These find their rate by themselves.
  const std::vector<std::string> rateless{"LBFGS", "DAdaptAdam", "Prodigy", "DoG", "PolyakSGD"};
  std::vector<Contestant> all;
  for (const std::string& name : optim::optimizer_names()) {
    if (name == "SparseAdam") continue;  // takes no dense gradient
    const bool show = std::find(shown.begin(), shown.end(), name) != shown.end();
    Contestant one{name, name, {}, rates, show};
    // One iteration a step; its line search finds the rate.
    if (name == "LBFGS") one.options = {{"max_iter", 1}, {"line_search_fn", "strong_wolfe"}};
    // Its default moves a tensor by a ten-thousandth of its norm.
    if (name == "LARS") one.options = {{"trust_coefficient", 1}};
    // By default it leaves vectors to Adam.
    if (name == "SOAP") one.options = {{"precondition_1d", true}};
    if (std::find(rateless.begin(), rateless.end(), name) != rateless.end()) one.rates = {1};
    all.push_back(one);
    if (name != "SGD") continue;
    all.push_back({"momentum", name, {{"momentum", 0.9}}, rates, true});
    all.push_back({"Nesterov", name, {{"momentum", 0.9}, {"nesterov", true}}, rates});
  }
  return all;
}

struct Run {
  double rate = 0;
  std::vector<double> x, y;
  /// The first step from which on the height stays within the tolerance, for a tenth of all steps at least; -1: none.
  int settled = -1;
  double last = std::numeric_limits<double>::infinity();  ///< mean height above the minimum in the last tenth

  bool better_than(const Run& other) const {
    if ((settled < 0) != (other.settled < 0)) return settled >= 0;
    return settled != other.settled ? settled < other.settled : last < other.last;
  }
};

/// Gives up where it can no longer be better than a run that settled in step `to_beat`; -1: never.
Run descend(const Landscape& land, const Contestant& who, double rate, int steps, int to_beat) {
  const Tensor p = from_vector(std::vector<double>{land.start.first, land.start.second}, {2}, {.requires_grad = true});
  std::vector<optim::NamedOption> options = who.options;
  options.emplace_back("lr", rate);
  if (who.name == "PolyakSGD") options.emplace_back("f_star", land.lowest);
  const auto opt = optim::create(who.name, {p}, options);
  Run run{rate, {land.start.first}, {land.start.second}};
  std::vector<double> above;
  for (int i = 0; i < steps; ++i) {
    const Tensor noise = land.noise * randn({2}, {.dtype = float64});
    try {
      opt->step([&] {
        opt->zero_grad();
        Tensor loss = land.loss(p[0], p[1]);
        if (land.noise > 0) loss = loss + (noise * p).sum();
        loss.backward();
        return loss;
      });
    } catch (const Error&) {
      return run;  // LBFGS refuses to go on from a loss that is not finite
    }
    const std::vector<double> at = p.to_vector<double>();
    const double height = land.height(at[0], at[1]) - land.lowest;
    if (!(height < 1e6)) return run;  // it diverges
    if (to_beat >= 0 && i + 1 >= to_beat && height > land.tolerance) return run;
    run.x.push_back(at[0]);
    run.y.push_back(at[1]);
    above.push_back(height);
  }
  const int n = static_cast<int>(above.size()), tail = std::max(1, n / 10);
  int settled = n + 1;
  while (settled > 1 && above[static_cast<size_t>(settled - 2)] <= land.tolerance) --settled;
  if (settled <= n + 1 - tail) run.settled = settled;
  run.last = 0;
  for (int i = n - tail; i < n; ++i) run.last += above[static_cast<size_t>(i)] / tail;
  return run;
}

Run best_of(const Landscape& land, const Contestant& who, int steps, uint64_t seed) {
  Run best;
  for (const double rate : who.rates) {
    manual_seed(seed);  // every run meets the same noise
    const Run run = descend(land, who, rate, steps, best.settled);
    if (best.x.empty() || run.better_than(best)) best = run;
  }
  return best;
}

plot::Figure backdrop(const Landscape& land, const std::string& title, int64_t resolution,
                      plot::FigureOptions options) {
  options.title = title;
  options.x_range = land.x;
  options.y_range = land.y;
  plot::Figure figure(options);
  figure.contour(land.height, {.x = land.x,
                               .y = land.y,
                               .levels = 14,
                               .filled = true,
                               .log = true,
                               .colormap = "gray",
                               .resolution = resolution,
                               .alpha = 0.55});
  return figure;
}

void mark_ends(plot::Figure& figure, const Landscape& land) {
  for (const auto& [x, y] : land.minima) figure.line({x}, {y}, {.color = "black", .width = 2, .marker = "+"});
  figure.scatter({land.start.first}, {land.start.second}, {.color = "black", .radius = 4, .alpha = 1});
}

plot::Figure panel(const Landscape& land, const Run& run, const std::string& title, int64_t resolution,
                   plot::FigureOptions options) {
  options.legend = "none";
  plot::Figure figure = backdrop(land, title, resolution, options);
  figure.line(run.x, run.y, {.color = "#d62728", .width = 1.5});
  figure.scatter(run.x, run.y, {.color = "#d62728", .radius = 1.5});
  mark_ends(figure, land);
  return figure;
}

std::string cell(const Run& run) {
  char text[32];
  if (run.settled < 0)
    std::snprintf(text, sizeof text, "-");
  else
    std::snprintf(text, sizeof text, "%d (%.2g)", run.settled, run.rate);
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void compare(const std::filesystem::path& out, int steps, bool quick, uint64_t seed) {
  const std::vector<Landscape> lands = landscapes();
  const std::vector<Contestant> all = contestants(quick);
  std::printf("Steps of %d until within 0.1 %% of the first height (with noise 1 %%), and the best rate:\n", steps);
  std::printf("%-17s", "");
  for (const Landscape& land : lands) std::printf(" %13s", land.name.c_str());
  std::printf("\n");

  std::vector<plot::Figure> pictures, sheet;
  for (const Landscape& land : lands)
    pictures.push_back(backdrop(land, land.title, 256, {.legend = "outside", .width = 1400, .height = 960}));
  double width = 5;  // of paths in the pictures of landscapes: none hides those below it
  for (const Contestant& who : all) {
    std::printf("%-17s", who.label.c_str());
    std::vector<plot::Figure> panels;
    for (size_t i = 0; i < lands.size(); ++i) {
      const Run run = best_of(lands[i], who, steps, seed);
      std::printf(" %13s", cell(run).c_str());
      std::fflush(stdout);
      char title[96];
      std::snprintf(title, sizeof title, "%s: %s, rate %.2g", who.label.c_str(), lands[i].name.c_str(), run.rate);
      panels.push_back(panel(lands[i], run, title, 96, {.width = 560, .height = 420, .scale = 1.2}));
      if (lands[i].name == "beale")
        sheet.push_back(panel(lands[i], run, who.label, 64, {.width = 300, .height = 240, .scale = 1}));
      if (who.shown) {
        const bool dashed = who.label == "RMSprop";  // it starts like Adagrad
        pictures[i].line(run.x, run.y, {.label = who.label, .width = width, .dashed = dashed, .alpha = 0.9});
      }
    }
    if (who.shown) width -= 0.5;
    std::printf("\n");
    plot::save_grid((out / ("optimizer_" + lower(who.label) + ".png")).string(), panels, 3);
  }
  plot::save_grid((out / "all.png").string(), sheet, 6);
  for (size_t i = 0; i < lands.size(); ++i) {
    mark_ends(pictures[i], lands[i]);
    pictures[i].save((out / (lands[i].name + ".png")).string());
  }
  std::printf("wrote %zu landscapes and %zu optimizers to %s/\n", lands.size(), all.size(), out.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws the path of every optimizer on six landscapes.");
  std::string out = "out/optimizers";
  int steps = 300;
  bool quick = false;
  uint64_t seed = 1;
  app.add_option("--out", out, "folder for the pictures")->capture_default_str();
  app.add_option("--steps", steps, "of each run")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--seed", seed, "of the noise")->capture_default_str()->check(CLI::Range(0, 2147483647));
  app.add_flag("--quick", quick, "half of the rates");
  try {
    app.parse(argc, argv);
    std::filesystem::create_directories(out);
    compare(out, steps, quick, seed);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "optimizer_gallery: " << error.what() << "\n";
    return 1;
  }
}
