// Single images and grids of images.
#include <algorithm>
#include <cmath>

#include "../autograd/fail-inl.h"
#include "font.h"
#include "layer.h"

namespace descent::plot {
namespace {

constexpr double kTitleSize = 10.5;

// Values of a tensor as [0, 1]: uint8 is divided by 255.
std::vector<float> unit_values(const Tensor& t, const char* op) {
  if (t.dtype() == int64) fail<DTypeError>(op, "expected uint8, boolean or floating point, got {}", t.dtype());
  std::vector<float> values = t.to_vector<float>();
  if (t.dtype() == uint8) {
    for (float& v : values) v /= 255;
  }
  return values;
}

// How the values of one image become colours.
struct Tone {
  bool normalize = false, diverging = false;
  Colormap colormap;
};

// `channel` and `pixel` are the strides of the colour channels and of the pixels.
Raster make_raster(const float* values, std::int64_t height, std::int64_t width, std::int64_t channels,
                   std::int64_t channel, std::int64_t pixel, const Tone& tone) {
  Extent own;
  for (std::int64_t i = 0; i < height * width * channels; ++i) own.add(values[i], false);
  double low = 0, high = 1;
  if (tone.normalize && !own.empty()) low = own.low, high = own.high;
  if (tone.diverging) {  // zero in the middle
    high = tone.normalize && !own.empty() ? std::max(std::abs(own.low), std::abs(own.high)) : 1;
    low = -high;
  }
  const auto unit = [&](float v) { return high > low ? (v - low) / (high - low) : 0.5; };
  Raster raster{width, height, {}};
  raster.rgb.reserve(static_cast<std::size_t>(height * width * 3));
  for (std::int64_t i = 0; i < height * width; ++i) {
    if (channels == 1) {
      const Color c = tone.colormap(unit(values[i * pixel]));
      raster.rgb.insert(raster.rgb.end(), {c.r, c.g, c.b});
      continue;
    }
    for (std::int64_t c = 0; c < 3; ++c) {
      const double v = unit(values[i * pixel + c * channel]);
      raster.rgb.push_back(std::isnan(v) ? kMissing.r : static_cast<float>(std::clamp(v, 0.0, 1.0)));
    }
  }
  return raster;
}

class Image final : public Layer {
 public:
  explicit Image(Raster raster) : raster_(std::move(raster)) {}

  void extend(Extent& x, Extent& y, bool, bool) const override {
    for (const double end : {0.0, static_cast<double>(raster_.width)}) x.add(end, false);
    for (const double end : {0.0, static_cast<double>(raster_.height)}) y.add(end, false);
  }

  Framing framing() const override {
    Framing framing;
    framing.axes = false;
    framing.tight = framing.opaque = framing.rows_down = true;
    framing.aspect = 1;
    const double ratio = raster_.width > 0 && raster_.height > 0
                             ? static_cast<double>(raster_.width) / static_cast<double>(raster_.height)
                             : 1;
    framing.width = std::clamp(480 * std::sqrt(ratio), 160.0, 1200.0);
    framing.height = std::clamp(480 / std::sqrt(ratio), 160.0, 1200.0);
    return framing;
  }

  void draw(Canvas& canvas, const Frame& frame) const override {
    const Point a = frame.at(0, 0),
                b = frame.at(static_cast<double>(raster_.width), static_cast<double>(raster_.height));
    canvas.draw_raster({a.x, a.y, b.x, b.y}, raster_);
  }

 private:
  Raster raster_;
};

class ImageGrid final : public Layer {
 public:
  ImageGrid(std::vector<Raster> images, const ImageGridOptions& options)
      : images_(std::move(images)), titles_(options.titles) {
    const double n = static_cast<double>(std::max<std::size_t>(images_.size(), 1));
    columns_ = options.columns > 0 ? static_cast<double>(options.columns) : std::ceil(std::sqrt(n));
    columns_ = std::min(columns_, n);
    rows_ = std::ceil(n / columns_);
    for (const std::string& color : options.title_colors)
      colors_.push_back(color.empty() ? kInk : parse_color(color, "title_colors"));
    for (const std::string& title : titles_) {
      lines_ = std::max(lines_, 1 + static_cast<double>(std::count(title.begin(), title.end(), '\n')));
    }
    ratio_ = images_.empty() || images_[0].width == 0 || images_[0].height == 0
                 ? 1.0
                 : static_cast<double>(images_[0].width) / static_cast<double>(images_[0].height);
    // A cell is the image, a gap and its title; wide enough to read the title.
    image_width_ =
        std::clamp(1100 / columns_, titles_.empty() ? 24.0 : 76.0, 110.0) * std::sqrt(std::clamp(ratio_, 0.2, 5.0));
  }

  void extend(Extent& x, Extent& y, bool, bool) const override {
    for (const double end : {0.0, 1.0}) {
      x.add(end, false);
      y.add(end, false);
    }
  }

