#include "contour.h"

#include <algorithm>
#include <cmath>

#include "../autograd/fail-inl.h"
#include "layer.h"

namespace descent::plot {

SampledFunction::SampledFunction(const std::function<double(double, double)>& f, double left, double right,
                                 double bottom, double top, std::int64_t n)
    : x0(left), x1(right), y0(bottom), y1(top), nx(n), ny(n) {
  values.reserve(static_cast<std::size_t>((n + 1) * (n + 1)));
  for (std::int64_t j = 0; j <= n; ++j) {
    const double v = static_cast<double>(j) / static_cast<double>(n);
    for (std::int64_t i = 0; i <= n; ++i) {
      const double u = static_cast<double>(i) / static_cast<double>(n);
      values.push_back(f(x0 * (1 - u) + x1 * u, y0 * (1 - v) + y1 * v));
    }
  }
}

SampledFunction::SampledFunction(const Tensor& grid, double left, double right, double bottom, double top)
    : x0(left),
      x1(right),
      y0(bottom),
      y1(top),
      nx(grid.size(1) - 1),
      ny(grid.size(0) - 1),
      values(grid.to_vector<double>()) {}

CellPlace SampledFunction::place(double v, double low, double high, std::int64_t cells) {
  const double count = static_cast<double>(cells), u = (v - low) / (high - low) * count;
  if (!(u >= 0 && u <= count)) return {};
  const std::int64_t i = std::min(cells - 1, static_cast<std::int64_t>(u));
  return {i, u - static_cast<double>(i)};
}

double SampledFunction::at(const CellPlace& across, const CellPlace& up) const {
  const auto [i, s] = across;
  const auto [j, t] = up;
  if (i < 0 || j < 0) return std::nan("");
  const SampledFunction& f = *this;
  const double value =
      (1 - t) * ((1 - s) * f(i, j) + s * f(i + 1, j)) + t * ((1 - s) * f(i, j + 1) + s * f(i + 1, j + 1));
  return std::isfinite(value) ? value : std::nan("");
}

std::vector<std::pair<Point, Point>> level_segments(const SampledFunction& f, double level) {
  std::vector<std::pair<Point, Point>> out;
  const double dx = (f.x1 - f.x0) / static_cast<double>(f.nx), dy = (f.y1 - f.y0) / static_cast<double>(f.ny);
  for (std::int64_t j = 0; j < f.ny; ++j) {
    for (std::int64_t i = 0; i < f.nx; ++i) {
      // Corners counter-clockwise from (i, j); edge k runs from corner k to corner k + 1.
      const double value[4] = {f(i, j), f(i + 1, j), f(i + 1, j + 1), f(i, j + 1)};
      if (!std::all_of(value, value + 4, [](double v) { return std::isfinite(v); })) continue;
      const double x = f.x0 + static_cast<double>(i) * dx, y = f.y0 + static_cast<double>(j) * dy;
      const Point corner[4] = {{x, y}, {x + dx, y}, {x + dx, y + dy}, {x, y + dy}};
      Point crossing[4];
      int edges = 0, crossed[4];
      for (int k = 0; k < 4; ++k) {
        const double a = value[k], b = value[(k + 1) % 4];
        if ((a >= level) == (b >= level)) continue;
        const double t = (level - a) / (b - a);
        const Point p = corner[k], q = corner[(k + 1) % 4];
        crossing[k] = {p.x + t * (q.x - p.x), p.y + t * (q.y - p.y)};
        crossed[edges++] = k;
      }
      if (edges == 2) out.push_back({crossing[crossed[0]], crossing[crossed[1]]});
      if (edges < 4) continue;
      // A saddle: corners 0 and 2 on one side, 1 and 3 on the other. The centre joins one of the pairs; the lines cut
      // the other pair's corners off. Corner k lies between edges k − 1 and k.
      const bool centre = (value[0] + value[1] + value[2] + value[3]) / 4 >= level;
      const bool joins_even = centre == (value[0] >= level);
      const int first = joins_even ? 1 : 0;
      out.push_back({crossing[(first + 3) % 4], crossing[first]});
      out.push_back({crossing[first + 1], crossing[first + 2]});
    }
  }
  return out;
}

namespace {

class Contour final : public Layer {
 public:
  /// The options with both ranges complete.
  Contour(SampledFunction samples, const ContourOptions& options)
      : options_(options), samples_(std::move(samples)), scale_{Colormap(options.colormap), Axis{}, 0} {
    Extent data;
    for (const double v : samples_.values) data.add(v, false);
    if (data.empty()) data = {0, 1, false};
    if (options.log) {
      // Height above the lowest sample, unless all are positive; six decades at most.
      scale_.offset = data.low > 0 ? 0 : data.low;
      const double high = data.high - scale_.offset,
                   low = std::max(data.low - scale_.offset, high * (scale_.offset == 0 && data.low > 0 ? 1e-6 : 1e-4));
      scale_.axis = make_axis(high > 0 ? Extent{low, high, false} : Extent{}, {}, true, 0);
    } else {
      scale_.axis = make_axis(data, {}, false, 0);
    }
    levels_ = options.level_values;
    if (levels_.empty()) {
      const double n = static_cast<double>(options.levels);
      for (double k = 1; k <= n; ++k) levels_.push_back(scale_.axis.value(k / (n + 1)) + scale_.offset);
    } else if (levels_.size() > 1) {
      scale_.offset = 0;
      scale_.axis = make_axis({levels_.front(), levels_.back(), false}, {}, options.log && levels_.front() > 0, 0);
    }
  }

