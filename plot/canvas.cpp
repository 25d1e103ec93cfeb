#include "canvas.h"

#include <algorithm>
#include <cmath>

namespace descent::plot {
namespace {

constexpr double kFar = 1e6;  // keeps conversions to int defined

int to_int(double v) { return static_cast<int>(std::clamp(v, -kFar, kFar)); }

bool finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

float saturate(double v) { return static_cast<float>(std::clamp(v, 0.0, 1.0)); }

// How much of [i, i + 1] lies in [low, high].
double overlap(int i, double low, double high) {
  return std::clamp(std::min(i + 1.0, high) - std::max<double>(i, low), 0.0, 1.0);
}

}  // namespace

Canvas::Canvas(int width, int height, Color background)
    : width_(width),
      height_(height),
      clip_{0, 0, width, height},
      rgb_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3),
      dirty_{width, height, 0, 0} {
  for (std::size_t i = 0; i < rgb_.size(); i += 3) {
    rgb_[i] = background.r;
    rgb_[i + 1] = background.g;
    rgb_[i + 2] = background.b;
  }
}

Color Canvas::pixel(int x, int y) const {
  const float* p =
      &rgb_[3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x))];
  return {p[0], p[1], p[2]};
}

void Canvas::set_clip(const Rect& clip) {
  reset_clip();
  clip_ = {std::clamp(to_int(std::round(clip.x0)), 0, width_), std::clamp(to_int(std::round(clip.y0)), 0, height_),
           std::clamp(to_int(std::round(clip.x1)), 0, width_), std::clamp(to_int(std::round(clip.y1)), 0, height_)};
}

void Canvas::reset_clip() { clip_ = {0, 0, width_, height_}; }

// The pixels that a rectangle touches, within the clip.
Canvas::Box Canvas::box(double x0, double y0, double x1, double y1) const {
  return {std::max(clip_.x0, to_int(std::floor(x0))), std::max(clip_.y0, to_int(std::floor(y0))),
          std::min(clip_.x1, to_int(std::ceil(x1))), std::min(clip_.y1, to_int(std::ceil(y1)))};
}

void Canvas::fill_rect(const Rect& r, const Color& color) {
  if (!finite({r.x0, r.y0}) || !finite({r.x1, r.y1})) return;
  const Box b = box(r.x0, r.y0, r.x1, r.y1);
  for (int y = b.y0; y < b.y1; ++y) {
    const double rows = overlap(y, r.y0, r.y1);
    for (int x = b.x0; x < b.x1; ++x) mix(x, y, color, saturate(rows * overlap(x, r.x0, r.x1)));
  }
}

void Canvas::frame_rect(const Rect& r, double width, const Color& color) {
  fill_rect({r.x0, r.y0, r.x1, r.y0 + width}, color);
  fill_rect({r.x0, r.y1 - width, r.x1, r.y1}, color);
  fill_rect({r.x0, r.y0 + width, r.x0 + width, r.y1 - width}, color);
  fill_rect({r.x1 - width, r.y0 + width, r.x1, r.y1 - width}, color);
}

void Canvas::fill_circle(Point c, double radius, const Color& color) {
  if (!finite(c)) return;
  const double reach = radius + 0.5;
  const Box b = box(c.x - reach, c.y - reach, c.x + reach, c.y + reach);
  for (int y = b.y0; y < b.y1; ++y) {
    for (int x = b.x0; x < b.x1; ++x) {
      const double distance = std::hypot(x + 0.5 - c.x, y + 0.5 - c.y);
      if (distance < reach) mix(x, y, color, saturate(reach - distance));
    }
  }
}

