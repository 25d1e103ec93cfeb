// The legend: one row an entry, in a corner of the axes or beside them.
#include <algorithm>
#include <cmath>
#include <limits>

#include "font.h"
#include "layer.h"

namespace descent::plot {
namespace {

// In units of scale.
constexpr double kSize = 11.5, kPad = 7, kKey = 24, kGap = 7, kRow = 17.5, kMargin = 9;

}  // namespace

Legend::Legend(const FigureState& state, double widest) {
  if (state.options.legend == "none") return;
  const double s = state.options.scale;
  for (const auto& layer : state.layers) {
    if (layer->label().empty()) continue;
    entries.push_back(layer.get());
    width = std::max(width, text_width(layer->label(), kSize * s));
  }
  if (entries.empty()) return;
  width = std::min(width + (2 * kPad + kKey + kGap) * s, widest);
  height = (2 * kPad + kRow * static_cast<double>(entries.size())) * s - 3 * s;
}

void Legend::draw(Canvas& canvas, Point corner, double s) const {
  const double x = std::round(corner.x), y = std::round(corner.y);
  const Rect box{x, y, x + std::ceil(width), y + std::ceil(height)};
  canvas.fill_rect(box, kWhite.with_alpha(0.88));
  canvas.frame_rect(box, std::max(1.0, std::round(0.5 * s)), {0.8f, 0.8f, 0.8f});
  double row = y + (kPad - 1.5) * s;
  for (const Layer* entry : entries) {
    const double left = x + kPad * s;
    entry->draw_key(canvas, {left, row, left + kKey * s, row + kRow * s}, s);
    const double room = width - (2 * kPad + kKey + kGap) * s + 1;
    draw_text(canvas, {left + (kKey + kGap) * s, row + kRow * s / 2}, ellipsize(entry->label(), kSize * s, room),
              {.size = kSize * s, .vertical = VAlign::Middle});
    row += kRow * s;
  }
}

Point Legend::place(const Frame& frame, const std::string& position) const {
  const Rect& a = frame.area;
  const double m = kMargin * frame.scale;
  const double left = a.x0 + m, right = a.x1 - m - width, top = a.y0 + m, bottom = a.y1 - m - height;
  if (position == "upper right") return {right, top};
  if (position == "upper left") return {left, top};
  if (position == "lower right") return {right, bottom};
  if (position == "lower left") return {left, bottom};
  const double middle = a.center().y - height / 2, center = a.center().x - width / 2;
  const Point candidates[] = {{right, top},    {left, top},    {right, bottom},  {left, bottom},
                              {right, middle}, {left, middle}, {center, bottom}, {center, top}};
  std::vector<Point> marks;
  for (const Layer* entry : entries) entry->mark(frame, marks);
  Point best = candidates[0];
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  const double near = 4 * frame.scale;
  for (const Point c : candidates) {
    const std::size_t covered = static_cast<std::size_t>(std::count_if(marks.begin(), marks.end(), [&](Point p) {
      return p.x > c.x - near && p.x < c.x + width + near && p.y > c.y - near && p.y < c.y + height + near;
    }));
    if (covered < fewest) {
      fewest = covered;
      best = c;
    }
  }
  return best;
}

}  // namespace descent::plot
