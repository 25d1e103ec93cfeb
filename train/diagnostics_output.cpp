// Tables and pictures of what Diagnostics has recorded.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../io/atomic_file.h"
#include "../plot/colormap.h"
#include "diagnostics.h"

namespace descent::train {
namespace {

/// A member of LayerStep: its name in the CSV file, its title in a picture, and whether its axis is logarithmic; where
/// not, it is a fraction.
struct Quantity {
  const char* name;
  const char* title;
  double LayerStep::*member;
  bool log;
};

constexpr Quantity kQuantities[] = {
    {"weight_norm", "Weight norm", &LayerStep::weight_norm, true},
    {"grad_norm", "Gradient norm", &LayerStep::grad_norm, true},
    {"grad_rms", "Gradient, root mean square", &LayerStep::grad_rms, true},
    {"zero_fraction", "Fraction of zeros in the gradient", &LayerStep::zero_fraction, false},
    {"nonfinite_fraction", "Fraction of non-finite gradients", &LayerStep::nonfinite_fraction, false},
    {"update_norm", "Length of the step", &LayerStep::update_norm, true},
    {"update_ratio", "Step / weight", &LayerStep::update_ratio, true},
    {"effective_rate", "Step / gradient, the effective rate", &LayerStep::effective_rate, true},
    {"clip_factor", "Clip factor", &LayerStep::clip_factor, false},
    {"dead_fraction", "Fraction of dead units", &LayerStep::dead_fraction, false}};

/// The median of what is not NaN; NaN without any.
double median(std::vector<double> values) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }), values.end());
  if (values.empty()) return kNone;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The colours of a logarithmic heat map span a factor of ten at least, so that what is nearly constant looks so.
plot::Range a_decade_at_least(const std::vector<double>& values) {
  double low = INFINITY, high = 0;
  for (const double v : values) {
    if (!(v > 0 && std::isfinite(v))) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (!(high > 0) || high >= 10 * low) return {};
  const double middle = std::sqrt(low) * std::sqrt(high);
  return {middle / std::sqrt(10.0), middle * std::sqrt(10.0)};
}

/// Losses that fall by orders of magnitude are drawn on a logarithmic axis.
bool spans_decades(const std::vector<double>& values) {
  double low = INFINITY, high = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  return low > 0 && high >= 100 * low;
}

/// The largest of some fractions; 1 where all are 0.
double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double v : values) most = v > most ? v : most;
  return most > 0 ? most : 1;
}

std::string cell(double value, const char* format) {
  return std::isnan(value) ? "-" : fmt::format(fmt::runtime(format), value);
}

std::string hex(const plot::Color& c) {
  const auto byte = [](float x) { return static_cast<int>(std::lround(255 * x)); };
  return fmt::format("#{:02x}{:02x}{:02x}", byte(c.r), byte(c.g), byte(c.b));
}

constexpr std::size_t kMostLines = 8;

}  // namespace

std::string Diagnostics::report() const {
  if (steps_.empty()) return "no steps recorded\n";
  const auto recent = static_cast<std::size_t>(options_.patience);
  const std::size_t from = steps_.size() > recent ? steps_.size() - recent : 0;
  std::size_t width = 5;
  for (const std::size_t i : shown()) width = std::max(width, names_[i].size());
  std::string text = fmt::format("step {}, loss {:.4g}; medians of the last {} records\n", steps_.back().step,
                                 steps_.back().loss, steps_.size() - from);
  for (std::size_t k = steps_.size(); k-- > 0;) {
    if (std::isnan(steps_[k].sharpness)) continue;
    text += fmt::format("sharpness {:.4g} in step {}: plain gradient descent is stable below rate {:.2g}\n",
                        steps_[k].sharpness, steps_[k].step, 2 / steps_[k].sharpness);
    break;
  }
  text += fmt::format("{:{}}  {:>10}  {:>11}  {:>13}  {:>6}  {:>6}  {:>6}\n", "layer", width, "|gradient|",
                      "step/weight", "step/gradient", "zero", "dead", "clip");
  for (const std::size_t i : shown()) {
    const auto middle = [&](double LayerStep::*member) {
      const std::vector<double> all = series(i, member);
      return median({all.begin() + static_cast<std::ptrdiff_t>(from), all.end()});
    };
    const auto percent = [&](double LayerStep::*member) { return cell(100 * middle(member), "{:.0f} %"); };
    text += fmt::format("{:{}}  {:>10}  {:>11}  {:>13}  {:>6}  {:>6}  {:>6}\n", names_[i], width,
                        cell(middle(&LayerStep::grad_norm), "{:.2e}"), cell(middle(&LayerStep::update_ratio), "{:.2e}"),
                        cell(middle(&LayerStep::effective_rate), "{:.2e}"), percent(&LayerStep::zero_fraction),
                        percent(&LayerStep::dead_fraction), cell(middle(&LayerStep::clip_factor), "{:.2g}"));
  }
  std::string advice;  // once for warnings in a row that share it
  for (const Warning& w : warnings_) {
    if (!advice.empty() && w.advice != advice) text += "  try " + advice + "\n";
    advice = w.advice;
    text += fmt::format("{} in {} (step {}): {}\n", w.kind, w.layer, w.step, w.message);
  }
  if (!advice.empty()) text += "  try " + advice + "\n";
  return text;
}

