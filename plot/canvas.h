// Pixels, and anti-aliased shapes on them. Coordinates are in pixels, x to the right, y down; the centre of the first
// pixel is (0.5, 0.5).
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "colormap.h"

namespace descent::plot {

struct Point {
  double x = 0, y = 0;
};

/// From (x0, y0), above and left, to (x1, y1).
struct Rect {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  double width() const { return x1 - x0; }
  double height() const { return y1 - y0; }
  Point center() const { return {(x0 + x1) / 2, (y0 + y1) / 2}; }
};

/// An image of its own size, three floats in [0, 1] a pixel, rows from the top.
struct Raster {
  std::int64_t width = 0, height = 0;
  std::vector<float> rgb;
};

class Canvas {
 public:
  Canvas(int width, int height, Color background = kWhite);

  int width() const { return width_; }
  int height() const { return height_; }
  Color pixel(int x, int y) const;

  /// Confines drawing to a rectangle, rounded to whole pixels.
  void set_clip(const Rect& clip);
  void reset_clip();

  /// Mixes a colour into one pixel: p ← p + a·coverage·(color − p). Outside the clip nothing happens.
  void blend(int x, int y, const Color& color, float coverage) {
    if (x >= clip_.x0 && x < clip_.x1 && y >= clip_.y0 && y < clip_.y1) mix(x, y, color, coverage);
  }

  void fill_rect(const Rect& rect, const Color& color);
  /// Four lines along the inside of a rectangle's edges.
  void frame_rect(const Rect& rect, double width, const Color& color);
  void fill_circle(Point center, double radius, const Color& color);
  void fill_convex(std::span<const Point> corners, const Color& color);
  /// A line through the points with round caps and joins; translucent colours do not add up where it crosses itself.
  /// With `dash` > 0 it is drawn and left out over that length in turn. Points that are not finite are left out.
  void stroke(std::span<const Point> points, double width, const Color& color, double dash = 0);
  /// Unconnected segments, as one shape.
  void stroke_segments(std::span<const std::pair<Point, Point>> segments, double width, const Color& color);
  /// An image stretched over a rectangle; each pixel takes the average of what it covers, so small images show their
  /// pixels and large ones do not alias.
  void draw_raster(const Rect& rect, const Raster& raster);
  /// Another canvas, its corner at (x, y).
  void paste(const Canvas& other, int x, int y);

  /// Three bytes a pixel, rows from the top.
  std::vector<std::uint8_t> bytes() const;

 private:
  struct Box {
    int x0, y0, x1, y1;
  };

  void mix(int x, int y, const Color& color, float coverage) {
    float* p =
        &rgb_[3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x))];
    const float a = color.a * coverage;
    p[0] += a * (color.r - p[0]);
    p[1] += a * (color.g - p[1]);
    p[2] += a * (color.b - p[2]);
  }
  Box box(double x0, double y0, double x1, double y1) const;
  bool clip_segment(Point& a, Point& b, double margin) const;
  void cover(Point a, Point b, double radius);
  void flush(const Color& color);

  int width_, height_;
  Box clip_;
  std::vector<float> rgb_;
  std::vector<float> mask_;  // coverage of the shape being stroked
  Box dirty_;                // where mask_ is not zero
};

}  // namespace descent::plot