void Canvas::fill_convex(std::span<const Point> corners, const Color& color) {
  if (corners.size() < 3 || !std::all_of(corners.begin(), corners.end(), finite)) return;
  double area = 0;
  Rect r{corners[0].x, corners[0].y, corners[0].x, corners[0].y};
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point a = corners[i], b = corners[(i + 1) % corners.size()];
    area += a.x * b.y - b.x * a.y;
    r = {std::min(r.x0, a.x), std::min(r.y0, a.y), std::max(r.x1, a.x), std::max(r.y1, a.y)};
  }
  const double sign = area >= 0 ? 1 : -1;
  const Box range = box(r.x0 - 0.5, r.y0 - 0.5, r.x1 + 0.5, r.y1 + 0.5);
  for (int y = range.y0; y < range.y1; ++y) {
    for (int x = range.x0; x < range.x1; ++x) {
      double inside = kFar;  // distance to the nearest edge, positive inside
      for (std::size_t i = 0; i < corners.size(); ++i) {
        const Point a = corners[i], b = corners[(i + 1) % corners.size()];
        const double length = std::hypot(b.x - a.x, b.y - a.y);
        if (length == 0) continue;
        inside = std::min(inside, sign * ((b.x - a.x) * (y + 0.5 - a.y) - (b.y - a.y) * (x + 0.5 - a.x)) / length);
      }
      if (inside > -0.5) mix(x, y, color, saturate(inside + 0.5));
    }
  }
}

// Liang and Barsky: cuts a segment to the clip widened by `margin`; false when nothing is left.
bool Canvas::clip_segment(Point& a, Point& b, double margin) const {
  const double d[2] = {b.x - a.x, b.y - a.y}, from[2] = {a.x, a.y};
  const double low[2] = {clip_.x0 - margin, clip_.y0 - margin}, high[2] = {clip_.x1 + margin, clip_.y1 + margin};
  double t0 = 0, t1 = 1;
  for (int axis = 0; axis < 2; ++axis) {
    if (d[axis] == 0) {
      if (from[axis] < low[axis] || from[axis] > high[axis]) return false;
      continue;
    }
    double enter = (low[axis] - from[axis]) / d[axis], leave = (high[axis] - from[axis]) / d[axis];
    if (enter > leave) std::swap(enter, leave);
    t0 = std::max(t0, enter);
    t1 = std::min(t1, leave);
  }
  if (!(t0 <= t1)) return false;
  a = {from[0] + t0 * d[0], from[1] + t0 * d[1]};
  b = {from[0] + t1 * d[0], from[1] + t1 * d[1]};
  return finite(a) && finite(b);
}

// Coverage of a segment with round caps, from the distance of each pixel's centre: clamp(radius + 1/2 − distance).
// The mask keeps the largest, so that joins are drawn once.
void Canvas::cover(Point a, Point b, double radius) {
  const double reach = radius + 0.5, strength = std::min(1.0, 2 * radius);
  const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
  const Box rows = box(std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach, std::max(a.x, b.x) + reach,
                       std::max(a.y, b.y) + reach);
  if (rows.x0 >= rows.x1 || rows.y0 >= rows.y1) return;
  if (mask_.empty()) mask_.resize(rgb_.size() / 3);
  dirty_ = {std::min(dirty_.x0, rows.x0), std::min(dirty_.y0, rows.y0), std::max(dirty_.x1, rows.x1),
            std::max(dirty_.y1, rows.y1)};
  for (int y = rows.y0; y < rows.y1; ++y) {
    const double py = y + 0.5 - a.y;
    double t0 = 0, t1 = 1;  // the part of the segment near this row
    if (std::abs(dy) > 1e-9) {
      t0 = (py - std::copysign(reach, dy)) / dy;
      t1 = (py + std::copysign(reach, dy)) / dy;
      t0 = std::clamp(t0, 0.0, 1.0);
      t1 = std::clamp(t1, 0.0, 1.0);
    }
    const double xa = a.x + t0 * dx, xb = a.x + t1 * dx;
    const int first = std::max(rows.x0, to_int(std::floor(std::min(xa, xb) - reach)));
    const int last = std::min(rows.x1, to_int(std::ceil(std::max(xa, xb) + reach)));
    for (int x = first; x < last; ++x) {
      const double px = x + 0.5 - a.x;
      const double t = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0, 1.0) : 0.0;
      const double distance = std::sqrt((px - t * dx) * (px - t * dx) + (py - t * dy) * (py - t * dy));
      if (distance >= reach) continue;
      float& m = mask_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
      m = std::max(m, saturate((reach - distance)) * static_cast<float>(strength));
    }
  }
}