  Framing framing() const override {
    Framing framing;
    framing.axes = false;
    framing.tight = framing.opaque = framing.rows_down = true;
    framing.width = columns_ * (image_width_ + gap());
    framing.height = rows_ * (image_width_ / ratio_ + title_height() + gap());
    framing.area_ratio = framing.width / framing.height;
    return framing;
  }

  void draw(Canvas& canvas, const Frame& frame) const override {
    const Rect& area = frame.area;
    const double unit = area.width() / (columns_ * (image_width_ + gap()));  // shrinks with the figure
    const double cell_width = area.width() / columns_, cell_height = area.height() / rows_;
    const double width = std::max(1.0, std::floor(cell_width - gap() * unit)),
                 height = std::max(1.0, std::floor(width / ratio_));
    for (std::size_t i = 0; i < images_.size(); ++i) {
      const double row = std::floor(static_cast<double>(i) / columns_),
                   column = static_cast<double>(i) - row * columns_;
      const double x = std::round(area.x0 + column * cell_width + gap() * unit / 2);
      const double y = std::round(area.y0 + row * cell_height + gap() * unit / 2 + title_height() * unit);
      canvas.draw_raster({x, y, x + width, y + height}, images_[i]);
      if (i >= titles_.size()) continue;
      const double room = cell_width - 3 * unit;
      const double size = fit_size(titles_[i], kTitleSize * unit, 0.7 * kTitleSize * unit, room);
      draw_text(canvas, {x + width / 2, y - 2 * unit}, ellipsize(titles_[i], size, room),
                {.size = size,
                 .color = colors_.empty() ? kInk : colors_[i],
                 .horizontal = HAlign::Center,
                 .vertical = VAlign::Bottom});
    }
  }

 private:
  double gap() const { return titles_.empty() ? std::clamp(0.06 * image_width_, 2.0, 6.0) : 10; }
  double title_height() const { return titles_.empty() ? 0 : line_height(kTitleSize) * lines_ + 2; }

  std::vector<Raster> images_;
  std::vector<std::string> titles_;
  std::vector<Color> colors_;
  double columns_ = 1, rows_ = 1, lines_ = 1, ratio_ = 1, image_width_ = 0;
};

}  // namespace

std::shared_ptr<const Layer> make_image(const Tensor& t, const ImageOptions& options) {
  constexpr const char* kExpected = "expected [H, W], [1, H, W], [3, H, W] or [H, W, 3], got {}";
  if (!t.defined()) fail<ShapeError>("image", kExpected, "an undefined tensor");
  const std::int64_t dims = t.dim();
  const bool first = dims == 3 && (t.size(0) == 3 || t.size(0) == 1), last = dims == 3 && t.size(2) == 3;
  if (dims != 2 && !first && !last) fail<ShapeError>("image", kExpected, t.shape());
  const Tone tone{options.normalize, false, Colormap(options.colormap)};
  const std::vector<float> values = unit_values(t, "image");
  const std::int64_t from = first ? 1 : 0, height = t.size(from), width = t.size(from + 1);
  const std::int64_t channels = dims == 2 ? 1 : first ? t.size(0) : 3;
  return std::make_shared<Image>(first || dims == 2
                                     ? make_raster(values.data(), height, width, channels, height * width, 1, tone)
                                     : make_raster(values.data(), height, width, 3, 1, 3, tone));
}

std::shared_ptr<const Layer> make_image_grid(const Tensor& t, const ImageGridOptions& options) {
  constexpr const char* kExpected = "expected [N, H, W] or [N, C, H, W] with C = 1 or 3, got {}";
  if (!t.defined()) fail<ShapeError>("image_grid", kExpected, "an undefined tensor");
  const std::int64_t dims = t.dim(), channels = dims == 4 ? t.size(1) : 1;
  if (dims < 3 || dims > 4 || (channels != 1 && channels != 3)) fail<ShapeError>("image_grid", kExpected, t.shape());
  const std::size_t n = static_cast<std::size_t>(t.size(0));
  if (!options.titles.empty() && options.titles.size() != n) {
    fail<ShapeError>("image_grid", "titles must be one an image, got {} for {}", options.titles.size(), t.shape());
  }
  if (!options.title_colors.empty() && options.title_colors.size() != n) {
    fail<ShapeError>("image_grid", "title_colors must be one an image, got {} for {}", options.title_colors.size(),
                     t.shape());
  }
  if (options.columns < 0)
    throw std::invalid_argument(fmt::format("columns: must not be negative, got {}", options.columns));
  const Tone tone{options.normalize, options.diverging, Colormap(options.diverging ? "diverging" : options.colormap)};
  const std::vector<float> values = unit_values(t, "image_grid");
  const std::int64_t height = t.size(dims - 2), width = t.size(dims - 1);
  std::vector<Raster> images;
  for (std::size_t i = 0; i < n; ++i) {
    const float* image = values.data() + static_cast<std::int64_t>(i) * channels * height * width;
    images.push_back(make_raster(image, height, width, channels, height * width, 1, tone));
  }
  return std::make_shared<ImageGrid>(std::move(images), options);
}

}  // namespace descent::plot
