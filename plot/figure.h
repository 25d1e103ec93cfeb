// Figures written to PNG: curves, points, heatmaps, images, contours.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../autograd/tensor.h"

/// Pictures of a training run. Colours are "#rrggbb", "#rgb" or a name (black, white, gray, red, green, blue, orange,
/// purple, brown, pink, cyan, yellow, lightgray, darkgray); text is UTF-8. Colour maps are "viridis", "blues", "gray"
/// and "diverging" (blue, white, red). A wrong option throws std::invalid_argument naming it.
namespace descent::plot {

/// An interval; an end that is NaN is taken from the data.
struct Range {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// Numbers to draw: a std::vector of any arithmetic type, numbers in braces or a 1-D tensor of any dtype.
class Series {
 public:
  Series(const Tensor& values);
  Series(std::vector<double> values) : values_(std::move(values)) {}
  Series(std::initializer_list<double> values) : values_(values) {}
  template <class T>
  requires std::is_arithmetic_v<T> Series(const std::vector<T>& values) : values_(values.begin(), values.end()) {}

  const std::vector<double>& values() const { return values_; }
  /// Empty where the values are one list of numbers, else what came instead ("[2, 3]").
  const std::string& wrong_shape() const { return wrong_shape_; }

 private:
  std::vector<double> values_;
  std::string wrong_shape_;
};

struct FigureOptions {
  std::string title = "";
  std::string x_label = "";
  std::string y_label = "";
  bool log_x = false;  ///< values that are not positive are left out
  bool log_y = false;
  Range x_range = {};  ///< ends that are not given come from the data, with a margin
  Range y_range = {};
  bool grid = true;
  /// "best" (where it covers least), "upper right", "upper left", "lower right", "lower left", "outside" or "none".
  std::string legend = "best";
  std::int64_t width = 0;  ///< in pixels, up to 16384; 0: what suits the content, 1280 x 800 for curves
  std::int64_t height = 0;
  double scale = 2.0;  ///< pixels per unit of text size and line width; 2 is crisp on any screen
};

struct LineOptions {
  std::string label = "";  ///< the name in the legend; without one there is no entry
  std::string color = "";  ///< by default the next of a cycle that colour-blind readers can tell apart
  double width = 1.75;
  std::string marker = "";  ///< "o", "s" (square), "^", "d" (diamond), "x", "+"; "" for none
  bool dashed = false;
  double alpha = 1.0;
};

struct ScatterOptions {
  std::string label = "";
  std::string color = "";
  double radius = 3.0;
  double alpha = 0.8;
};

struct HeatmapOptions {
  std::vector<std::string> x_labels = {};  ///< one name a column; turned where they would not fit
  std::vector<std::string> y_labels = {};  ///< one name a row
  std::string x_label = "";                ///< replaces the figure's
  std::string y_label = "";
  Range x_span = {};      ///< numbers at the left and right edge of the x axis, instead of counting columns
  bool annotate = false;  ///< write each value into its cell
  bool log = false;       ///< colours follow the logarithm; values that are not positive are drawn light gray
  std::string colormap = "viridis";
  bool colorbar = true;
  Range range = {};  ///< the values of the colour map's two ends; by default the smallest and the largest
};

struct ImageOptions {
  std::string colormap = "gray";  ///< for images of one channel
  bool normalize = false;         ///< stretch the image's own range over [0, 1]
};

struct ImageGridOptions {
  std::int64_t columns = 0;                    ///< 0: about as many as rows
  std::vector<std::string> titles = {};        ///< one an image, above it; may have several lines
  std::vector<std::string> title_colors = {};  ///< one a title, e.g. green where right and red where wrong
  bool normalize = false;                      ///< stretch each image's own range over [0, 1]
  bool diverging = false;                      ///< one channel: blue below zero, white at zero, red above
  std::string colormap = "gray";               ///< one channel, unless diverging
};

struct ContourOptions {
  Range x = {};  ///< of a function, by default [-1, 1]; of a tensor, by default its column numbers
  Range y = {};
  std::int64_t levels = 16;               ///< how many, evenly spaced
  std::vector<double> level_values = {};  ///< these instead
  bool filled = false;                    ///< colour the bands between the levels, rather than the lines
  /// Levels evenly spaced in the logarithm of the height above the lowest value (above 0 if all values are).
  bool log = false;
  std::string colormap = "viridis";
  bool colorbar = false;
  std::int64_t resolution = 256;  ///< samples of a function along each axis
  double width = 1.0;
  double alpha = 1.0;
};

class Layer;
struct FigureState;

/// One picture with one pair of axes. Layers are drawn in the order in which they were added; NaN and infinite points
/// are left out, a line has a gap there. A call that throws leaves the figure as it was. Copies are independent.
class Figure {
 public:
  /// Throws std::invalid_argument naming the option that is wrong.
  explicit Figure(FigureOptions options = {});
  Figure(const Figure& other);
  Figure(Figure&& other) noexcept;
  Figure& operator=(Figure other) noexcept;
  ~Figure();

