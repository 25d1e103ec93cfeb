#include "font.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wshadow"
#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb_truetype.h>
#pragma GCC diagnostic pop

namespace descent::plot {

// The font file, embedded by the build.
extern const unsigned char kDejaVuSans[];
extern const std::size_t kDejaVuSansSize;

namespace {

struct Font {
  stbtt_fontinfo info;
  double ascent, descent, cap_height;  // for a size of 1 pixel

  Font() {
    if (kDejaVuSansSize == 0 || !stbtt_InitFont(&info, kDejaVuSans, 0))
      throw std::runtime_error("plot: the embedded font is broken");
    int up = 0, down = 0, gap = 0, x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    stbtt_GetFontVMetrics(&info, &up, &down, &gap);
    stbtt_GetCodepointBox(&info, 'H', &x0, &y0, &x1, &y1);
    const double unit = stbtt_ScaleForMappingEmToPixels(&info, 1.0f);
    ascent = up * unit;
    descent = -down * unit;
    cap_height = y1 * unit;
  }
};

const Font& font() {
  static const Font instance;
  return instance;
}

// The code points of a UTF-8 text; U+FFFD for each byte that starts none.
std::vector<int> decode(std::string_view text) {
  std::vector<int> out;
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = static_cast<unsigned char>(text[i]);
    const int extra = lead < 0x80                   ? 0
                      : lead >= 0xf0 && lead < 0xf8 ? 3
                      : lead >= 0xe0 && lead < 0xf0 ? 2
                      : lead >= 0xc2 && lead < 0xe0 ? 1
                                                    : -1;
    bool valid = extra >= 0 && i + static_cast<std::size_t>(extra) < text.size();
    int code = extra <= 0 ? lead : lead & (0x3f >> extra);
    for (int k = 1; valid && k <= extra; ++k) {
      const unsigned char next = static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]);
      valid = (next & 0xc0) == 0x80;
      code = code * 64 + (next & 0x3f);
    }
    out.push_back(valid ? code : 0xfffd);
    i += valid ? static_cast<std::size_t>(extra) + 1 : 1;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
    out.push_back(text.substr(0, end));
  out.push_back(text);
  return out;
}

// Calls visit(glyph, x) for each glyph, x in font units; returns the line's width.
template <class Visit>
int walk(std::string_view line, Visit visit) {
  const stbtt_fontinfo& info = font().info;
  int x = 0, previous = 0;
  for (const int code : decode(line)) {
    const int glyph = stbtt_FindGlyphIndex(&info, code);
    if (previous) x += stbtt_GetGlyphKernAdvance(&info, previous, glyph);
    visit(glyph, x);
    int advance = 0, bearing = 0;
    stbtt_GetGlyphHMetrics(&info, glyph, &advance, &bearing);
    x += advance;
    previous = glyph;
  }
  return x;
}

double unit_of(double size) { return stbtt_ScaleForMappingEmToPixels(&font().info, static_cast<float>(size)); }

double line_width(std::string_view line, double size) {
  return walk(line, [](int, int) {}) * unit_of(size);
}