  void extend(Extent& x, Extent& y, bool log_x, bool log_y) const override {
    for (const double end : {options_.x.low, options_.x.high}) x.add(end, log_x);
    for (const double end : {options_.y.low, options_.y.high}) y.add(end, log_y);
    x.integral = false;  // a region, not a count
  }

  Framing framing() const override {
    Framing framing;
    framing.tight = framing.opaque = true;
    if (options_.colorbar) framing.color_scale = scale_;
    return framing;
  }

  void draw(Canvas& canvas, const Frame& frame) const override {
    if (options_.filled) fill(canvas, frame);
    for (const double level : levels_) {
      std::vector<std::pair<Point, Point>> segments = level_segments(samples_, level);
      for (auto& [a, b] : segments) {
        a = frame.at(a.x, a.y);
        b = frame.at(b.x, b.y);
      }
      const Color color =
          options_.filled ? kWhite.with_alpha(0.35 * options_.alpha) : color_of(level).with_alpha(options_.alpha);
      canvas.stroke_segments(segments, options_.width * frame.scale * (options_.filled ? 0.6 : 1), color);
    }
  }

 private:
  Color color_of(double value) const {
    return scale_.colormap(scale_.axis.fraction(std::max(value - scale_.offset, scale_.axis.log ? 1e-300 : -1e300)));
  }