void Canvas::flush(const Color& color) {
  for (int y = dirty_.y0; y < dirty_.y1; ++y) {
    for (int x = dirty_.x0; x < dirty_.x1; ++x) {
      float& m = mask_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
      if (m == 0) continue;
      mix(x, y, color, m);
      m = 0;
    }
  }
  dirty_ = {width_, height_, 0, 0};
}

void Canvas::stroke(std::span<const Point> points, double width, const Color& color, double dash) {
  const double radius = width / 2;
  double phase = 0;  // length drawn so far, modulo one dash and one gap
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point from = points[i], to = i + 1 < points.size() ? points[i + 1] : from;
    if (i + 1 == points.size() && i > 0) break;
    if (!finite(from) || !finite(to)) continue;
    Point a = from, b = to;
    const double whole = std::hypot(to.x - from.x, to.y - from.y);
    if (!clip_segment(a, b, radius + 1)) {
      if (dash > 0 && std::isfinite(whole)) phase = std::fmod(phase + whole, 2 * dash);
      continue;
    }
    if (dash <= 0) {
      cover(a, b, radius);
      continue;
    }
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    double at = -std::fmod(phase + std::hypot(a.x - from.x, a.y - from.y), 2 * dash);
    for (; at < length; at += 2 * dash) {
      const double s = std::max(at, 0.0), e = std::min(at + dash, length);
      if (e <= s || length == 0) continue;
      cover({a.x + (b.x - a.x) * s / length, a.y + (b.y - a.y) * s / length},
            {a.x + (b.x - a.x) * e / length, a.y + (b.y - a.y) * e / length}, radius);
    }
    phase = std::fmod(phase + whole, 2 * dash);
  }
  flush(color);
}

void Canvas::stroke_segments(std::span<const std::pair<Point, Point>> segments, double width, const Color& color) {
  for (auto [a, b] : segments) {
    if (finite(a) && finite(b) && clip_segment(a, b, width / 2 + 1)) cover(a, b, width / 2);
  }
  flush(color);
}

void Canvas::draw_raster(const Rect& r, const Raster& raster) {
  if (raster.width == 0 || raster.height == 0 || !(r.width() > 0) || !(r.height() > 0)) return;
  const double sx = static_cast<double>(raster.width) / r.width(), sy = static_cast<double>(raster.height) / r.height();
  const Box b = box(r.x0, r.y0, r.x1, r.y1);
  for (int y = b.y0; y < b.y1; ++y) {
    // The source rows and columns under this pixel, in part at the ends.
    const double top = std::max(0.0, (y - r.y0) * sy),
                 bottom = std::min<double>(static_cast<double>(raster.height), (y + 1 - r.y0) * sy);
    for (int x = b.x0; x < b.x1; ++x) {
      const double left = std::max(0.0, (x - r.x0) * sx),
                   right = std::min<double>(static_cast<double>(raster.width), (x + 1 - r.x0) * sx);
      double sum[3] = {0, 0, 0}, total = 0;
      for (int v = static_cast<int>(top); v < bottom; ++v) {
        const double row = overlap(v, top, bottom);
        for (int u = static_cast<int>(left); u < right; ++u) {
          const double weight = row * overlap(u, left, right);
          const float* p = &raster.rgb[3 * static_cast<std::size_t>(v * raster.width + u)];
          for (int c = 0; c < 3; ++c) sum[c] += weight * p[c];
          total += weight;
        }
      }
      if (total <= 0) continue;
      const Color color{static_cast<float>(sum[0] / total), static_cast<float>(sum[1] / total),
                        static_cast<float>(sum[2] / total)};
      mix(x, y, color, saturate(overlap(x, r.x0, r.x1) * overlap(y, r.y0, r.y1)));
    }
  }
}

void Canvas::paste(const Canvas& other, int x, int y) {
  for (int v = 0; v < other.height_; ++v) {
    for (int u = 0; u < other.width_; ++u) blend(x + u, y + v, other.pixel(u, v), 1);
  }
}

std::vector<std::uint8_t> Canvas::bytes() const {
  std::vector<std::uint8_t> out(rgb_.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(std::lround(saturate(rgb_[i]) * 255));
  return out;
}

}  // namespace descent::plot
