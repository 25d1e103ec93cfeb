// What a figure is made of: layers, each of which knows its extent and draws itself into a frame.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "axes.h"
#include "canvas.h"
#include "figure.h"

namespace descent::plot {

/// Where the axes lie on the canvas.
struct Frame {
  Rect area;
  Axis x, y;
  double scale = 1;  // pixels per unit of width and text size

  /// Not finite for what a log axis cannot show.
  Point at(double vx, double vy) const {
    return {area.x0 + x.fraction(vx) * area.width(), area.y1 - y.fraction(vy) * area.height()};
  }
};

/// How a colour bar reads: the colours of `axis`, whose numbers are shown with `offset` added.
struct ColorScale {
  Colormap colormap;
  Axis axis;
  double offset = 0;
};

/// What a layer wants of the figure around it.
struct Framing {
  bool axes = true;                           // false for images: neither frame nor ticks
  bool tight = false;                         // no margin around the data
  bool opaque = false;                        // covers the grid: none is drawn
  bool rows_down = false;                     // y grows downwards
  double aspect = 0;                          // width/height of one unit, 0 where it may stretch
  double width = 0, height = 0;               // wanted size of the figure, in units of scale
  double area_ratio = 0;                      // width/height of the whole area, 0 where it may stretch
  std::vector<std::string> x_names, y_names;  // of the cells [0, 1], [1, 2], … of an axis
  bool cells = false;                         // ticks number cells, at their centres
  std::optional<Range> x_span;                // but the x axis counts from one of these at its start to the other
  std::string x_label, y_label;               // replace the figure's
  std::optional<ColorScale> color_scale;
};

class Layer {
 public:
  virtual ~Layer() = default;
  virtual void extend(Extent& x, Extent& y, bool log_x, bool log_y) const = 0;
  virtual void draw(Canvas& canvas, const Frame& frame) const = 0;
  virtual Framing framing() const { return {}; }
  /// Name in the legend; empty for none.
  virtual std::string label() const { return {}; }
  virtual void draw_key(Canvas&, const Rect&, double /*scale*/) const {}
  /// Adds points that the legend should not cover.
  virtual void mark(const Frame&, std::vector<Point>&) const {}
};

/// One layer each. `index` counts the curves and point sets of the figure, for the cycle of colours.
std::shared_ptr<const Layer> make_line(std::vector<double> x, std::vector<double> y, const LineOptions& options,
                                       std::size_t index);
std::shared_ptr<const Layer> make_scatter(std::vector<double> x, std::vector<double> y, const ScatterOptions& options,
                                          std::size_t index);
std::shared_ptr<const Layer> make_heatmap(const Tensor& values, const HeatmapOptions& options);
std::shared_ptr<const Layer> make_image(const Tensor& image, const ImageOptions& options);
std::shared_ptr<const Layer> make_image_grid(const Tensor& images, const ImageGridOptions& options);
std::shared_ptr<const Layer> make_contour(const std::function<double(double, double)>& f,
                                          const ContourOptions& options);
std::shared_ptr<const Layer> make_contour(const Tensor& values, const ContourOptions& options);

/// Throws std::invalid_argument naming `option` unless low < value <= high (NaN fails).
void check_option(double value, double low, double high, const char* option);

/// All that a figure holds; layers are immutable and shared by copies.
struct FigureState {
  FigureOptions options;
  std::vector<std::shared_ptr<const Layer>> layers;
  std::size_t curves = 0;
};

/// Draws a figure: lays out the margins, then axes, layers, legend and colour bar.
Canvas render(const FigureState& state);

/// Where the legend goes ("best", "upper right", …), and drawing it. Sizes in pixels.
struct Legend {
  std::vector<const Layer*> entries;
  double width = 0, height = 0;

  Legend(const FigureState& state, double widest);
  void draw(Canvas& canvas, Point corner, double scale) const;
  /// The corner of "best", "upper right", …: inside the frame; best covers the fewest marked points.
  Point place(const Frame& frame, const std::string& position) const;
};

}  // namespace descent::plot
