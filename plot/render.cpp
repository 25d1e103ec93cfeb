// Lays out a figure and draws it.
#include <algorithm>
#include <cmath>

#include "font.h"
#include "layer.h"

namespace descent::plot {
namespace {

// In units of scale.
constexpr double kTickSize = 11.5, kLabelSize = 13, kTitleSize = 15;
constexpr double kPad = 10, kTickLength = 4, kTickGap = 4, kLabelGap = 6, kTitleGap = 9;
constexpr double kBarGap = 12, kBarWidth = 14;

struct Margins {
  double left = 0, top = 0, right = 0, bottom = 0;
};

class Renderer {
 public:
  explicit Renderer(const FigureState& state) : state_(state), options_(state.options), s_(options_.scale) {
    merge_framings();
    choose_size();
  }

  Canvas run() {
    Canvas canvas(static_cast<int>(width_), static_cast<int>(height_));
    const Legend legend(state_, 0.6 * width_);
    const bool outside = options_.legend == "outside";
    make_axes();
    // Margins depend on the labels, the labels on the size of the area: three rounds settle it.
    set_area({50 * s_, 30 * s_, 20 * s_, 45 * s_});
    for (int round = 0; round < 3; ++round) {
      make_all_ticks();
      Margins m = measure();
      if (outside && !legend.entries.empty()) m.right += legend.width + kBarGap * s_;
      set_area(m);
    }
    make_all_ticks();

    if (framing_.axes && options_.grid && !framing_.opaque) draw_grid(canvas);
    canvas.set_clip(frame_.area);
    for (const auto& layer : state_.layers) layer->draw(canvas, frame_);
    canvas.reset_clip();
    if (framing_.axes) draw_axes(canvas);
    if (framing_.color_scale) draw_color_bar(canvas);
    draw_titles(canvas);
    if (!legend.entries.empty()) {
      legend.draw(
          canvas,
          outside ? Point{width_ - kPad * s_ - legend.width, frame_.area.y0} : legend.place(frame_, options_.legend),
          s_);
    }
    return canvas;
  }

 private:
  void merge_framings() {
    framing_.axes = state_.layers.empty();
    for (const auto& layer : state_.layers) {
      Framing f = layer->framing();
      framing_.axes |= f.axes;
      framing_.tight |= f.tight;
      framing_.opaque |= f.opaque;
      framing_.rows_down |= f.rows_down;
      framing_.cells |= f.cells;
      if (f.aspect > 0) framing_.aspect = f.aspect;
      if (f.area_ratio > 0) framing_.area_ratio = f.area_ratio;
      framing_.width = std::max(framing_.width, f.width);
      framing_.height = std::max(framing_.height, f.height);
      if (!f.x_names.empty()) framing_.x_names = std::move(f.x_names);
      if (!f.y_names.empty()) framing_.y_names = std::move(f.y_names);
      if (f.x_span) framing_.x_span = f.x_span;
      if (!f.x_label.empty()) framing_.x_label = std::move(f.x_label);
      if (!f.y_label.empty()) framing_.y_label = std::move(f.y_label);
      if (f.color_scale) framing_.color_scale = std::move(f.color_scale);
    }
    if (framing_.x_label.empty()) framing_.x_label = options_.x_label;
    if (framing_.y_label.empty()) framing_.y_label = options_.y_label;
  }

  void choose_size() {
    double width = framing_.width > 0 ? framing_.width : 640, height = framing_.height > 0 ? framing_.height : 400;
    if (!framing_.axes) {
      width += 2 * kPad;
      height += 2 * kPad + (options_.title.empty() ? 0 : line_height(kTitleSize) + kTitleGap);
    }
    constexpr double kMost = 16384;
    width_ = options_.width > 0 ? static_cast<double>(options_.width) : std::clamp(std::round(width * s_), 1.0, kMost);
    height_ =
        options_.height > 0 ? static_cast<double>(options_.height) : std::clamp(std::round(height * s_), 1.0, kMost);
  }

  void make_axes() {
    Extent x, y;
    for (const auto& layer : state_.layers) layer->extend(x, y, options_.log_x, options_.log_y);
    const double margin = framing_.tight ? 0 : 0.045;
    frame_.x = make_axis(x, options_.x_range, options_.log_x, margin);
    frame_.y = make_axis(y, options_.y_range, options_.log_y, margin);
    whole_x_ = x.integral && !x.empty();
    frame_.y.inverted = framing_.rows_down;
    frame_.scale = s_;
  }

