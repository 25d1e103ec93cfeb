// Curves and points.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "layer.h"

namespace descent::plot {

void check_option(double value, double low, double high, const char* option) {
  if (!(value > low && value <= high)) {
    throw std::invalid_argument(fmt::format("{}: expected a number in ({}, {}], got {}", option, low, high, value));
  }
}

namespace {

constexpr double kWidest = 1000;

void check_alpha(double alpha) {
  if (!(alpha >= 0 && alpha <= 1))
    throw std::invalid_argument(fmt::format("alpha: expected a number in [0, 1], got {}", alpha));
}

bool finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

void extend_by(const std::vector<double>& x, const std::vector<double>& y, Extent& ex, Extent& ey, bool log_x,
               bool log_y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    Extent px, py;  // a point counts only where both coordinates can be shown
    px.add(x[i], log_x);
    py.add(y[i], log_y);
    if (px.empty() || py.empty()) continue;
    ex.add(x[i], log_x);
    ey.add(y[i], log_y);
  }
}

void draw_marker(Canvas& canvas, Point p, const std::string& marker, double radius, double width, const Color& color) {
  const double r = radius;
  if (marker == "o") canvas.fill_circle(p, r, color);
  if (marker == "s") canvas.fill_rect({p.x - 0.9 * r, p.y - 0.9 * r, p.x + 0.9 * r, p.y + 0.9 * r}, color);
  if (marker == "^" || marker == "d") {
    const int corners = marker == "^" ? 3 : 4;
    std::array<Point, 4> points;
    for (int i = 0; i < corners; ++i) {
      const double angle = 2 * std::numbers::pi * i / corners;
      points[static_cast<std::size_t>(i)] = {p.x + 1.2 * r * std::sin(angle), p.y - 1.2 * r * std::cos(angle)};
    }
    canvas.fill_convex({points.data(), static_cast<std::size_t>(corners)}, color);
  }
  if (marker == "x" || marker == "+") {
    const double a = marker == "x" ? 0.8 * r : 1.1 * r, b = marker == "x" ? 0.8 * r : 0;
    const std::pair<Point, Point> strokes[] = {{{p.x - a, p.y - b}, {p.x + a, p.y + b}},
                                               {{p.x - b, p.y + a}, {p.x + b, p.y - a}}};
    canvas.stroke_segments(strokes, width, color);
  }
}

class Line final : public Layer {
 public:
  Line(std::vector<double> x, std::vector<double> y, const LineOptions& options, std::size_t index)
      : x_(std::move(x)), y_(std::move(y)), options_(options) {
    check_option(options.width, 0, kWidest, "width");
    check_alpha(options.alpha);
    if (std::string(" o s ^ d x + ").find(" " + options.marker + " ") == std::string::npos && !options.marker.empty()) {
      throw std::invalid_argument(fmt::format("marker: expected o, s, ^, d, x or +, got \"{}\"", options.marker));
    }
    color_ = (options.color.empty() ? cycle_color(index) : parse_color(options.color)).with_alpha(options.alpha);
    if (options.color.empty() && (index / kCycleLength) % 2 == 1) options_.dashed = true;  // the second round differs
  }

  void extend(Extent& ex, Extent& ey, bool log_x, bool log_y) const override {
    extend_by(x_, y_, ex, ey, log_x, log_y);
  }

  void draw(Canvas& canvas, const Frame& frame) const override {
    std::vector<Point> points(x_.size());
    for (std::size_t i = 0; i < points.size(); ++i) points[i] = frame.at(x_[i], y_[i]);
    // A gap at each point that cannot be shown; a single point between gaps is a dot.
    for (std::size_t first = 0; first < points.size();) {
      std::size_t last = first;
      while (last < points.size() && finite(points[last])) ++last;
      if (last > first) {
        const std::size_t n = last - first;
        const bool dot = n == 1 && options_.marker.empty();
        canvas.stroke({points.data() + first, n}, (dot ? 3 : 1) * options_.width * frame.scale, color_,
                      n == 1 ? 0 : dash(frame.scale));
      }
      first = last + 1;
    }
    for (const Point p : points) {
      if (finite(p) && !options_.marker.empty())
        draw_marker(canvas, p, options_.marker, radius(frame.scale), options_.width * frame.scale, color_);
    }
  }