void Diagnostics::save_csv(const std::string& path) const {
  io::AtomicFile file("Diagnostics::save_csv", path);
  std::string text = "step,loss,sharpness,layer";
  for (const Quantity& q : kQuantities) text += std::string(",") + q.name;
  text += '\n';
  const auto number = [](double v) { return std::isnan(v) ? std::string() : fmt::format("{}", v); };
  for (const DiagnosticsStep& step : steps_) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      text += fmt::format("{},{},{},{}", step.step, number(step.loss), number(step.sharpness), names_[i]);
      for (const Quantity& q : kQuantities) text += "," + number(step.layers[i].*q.member);
      text += '\n';
    }
  }
  file.write(text);
  file.commit();
}

std::vector<double> Diagnostics::series(std::size_t layer, double LayerStep::*member) const {
  std::vector<double> values;
  values.reserve(steps_.size());
  for (const DiagnosticsStep& step : steps_) values.push_back(step.layers[layer].*member);
  return values;
}

std::vector<std::size_t> Diagnostics::shown() const {
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].judged) which.push_back(i);
  }
  for (std::size_t i = 0; which.empty() && i < layers_.size(); ++i) which.push_back(i);
  return which;
}

plot::Figure Diagnostics::draw(const std::string& quantity, const std::string& title, const std::string& legend) const {
  std::vector<double> at;
  for (const DiagnosticsStep& step : steps_) at.push_back(static_cast<double>(step.step));
  const auto options = [&](const char* usual, bool log, const plot::Range& y_range = {}) {
    return plot::FigureOptions{.title = title.empty() ? usual : title,
                               .x_label = "step",
                               .log_y = log,
                               .y_range = y_range,
                               .legend = legend,
                               .width = 1000,
                               .height = 640};
  };
  if (quantity == "loss" || quantity == "sharpness") {
    const bool loss = quantity == "loss";
    std::vector<double> x, y;
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      const double value = loss ? steps_[k].loss : steps_[k].sharpness;
      if (!loss && std::isnan(value)) continue;  // measured in some of the steps: no gaps between them
      x.push_back(at[k]);
      y.push_back(value);
    }
    plot::Figure figure(options(loss ? "Loss" : "Sharpness, the largest eigenvalue", spans_decades(y)));
    return figure.line(x, y, {.marker = y.size() < 2 ? "o" : ""});
  }

  const Quantity* found = nullptr;
  std::string known = "loss, sharpness";
  for (const Quantity& q : kQuantities) {
    known += std::string(", ") + q.name;
    if (quantity == q.name) found = &q;
  }
  if (!found) throw std::invalid_argument(fmt::format("quantity: expected one of {}, got \"{}\"", known, quantity));
  const std::vector<std::size_t> which = shown();
  std::vector<std::vector<double>> rows;
  std::vector<double> cells;
  for (const std::size_t i : which) {
    rows.push_back(series(i, found->member));
    cells.insert(cells.end(), rows.back().begin(), rows.back().end());
  }
  const double most = largest(cells);  // fractions are drawn from 0 on
  if (which.size() <= kMostLines) {
    plot::Figure figure(
        options(found->title, found->log, found->log ? plot::Range() : plot::Range{-0.04 * most, 1.04 * most}));
    const plot::Colormap colors("viridis");  // dark near the input; its end is too light for lines
    for (std::size_t k = 0; k < which.size(); ++k) {
      const double depth = which.size() > 1 ? static_cast<double>(k) / static_cast<double>(which.size() - 1) : 0;
      figure.line(at, rows[k], {.label = names_[which[k]], .color = hex(colors(0.92 * depth))});
    }
    return figure;
  }
  plot::HeatmapOptions heat{.log = found->log, .range = found->log ? a_decade_at_least(cells) : plot::Range{0, most}};
  for (const std::size_t i : which) heat.y_labels.push_back(names_[i]);
  if (at.size() > 1) heat.x_span = {at.front(), at.back()};
  return plot::Figure(options(found->title, false))
      .heatmap(from_vector(cells, {static_cast<std::int64_t>(which.size()), static_cast<std::int64_t>(at.size())}),
               heat);
}

plot::Figure Diagnostics::figure(const std::string& quantity, const std::string& title) const {
  return draw(quantity, title, "outside");
}

void Diagnostics::save_plot(const std::string& path) const {
  const auto any = [&](auto&& holds) {
    return std::any_of(steps_.begin(), steps_.end(), [&](const DiagnosticsStep& step) {
      return std::any_of(step.layers.begin(), step.layers.end(), holds);
    });
  };
  std::vector<std::string> quantities{"loss", "grad_norm", "update_ratio", "effective_rate", "zero_fraction"};
  if (any([](const LayerStep& s) { return s.nonfinite_fraction > 0; })) quantities.emplace_back("nonfinite_fraction");
  if (any([](const LayerStep& s) { return s.dead_fraction > 0; })) quantities.emplace_back("dead_fraction");
  if (any([](const LayerStep& s) { return s.clip_factor < 1; })) quantities.emplace_back("clip_factor");
  if (std::any_of(steps_.begin(), steps_.end(), [](const auto& s) { return !std::isnan(s.sharpness); })) {
    quantities.emplace_back("sharpness");
  }
  std::vector<plot::Figure> figures;  // one legend is enough
  for (const std::string& q : quantities) figures.push_back(draw(q, "", q == "grad_norm" ? "best" : "none"));
  plot::save_grid(path, figures, quantities.size() <= 6 ? 3 : 4);
}

}  // namespace descent::train