  void set_area(const Margins& m) {
    Rect area{std::round(m.left), std::round(m.top), std::round(width_ - m.right), std::round(height_ - m.bottom)};
    area.x1 = std::max(area.x1, area.x0 + 1);
    area.y1 = std::max(area.y1, area.y0 + 1);
    double ratio = framing_.area_ratio;
    if (framing_.aspect > 0) ratio = framing_.aspect * (frame_.x.high - frame_.x.low) / (frame_.y.high - frame_.y.low);
    if (ratio > 0) {  // the largest area of that shape, in the middle
      const double w = std::max(1.0, std::round(std::min(area.width(), area.height() * ratio)));
      const double h = std::max(1.0, std::round(std::min(area.height(), area.width() / ratio)));
      const double x = std::floor(area.x0 + (area.width() - w) / 2), y = std::floor(area.y0 + (area.height() - h) / 2);
      area = {x, y, x + w, y + h};
    }
    frame_.area = area;
  }

  double widest_label(const std::vector<Tick>& ticks) const {
    double widest = 0;
    for (const Tick& tick : ticks) widest = std::max(widest, text_width(tick.label, kTickSize * s_));
    return widest;
  }

  // Ticks at the centres of cells: names, or their numbers; every k-th where they are too close.
  std::vector<Tick> cell_ticks(const Axis& axis, const std::vector<std::string>& names, double length) const {
    const std::int64_t n = static_cast<std::int64_t>(std::llround(axis.high));
    std::vector<Tick> ticks;
    if (names.empty()) {
      const Axis numbers{0, std::max(1.0, static_cast<double>(n - 1)), false, false};
      for (Tick& t :
           make_ticks(numbers, static_cast<std::size_t>(std::min<std::int64_t>(
                                   std::max<std::int64_t>(n, 2), static_cast<std::int64_t>(length / (26 * s_)))))) {
        if (t.value == std::round(t.value) && t.value < static_cast<double>(n))
          ticks.push_back({t.value + 0.5, t.label});
      }
      return ticks;
    }
    const std::int64_t stride =
        static_cast<std::int64_t>(std::max(1.0, std::ceil(1.15 * kTickSize * s_ * static_cast<double>(n) / length)));
    for (std::int64_t i = 0; i < n; i += stride)
      ticks.push_back({static_cast<double>(i) + 0.5, names[static_cast<std::size_t>(i)]});
    return ticks;
  }

  void make_all_ticks() {
    x_ticks_.clear();
    y_ticks_.clear();
    turned_ = false;
    if (!framing_.axes) return;
    const Rect& area = frame_.area;
    if (framing_.cells) {
      if (framing_.x_span) {
        x_ticks_ = spaced_ticks({framing_.x_span->low, framing_.x_span->high}, false);
        for (Tick& tick : x_ticks_) {  // in cells
          tick.value =
              frame_.x.high * (tick.value - framing_.x_span->low) / (framing_.x_span->high - framing_.x_span->low);
        }
      } else {
        x_ticks_ = cell_ticks(frame_.x, framing_.x_names, area.width());
      }
      y_ticks_ = cell_ticks(frame_.y, framing_.y_names, area.height());
      const double room =
          x_ticks_.size() < 2 ? area.width() : (x_ticks_[1].value - x_ticks_[0].value) / frame_.x.high * area.width();
      turned_ = !framing_.x_names.empty() && widest_label(x_ticks_) > room - 5 * s_;
      return;
    }
    y_ticks_ = make_ticks(frame_.y, static_cast<std::size_t>(std::clamp(area.height() / (34 * s_), 2.0, 11.0)));
    x_ticks_ = spaced_ticks(frame_.x, whole_x_);
  }

  // Ticks of an x axis, as many as stand side by side with air between.
  std::vector<Tick> spaced_ticks(const Axis& axis, bool whole) const {
    std::vector<Tick> ticks;
    for (std::size_t count = 11; count >= 2; --count) {
      ticks = make_ticks(axis, count, whole);
      double end = -1e9;
      bool fits = true;
      for (const Tick& tick : ticks) {
        if (tick.label.empty()) continue;
        const double center = axis.fraction(tick.value) * frame_.area.width(),
                     half = text_width(tick.label, kTickSize * s_) / 2;
        fits &= center - half > end + 14 * s_;
        end = center + half;
      }
      if (fits) break;
    }
    return ticks;
  }

