#include "figure.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../autograd/fail-inl.h"
#include "layer.h"
#include "png.h"

namespace descent::plot {
namespace {

void check_size(std::int64_t size, const char* option) {
  constexpr std::int64_t kMost = 16384;
  if (size < 0 || size > kMost)
    throw std::invalid_argument(fmt::format("{}: expected 0 to {} pixels, got {}", option, kMost, size));
}

void check_series(const char* op, const char* name, const Series& series) {
  if (!series.wrong_shape().empty()) fail<ShapeError>(op, "{} must be 1-D, got {}", name, series.wrong_shape());
}

void check_pair(const char* op, const Series& x, const Series& y) {
  check_series(op, "x", x);
  check_series(op, "y", y);
  if (x.values().size() == y.values().size()) return;
  fail<ShapeError>(op, "x and y must be equally long, got {} and {}", x.values().size(), y.values().size());
}

}  // namespace

Series::Series(const Tensor& values) {
  if (!values.defined())
    wrong_shape_ = "an undefined tensor";
  else if (values.dim() != 1)
    wrong_shape_ = values.shape().str();
  else
    values_ = values.to_vector<double>();
}

Figure::Figure(FigureOptions options) {
  check_range(options.x_range, options.log_x, "x_range");
  check_range(options.y_range, options.log_y, "y_range");
  check_size(options.width, "width");
  check_size(options.height, "height");
  check_option(options.scale, 0, 16, "scale");
  const std::vector<std::string> places = {"best",       "upper right", "upper left", "lower right",
                                           "lower left", "outside",     "none"};
  if (std::find(places.begin(), places.end(), options.legend) == places.end()) {
    throw std::invalid_argument(fmt::format(
        "legend: expected best, upper right, upper left, lower right, lower left, outside or none, got \"{}\"",
        options.legend));
  }
  state_ = std::make_unique<FigureState>(FigureState{std::move(options), {}, 0});
}

Figure::Figure(const Figure& other) : state_(std::make_unique<FigureState>(*other.state_)) {}
Figure::Figure(Figure&& other) noexcept = default;
Figure& Figure::operator=(Figure other) noexcept {
  state_ = std::move(other.state_);
  return *this;
}
Figure::~Figure() = default;

void Figure::add(std::shared_ptr<const Layer> layer) { state_->layers.push_back(std::move(layer)); }

Figure& Figure::line(const Series& x, const Series& y, const LineOptions& options) {
  check_pair("line", x, y);
  add(make_line(x.values(), y.values(), options, state_->curves));
  ++state_->curves;
  return *this;
}

Figure& Figure::line(const Series& y, const LineOptions& options) {
  check_series("line", "y", y);
  std::vector<double> x(y.values().size());
  std::iota(x.begin(), x.end(), 0.0);
  return line(x, y, options);
}

Figure& Figure::scatter(const Series& x, const Series& y, const ScatterOptions& options) {
  check_pair("scatter", x, y);
  add(make_scatter(x.values(), y.values(), options, state_->curves));
  ++state_->curves;
  return *this;
}

Figure& Figure::heatmap(const Tensor& values, const HeatmapOptions& options) {
  add(make_heatmap(values, options));
  return *this;
}

Figure& Figure::image(const Tensor& image, const ImageOptions& options) {
  add(make_image(image, options));
  return *this;
}

Figure& Figure::image_grid(const Tensor& images, const ImageGridOptions& options) {
  add(make_image_grid(images, options));
  return *this;
}

Figure& Figure::contour(const std::function<double(double, double)>& f, const ContourOptions& options) {
  add(make_contour(f, options));
  return *this;
}

Figure& Figure::contour(const Tensor& values, const ContourOptions& options) {
  add(make_contour(values, options));
  return *this;
}

void Figure::save(const std::string& path) const { write_file(path, png()); }

std::vector<std::uint8_t> Figure::png() const { return encode_png(render(*state_)); }

void save_grid(const std::string& path, const std::vector<const Figure*>& figures, std::int64_t columns) {
  if (figures.empty()) throw std::invalid_argument("figures: save_grid needs at least one");
  if (std::find(figures.begin(), figures.end(), nullptr) != figures.end())
    throw std::invalid_argument("figures: save_grid got a null pointer");
  if (columns < 0) throw std::invalid_argument(fmt::format("columns: must not be negative, got {}", columns));
  const std::size_t across =
      columns == 0 ? figures.size() : std::min(figures.size(), static_cast<std::size_t>(columns));
  const std::size_t down = (figures.size() + across - 1) / across;
  std::vector<Canvas> panels;
  std::vector<int> widths(across), heights(down);  // of the columns and rows: their largest panel's
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Canvas& panel = panels.emplace_back(render(*figures[i]->state_));
    widths[i % across] = std::max(widths[i % across], panel.width());
    heights[i / across] = std::max(heights[i / across], panel.height());
  }
  Canvas all(std::accumulate(widths.begin(), widths.end(), 0), std::accumulate(heights.begin(), heights.end(), 0));
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const auto column = static_cast<std::ptrdiff_t>(i % across), row = static_cast<std::ptrdiff_t>(i / across);
    const int x =
        std::accumulate(widths.begin(), widths.begin() + column, 0) + (widths[i % across] - panels[i].width()) / 2;
    const int y =
        std::accumulate(heights.begin(), heights.begin() + row, 0) + (heights[i / across] - panels[i].height()) / 2;
    all.paste(panels[i], x, y);
  }
  write_file(path, encode_png(all));
}

}  // namespace descent::plot
