// A matrix as colours.
#include <algorithm>
#include <cmath>

#include "../autograd/fail-inl.h"
#include "font.h"
#include "layer.h"

namespace descent::plot {
namespace {

class Heatmap final : public Layer {
 public:
  Heatmap(const Tensor& values, const HeatmapOptions& options)
      : rows_(values.size(0)),
        columns_(values.size(1)),
        values_(values.to_vector<double>()),
        options_(options),
        colormap_(options.colormap) {
    Extent data;
    for (const double v : values_) data.add(v, options.log);
    check_range(options.range, options.log, "range");
    check_range(options.x_span, false, "x_span");
    if (std::isnan(options.x_span.low) != std::isnan(options.x_span.high)) {
      throw std::invalid_argument("x_span: expected both ends or neither");
    }
    if (!std::isnan(options.x_span.low) && !options.x_labels.empty()) {
      throw std::invalid_argument("x_span: cannot stand together with x_labels");
    }
    scale_ = make_axis(data, options.range, options.log, 0);
    integral_ = std::all_of(values_.begin(), values_.end(),
                            [](double v) { return std::isnan(v) || (v == std::round(v) && std::abs(v) < 1e15); });
  }

  void extend(Extent& x, Extent& y, bool, bool) const override {
    for (const double end : {0.0, static_cast<double>(columns_)}) x.add(end, false);
    for (const double end : {0.0, static_cast<double>(rows_)}) y.add(end, false);
  }

  Framing framing() const override {
    Framing framing;
    framing.tight = framing.opaque = framing.rows_down = framing.cells = true;
    framing.x_names = options_.x_labels;
    framing.y_names = options_.y_labels;
    if (!std::isnan(options_.x_span.low)) framing.x_span = options_.x_span;
    framing.x_label = options_.x_label;
    framing.y_label = options_.y_label;
    const double ratio = static_cast<double>(columns_) / static_cast<double>(std::max<std::int64_t>(rows_, 1));
    if (ratio > 0.3 && ratio < 3.4) {  // square cells, unless that wastes the picture
      framing.aspect = 1;
      framing.width = ratio >= 1 ? 620 : std::max(420.0, 170 + 450 * ratio);
      framing.height = ratio >= 1 ? std::max(360.0, 120 + 450 / ratio) : 570;
    }
    if (options_.colorbar) framing.color_scale = ColorScale{colormap_, scale_, 0};
    return framing;
  }

  void draw(Canvas& canvas, const Frame& frame) const override {
    Raster raster{columns_, rows_, {}};
    for (const double v : values_) {
      const Color c = color_of(v);
      raster.rgb.insert(raster.rgb.end(), {c.r, c.g, c.b});
    }
    const Point a = frame.at(0, 0), b = frame.at(static_cast<double>(columns_), static_cast<double>(rows_));
    const Rect whole{std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y)};
    canvas.draw_raster(whole, raster);
    const double cell_width = whole.width() / static_cast<double>(columns_),
                 cell_height = whole.height() / static_cast<double>(rows_);
    const double cell = std::min(cell_width, cell_height);
    if (cell > 12 * frame.scale) {  // thin gaps, on whole pixels
      const double gap = std::max(1.0, std::round(0.75 * frame.scale));
      for (std::int64_t i = 1; i < columns_; ++i) {
        const double x = std::round(whole.x0 + static_cast<double>(i) * cell_width - gap / 2);
        canvas.fill_rect({x, whole.y0, x + gap, whole.y1}, kWhite);
      }
      for (std::int64_t i = 1; i < rows_; ++i) {
        const double y = std::round(whole.y0 + static_cast<double>(i) * cell_height - gap / 2);
        canvas.fill_rect({whole.x0, y, whole.x1, y + gap}, kWhite);
      }
    }
    if (options_.annotate) write_values(canvas, frame, cell_width, cell_height);
  }

 private:
  Color color_of(double v) const { return colormap_(std::isinf(v) ? (v > 0 ? 1.0 : 0.0) : scale_.fraction(v)); }

  std::string text_of(double v) const {
    return integral_ && std::isfinite(v) ? fmt::format("{:.0f}", v + 0.0) : format_number(v);
  }

  void write_values(Canvas& canvas, const Frame& frame, double cell_width, double cell_height) const {
    // One size for all: the widest decides.
    double size = std::min(12 * frame.scale, 0.6 * cell_height);
    for (const double v : values_) size = fit_size(text_of(v), size, 1, 0.86 * cell_width);
    for (std::int64_t i = 0; i < rows_ * columns_; ++i) {
      const double v = values_[static_cast<std::size_t>(i)];
      const Color under = color_of(v);
      const Point center = frame.at(static_cast<double>(i % columns_) + 0.5, static_cast<double>(i / columns_) + 0.5);
      draw_text(canvas, center, text_of(v),
                {.size = size,
                 .color = luminance(under) > 0.5 ? kInk : kWhite,
                 .horizontal = HAlign::Center,
                 .vertical = VAlign::Middle});
    }
  }

  std::int64_t rows_, columns_;
  std::vector<double> values_;
  HeatmapOptions options_;
  Colormap colormap_;
  Axis scale_;
  bool integral_;
};

void check_names(const std::vector<std::string>& names, std::int64_t count, const char* option, const char* what,
                 const Tensor& values) {
  if (names.empty() || names.size() == static_cast<std::size_t>(count)) return;
  fail<ShapeError>("heatmap", "{} must have one name a {}, got {} names for {}", option, what, names.size(),
                   values.shape());
}

}  // namespace

std::shared_ptr<const Layer> make_heatmap(const Tensor& values, const HeatmapOptions& options) {
  if (!values.defined()) fail<ShapeError>("heatmap", "expected a 2-D tensor, got an undefined one");
  if (values.dim() != 2) fail<ShapeError>("heatmap", "expected a 2-D tensor, got {}", values.shape());
  check_names(options.x_labels, values.size(1), "x_labels", "column", values);
  check_names(options.y_labels, values.size(0), "y_labels", "row", values);
  return std::make_shared<Heatmap>(values, options);
}

}  // namespace descent::plot