  std::vector<Tick> bar_ticks() const {
    std::vector<Tick> ticks = make_ticks(
        framing_.color_scale->axis, static_cast<std::size_t>(std::clamp(frame_.area.height() / (40 * s_), 2.0, 9.0)));
    const double offset = framing_.color_scale->offset;
    for (Tick& tick : ticks) {
      if (offset != 0 && !tick.label.empty()) tick.label = format_number(tick.value + offset);
    }
    return ticks;
  }

  Margins measure() const {
    const double pad = kPad * s_, tick = (kTickLength + kTickGap) * s_;
    Margins m{pad, pad, pad, pad};
    if (!options_.title.empty()) m.top += text_height(options_.title, title_size()) + kTitleGap * s_;
    if (!framing_.axes) return m;
    m.top = std::max(m.top, 14 * s_);
    m.left += widest_label(y_ticks_) + tick;
    if (!framing_.y_label.empty()) m.left += text_height(framing_.y_label, kLabelSize * s_) + kLabelGap * s_;
    m.bottom += tick + x_label_height();
    if (!framing_.x_label.empty()) m.bottom += text_height(framing_.x_label, kLabelSize * s_) + kLabelGap * s_;
    // The outermost tick labels may stick out to the side.
    for (const Tick& t : x_ticks_) {
      const double x = frame_.x.fraction(t.value) * frame_.area.width(), wide = text_width(t.label, kTickSize * s_);
      if (turned_)
        m.left = std::max(m.left, pad + 0.71 * wide - x);
      else
        m.left = std::max(m.left, pad + wide / 2 - x),
        m.right = std::max(m.right, pad + wide / 2 - (frame_.area.width() - x));
    }
    m.right = std::max(m.right, 14 * s_);
    if (framing_.color_scale) m.right = pad + (kBarGap + kBarWidth) * s_ + tick + widest_label(bar_ticks());
    return m;
  }

  double x_label_height() const {
    return turned_ ? 0.71 * widest_label(x_ticks_) + 0.5 * kTickSize * s_ : text_height("0", kTickSize * s_) - 2 * s_;
  }
  double title_size() const { return fit_size(options_.title, kTitleSize * s_, 8 * s_, width_ - 2 * kPad * s_); }

  double line() const { return std::max(1.0, std::round(0.75 * s_)); }

  // A line of whole pixels centred near `at`.
  double snap(double at) const { return std::round(at - line() / 2); }

  void draw_grid(Canvas& canvas) const {
    const Rect& a = frame_.area;
    for (const Tick& tick : x_ticks_) {
      const double x = snap(frame_.at(tick.value, 0).x);
      if (!tick.label.empty()) canvas.fill_rect({x, a.y0, x + line(), a.y1}, kGrid);
    }
    for (const Tick& tick : y_ticks_) {
      const double y = snap(frame_.at(0, tick.value).y);
      if (!tick.label.empty()) canvas.fill_rect({a.x0, y, a.x1, y + line()}, kGrid);
    }
  }