// The outline is turned first and filled after, so text is equally sharp at any angle.
void draw_glyph(Canvas& canvas, int glyph, Point at, double size, double cosine, double sine, const Color& color) {
  stbtt_vertex* outline = nullptr;
  const int count = stbtt_GetGlyphShape(&font().info, glyph, &outline);
  const double unit = unit_of(size);
  double low_x = 1e9, low_y = 1e9, high_x = -1e9, high_y = -1e9;  // in pixels, y down
  const auto turn = [&](short& x, short& y) {
    const double tx = x * cosine - y * sine, ty = x * sine + y * cosine;
    x = static_cast<short>(std::lround(tx));
    y = static_cast<short>(std::lround(ty));
    low_x = std::min(low_x, at.x + x * unit);
    high_x = std::max(high_x, at.x + x * unit);
    low_y = std::min(low_y, at.y - y * unit);
    high_y = std::max(high_y, at.y - y * unit);
  };
  for (int i = 0; i < count; ++i) {
    turn(outline[i].x, outline[i].y);
    if (outline[i].type == STBTT_vcurve) turn(outline[i].cx, outline[i].cy);
  }
  const bool visible = count > 0 && high_x > 0 && high_y > 0 && low_x < canvas.width() && low_y < canvas.height();
  if (visible) {
    const int x0 = static_cast<int>(std::floor(low_x)) - 1, y0 = static_cast<int>(std::floor(low_y)) - 1;
    stbtt__bitmap bitmap{};
    bitmap.w = bitmap.stride = static_cast<int>(std::ceil(high_x)) + 1 - x0;
    bitmap.h = static_cast<int>(std::ceil(high_y)) + 1 - y0;
    std::vector<unsigned char> coverage(static_cast<std::size_t>(bitmap.w) * static_cast<std::size_t>(bitmap.h));
    bitmap.pixels = coverage.data();
    const float scale = static_cast<float>(unit);
    stbtt_Rasterize(&bitmap, 0.2f, outline, count, scale, scale, static_cast<float>(at.x - x0),
                    static_cast<float>(at.y - y0), 0, 0, 1, nullptr);
    for (int y = 0; y < bitmap.h; ++y) {
      for (int x = 0; x < bitmap.w; ++x) {
        const unsigned char c =
            coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(bitmap.w) + static_cast<std::size_t>(x)];
        if (c) canvas.blend(x0 + x, y0 + y, color, static_cast<float>(c) / 255);
      }
    }
  }
  stbtt_FreeShape(&font().info, outline);
}

}  // namespace

double line_height(double size) { return 1.2 * size; }

double text_width(std::string_view text, double size) {
  double width = 0;
  for (const std::string_view line : lines_of(text)) width = std::max(width, line_width(line, size));
  return width;
}

double text_height(std::string_view text, double size) {
  if (text.empty()) return 0;
  const double breaks = static_cast<double>(std::count(text.begin(), text.end(), '\n'));
  return (font().ascent + font().descent) * size + breaks * line_height(size);
}

void draw_text(Canvas& canvas, Point anchor, std::string_view text, const TextStyle& style) {
  const std::vector<std::string_view> lines = lines_of(text);
  const double below = static_cast<double>(lines.size() - 1) * line_height(style.size);
  // Baseline of the first line, measured downwards from the anchor before turning.
  double y = 0;
  if (style.vertical == VAlign::Top) y = font().ascent * style.size;
  if (style.vertical == VAlign::Middle) y = (font().cap_height * style.size - below) / 2;
  if (style.vertical == VAlign::Bottom) y = -font().descent * style.size - below;
  const double radians = style.angle * std::numbers::pi / 180, c = std::cos(radians), s = std::sin(radians);
  const double unit = unit_of(style.size);
  for (const std::string_view line : lines) {
    const double width = line_width(line, style.size);
    const double x = style.horizontal == HAlign::Left ? 0 : style.horizontal == HAlign::Center ? -width / 2 : -width;
    walk(line, [&](int glyph, int pen) {
      const double gx = x + pen * unit;
      draw_glyph(canvas, glyph, {anchor.x + gx * c + y * s, anchor.y - gx * s + y * c}, style.size, c, s, style.color);
    });
    y += line_height(style.size);
  }
}

double fit_size(std::string_view text, double size, double smallest, double width) {
  const double wide = text_width(text, size);
  return wide <= width ? size : std::max(smallest, size * width / wide);
}

std::string ellipsize(std::string_view text, double size, double width) {
  std::string out;
  for (std::string_view line : lines_of(text)) {
    if (!out.empty()) out += '\n';
    if (line_width(line, size) <= width) {
      out += line;
      continue;
    }
    const double dots = line_width("…", size);
    while (!line.empty() && line_width(line, size) + dots > width) {
      for (bool tail = true; tail && !line.empty(); line.remove_suffix(1)) {  // one whole character
        tail = (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80;
      }
    }
    out.append(line).append("…");
  }
  return out;
}

}  // namespace descent::plot