  // Each band takes the colour of its middle; four samples a pixel smooth the edges.
  void fill(Canvas& canvas, const Frame& frame) const {
    std::vector<Color> bands;
    for (std::size_t k = 0; k <= levels_.size(); ++k) {
      const double low = k == 0 ? 0 : fraction(levels_[k - 1]), high = k == levels_.size() ? 1 : fraction(levels_[k]);
      bands.push_back(scale_.colormap((low + high) / 2).with_alpha(options_.alpha / 4));
    }
    const Rect& area = frame.area;
    // Where the samples of a pixel's left and right half lie, and of its lower and upper half.
    const int left = static_cast<int>(area.x0), top = static_cast<int>(area.y0);
    std::vector<CellPlace> columns, rows;
    for (int px = left; px < area.x1; ++px) {
      for (const double at : {0.25, 0.75})
        columns.push_back(samples_.across(frame.x.value((px + at - area.x0) / area.width())));
    }
    for (int py = top; py < area.y1; ++py) {
      for (const double at : {0.25, 0.75})
        rows.push_back(samples_.up(frame.y.value((area.y1 - py - at) / area.height())));
    }
    for (int py = top; py < area.y1; ++py) {
      for (int px = left; px < area.x1; ++px) {
        Color sum{0, 0, 0, 0};
        for (int k = 0; k < 4; ++k) {
          const double value = samples_.at(columns[static_cast<std::size_t>(2 * (px - left) + k % 2)],
                                           rows[static_cast<std::size_t>(2 * (py - top) + k / 2)]);
          if (std::isnan(value)) continue;
          const auto band = std::upper_bound(levels_.begin(), levels_.end(), value) - levels_.begin();
          const Color& c = bands[static_cast<std::size_t>(band)];
          sum = {sum.r + c.a * c.r, sum.g + c.a * c.g, sum.b + c.a * c.b, sum.a + c.a};
        }
        if (sum.a > 0) canvas.blend(px, py, {sum.r / sum.a, sum.g / sum.a, sum.b / sum.a, sum.a}, 1);
      }
    }
  }

  double fraction(double level) const {
    const double t = scale_.axis.fraction(level - scale_.offset);
    return std::isnan(t) ? 0 : std::clamp(t, 0.0, 1.0);
  }

  ContourOptions options_;
  SampledFunction samples_;
  ColorScale scale_;
  std::vector<double> levels_;
};

/// Both ends of a range, or of `otherwise` where it has none.
Range complete(const Range& range, const char* name, const Range& otherwise) {
  check_range(range, false, name);
  if (std::isnan(range.low) && std::isnan(range.high)) return otherwise;
  if (std::isnan(range.low) || std::isnan(range.high)) {
    throw std::invalid_argument(
        fmt::format("{}: contour needs both ends, got {{{}, {}}}", name, range.low, range.high));
  }
  return range;
}

/// The options with their ranges complete.
ContourOptions checked(ContourOptions options, const Range& x, const Range& y) {
  options.x = complete(options.x, "x", x);
  options.y = complete(options.y, "y", y);
  check_option(static_cast<double>(options.levels), 0, 1000, "levels");
  check_option(static_cast<double>(options.resolution), 0, 4096, "resolution");
  check_option(options.width, 0, 1000, "width");
  check_option(options.alpha, 0, 1, "alpha");
  const auto& levels = options.level_values;
  if (!std::all_of(levels.begin(), levels.end(), [](double v) { return std::isfinite(v); }) ||
      std::adjacent_find(levels.begin(), levels.end(), std::greater_equal<>()) != levels.end()) {
    throw std::invalid_argument("level_values: expected finite numbers, each larger than the one before");
  }
  Colormap(options.colormap);  // throws for an unknown name, before f is called
  return options;
}

}  // namespace

std::shared_ptr<const Layer> make_contour(const std::function<double(double, double)>& f,
                                          const ContourOptions& options) {
  if (!f) throw std::invalid_argument("f: contour needs a function, got an empty one");
  const ContourOptions o = checked(options, {-1, 1}, {-1, 1});
  return std::make_shared<Contour>(SampledFunction(f, o.x.low, o.x.high, o.y.low, o.y.high, o.resolution), o);
}

std::shared_ptr<const Layer> make_contour(const Tensor& values, const ContourOptions& options) {
  if (!values.defined()) fail<ShapeError>("contour", "values must be 2-D, got an undefined tensor");
  if (values.dim() != 2 || values.size(0) < 2 || values.size(1) < 2)
    fail<ShapeError>("contour", "values must be 2-D with two rows and two columns at least, got {}", values.shape());
  const double columns = static_cast<double>(values.size(1)), rows = static_cast<double>(values.size(0));
  const ContourOptions o = checked(options, {0, columns - 1}, {0, rows - 1});
  return std::make_shared<Contour>(SampledFunction(values, o.x.low, o.x.high, o.y.low, o.y.high), o);
}

}  // namespace descent::plot