  void draw_axes(Canvas& canvas) const {
    const Rect& a = frame_.area;
    const double w = line();
    canvas.fill_rect({a.x0 - w, a.y1, a.x1 + (framing_.opaque ? w : 0), a.y1 + w}, kAxis);
    canvas.fill_rect({a.x0 - w, a.y0 - (framing_.opaque ? w : 0), a.x0, a.y1}, kAxis);
    if (framing_.opaque) {  // a filled area gets a closed frame
      canvas.fill_rect({a.x0, a.y0 - w, a.x1 + w, a.y0}, kAxis);
      canvas.fill_rect({a.x1, a.y0, a.x1 + w, a.y1}, kAxis);
    }
    const double below = a.y1 + (kTickLength + kTickGap) * s_, beside = a.x0 - (kTickLength + kTickGap) * s_;
    for (const Tick& tick : x_ticks_) {
      const double at = frame_.at(tick.value, 0).x, x = snap(at),
                   length = (tick.label.empty() ? 0.6 : 1) * kTickLength * s_;
      canvas.fill_rect({x, a.y1, x + w, a.y1 + length}, kAxis);
      if (turned_) {
        draw_text(canvas, {at + 0.35 * kTickSize * s_, below}, tick.label,
                  {.size = kTickSize * s_, .horizontal = HAlign::Right, .vertical = VAlign::Middle, .angle = 45});
      } else {
        draw_text(canvas, {at, below - 2 * s_}, tick.label,
                  {.size = kTickSize * s_, .horizontal = HAlign::Center, .vertical = VAlign::Top});
      }
    }
    for (const Tick& tick : y_ticks_) {
      const double at = frame_.at(0, tick.value).y, y = snap(at),
                   length = (tick.label.empty() ? 0.6 : 1) * kTickLength * s_;
      canvas.fill_rect({a.x0 - length, y, a.x0, y + w}, kAxis);
      draw_text(canvas, {beside, at}, tick.label,
                {.size = kTickSize * s_, .horizontal = HAlign::Right, .vertical = VAlign::Middle});
    }
    const double x_size = fit_size(framing_.x_label, kLabelSize * s_, 7 * s_, width_ - 2 * kPad * s_);
    const double y_size = fit_size(framing_.y_label, kLabelSize * s_, 7 * s_, height_ - 2 * kPad * s_);
    draw_text(
        canvas,
        {kept(a.center().x, text_width(framing_.x_label, x_size), width_), below + x_label_height() + kLabelGap * s_},
        framing_.x_label, {.size = x_size, .horizontal = HAlign::Center, .vertical = VAlign::Top});
    draw_text(canvas,
              {beside - widest_label(y_ticks_) - kLabelGap * s_,
               kept(a.center().y, text_width(framing_.y_label, y_size), height_)},
              framing_.y_label,
              {.size = y_size, .horizontal = HAlign::Center, .vertical = VAlign::Bottom, .angle = 90});
  }

  // A centre near `center` at which something `wide` stays between 0 and `whole`, the padding left free.
  double kept(double center, double wide, double whole) const {
    const double half = wide / 2 + kPad * s_;
    return whole < 2 * half ? whole / 2 : std::clamp(center, half, whole - half);
  }

  void draw_color_bar(Canvas& canvas) const {
    const ColorScale& scale = *framing_.color_scale;
    const Rect& a = frame_.area;
    const Rect bar{std::round(a.x1 + kBarGap * s_), a.y0, std::round(a.x1 + (kBarGap + kBarWidth) * s_), a.y1};
    for (double y = bar.y0; y < bar.y1; ++y) {
      canvas.fill_rect({bar.x0, y, bar.x1, y + 1}, scale.colormap((bar.y1 - y - 0.5) / bar.height()));
    }
    canvas.frame_rect({bar.x0 - line(), bar.y0 - line(), bar.x1 + line(), bar.y1 + line()}, line(), kAxis);
    for (const Tick& tick : bar_ticks()) {
      const double at = bar.y1 - scale.axis.fraction(tick.value) * bar.height(), y = snap(at);
      canvas.fill_rect({bar.x1, y, bar.x1 + (tick.label.empty() ? 0.6 : 1) * kTickLength * s_, y + line()}, kAxis);
      draw_text(canvas, {bar.x1 + (kTickLength + kTickGap) * s_, at}, tick.label,
                {.size = kTickSize * s_, .vertical = VAlign::Middle});
    }
  }

  void draw_titles(Canvas& canvas) const {
    if (options_.title.empty()) return;
    const Rect& a = frame_.area;
    draw_text(canvas, {kept(a.center().x, text_width(options_.title, title_size()), width_), a.y0 - kTitleGap * s_},
              options_.title, {.size = title_size(), .horizontal = HAlign::Center, .vertical = VAlign::Bottom});
  }

  const FigureState& state_;
  const FigureOptions& options_;
  const double s_;
  double width_ = 0, height_ = 0;
  Framing framing_;
  Frame frame_;
  std::vector<Tick> x_ticks_, y_ticks_;
  bool whole_x_ = false;
  bool turned_ = false;  // the names under the x axis
};

}  // namespace

Canvas render(const FigureState& state) { return Renderer(state).run(); }

}  // namespace descent::plot