  std::string label() const override { return options_.label; }

  void draw_key(Canvas& canvas, const Rect& box, double scale) const override {
    const double y = std::round(box.center().y);
    const Point ends[] = {{box.x0, y}, {box.x1, y}};
    const Color key = color_.with_alpha(std::max(0.5f, color_.a));
    canvas.stroke(ends, std::max(1.25, std::min(options_.width, 4.0)) * scale, key, dash(scale));
    draw_marker(canvas, {box.center().x, y}, options_.marker, std::min(radius(scale), 5 * scale),
                options_.width * scale, key);
  }

  void mark(const Frame& frame, std::vector<Point>& marks) const override {
    const double step = 6 * frame.scale;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const Point a = frame.at(x_[i], y_[i]);
      if (!finite(a)) continue;
      marks.push_back(a);
      const Point b = i + 1 < x_.size() ? frame.at(x_[i + 1], y_[i + 1]) : a;
      if (!finite(b)) continue;
      const int pieces = static_cast<int>(std::min(500.0, std::hypot(b.x - a.x, b.y - a.y) / step));
      for (int k = 1; k < pieces; ++k)
        marks.push_back({a.x + (b.x - a.x) * k / pieces, a.y + (b.y - a.y) * k / pieces});
    }
  }

 private:
  double radius(double scale) const { return (2 + options_.width) * scale; }
  double dash(double scale) const { return options_.dashed ? (3 + 1.5 * options_.width) * scale : 0; }

  std::vector<double> x_, y_;
  LineOptions options_;
  Color color_;
};

class Scatter final : public Layer {
 public:
  Scatter(std::vector<double> x, std::vector<double> y, const ScatterOptions& options, std::size_t index)
      : x_(std::move(x)), y_(std::move(y)), options_(options) {
    check_option(options.radius, 0, kWidest, "radius");
    check_alpha(options.alpha);
    color_ = (options.color.empty() ? cycle_color(index) : parse_color(options.color)).with_alpha(options.alpha);
  }

  void extend(Extent& ex, Extent& ey, bool log_x, bool log_y) const override {
    extend_by(x_, y_, ex, ey, log_x, log_y);
  }

  void draw(Canvas& canvas, const Frame& frame) const override {
    for (std::size_t i = 0; i < x_.size(); ++i)
      canvas.fill_circle(frame.at(x_[i], y_[i]), options_.radius * frame.scale, color_);
  }

  std::string label() const override { return options_.label; }

  void draw_key(Canvas& canvas, const Rect& box, double scale) const override {
    canvas.fill_circle(box.center(), std::clamp(options_.radius, 2.0, 5.0) * scale,
                       color_.with_alpha(std::max(0.5f, color_.a)));
  }

  void mark(const Frame& frame, std::vector<Point>& marks) const override {
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const Point p = frame.at(x_[i], y_[i]);
      if (finite(p)) marks.push_back(p);
    }
  }

 private:
  std::vector<double> x_, y_;
  ScatterOptions options_;
  Color color_;
};

}  // namespace

std::shared_ptr<const Layer> make_line(std::vector<double> x, std::vector<double> y, const LineOptions& options,
                                       std::size_t index) {
  return std::make_shared<Line>(std::move(x), std::move(y), options, index);
}

std::shared_ptr<const Layer> make_scatter(std::vector<double> x, std::vector<double> y, const ScatterOptions& options,
                                          std::size_t index) {
  return std::make_shared<Scatter>(std::move(x), std::move(y), options, index);
}

}  // namespace descent::plot