  /// A curve through (x_i, y_i) in the order given. Throws ShapeError unless both are 1-D and equally long.
  Figure& line(const Series& x, const Series& y, const LineOptions& options = {});
  /// A curve through (i, y_i), i = 0, 1, …
  Figure& line(const Series& y, const LineOptions& options = {});
  /// A dot at each (x_i, y_i). Throws ShapeError as line does.
  Figure& scatter(const Series& x, const Series& y, const ScatterOptions& options = {});
  /// The values of a [rows, columns] tensor as colours, row 0 on top. NaN is drawn light gray.
  /// Throws ShapeError unless it is 2-D with as many labels (or none) as rows and columns.
  Figure& heatmap(const Tensor& values, const HeatmapOptions& options = {});
  /// An image [H, W], [1, H, W], [3, H, W] or [H, W, 3]: uint8, boolean or floats in [0, 1] (others are clamped).
  /// Throws ShapeError for other shapes, DTypeError for int64.
  Figure& image(const Tensor& image, const ImageOptions& options = {});
  /// The images of [N, H, W] or [N, C, H, W] with C = 1 or 3, in rows. Throws as image does; ShapeError too when there
  /// are titles or colours but not N.
  Figure& image_grid(const Tensor& images, const ImageGridOptions& options = {});
  /// The lines f(x, y) = level over a rectangle, by marching squares. What f throws passes through.
  Figure& contour(const std::function<double(double, double)>& f, const ContourOptions& options = {});
  /// The same of a [rows, columns] tensor of heights; row 0 lies at y.low (a heatmap's is on top), columns from x.low.
  /// Throws ShapeError unless it is 2-D with two rows and columns at least.
  Figure& contour(const Tensor& values, const ContourOptions& options = {});

  /// Writes the picture. The file appears complete or not at all: it is written beside its place and then renamed.
  /// Throws IoError naming the path and the reason.
  void save(const std::string& path) const;
  /// The bytes of the PNG file that save would write.
  std::vector<std::uint8_t> png() const;

 private:
  void add(std::shared_ptr<const Layer> layer);
  friend void save_grid(const std::string&, const std::vector<const Figure*>&, std::int64_t);

  std::unique_ptr<FigureState> state_;
};

/// Several figures in one PNG, row by row: `save_grid("run.png", {&loss, &accuracy}, 2)`. With columns = 0 all stand in
/// one row. Throws std::invalid_argument without figures, for a null figure or columns < 0; IoError as Figure::save.
void save_grid(const std::string& path, const std::vector<const Figure*>& figures, std::int64_t columns = 0);

/// The same of a container of figures, for panels that a loop makes.
template <class Figures>
requires std::same_as<typename Figures::value_type, Figure>
void save_grid(const std::string& path, const Figures& figures, std::int64_t columns = 0) {
  std::vector<const Figure*> pointers;
  for (const Figure& figure : figures) pointers.push_back(&figure);
  save_grid(path, pointers, columns);
}

}  // namespace descent::plot
