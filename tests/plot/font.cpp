#include "plot/font.h"

#include <cmath>
#include <set>
#include <string>

#include "../fixture.h"
#include "picture.h"

using namespace descent::plot;
using descent::testing::ink;
using descent::testing::inked;

namespace {

std::vector<std::uint8_t> drawn(std::string_view text, double size = 40) {
  Canvas canvas(80, 80);
  draw_text(canvas, {10, 60}, text, {.size = size});
  return canvas.bytes();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(font)

BOOST_AUTO_TEST_CASE(text_fills_the_box_that_it_measures) {
  for (const double size : {12.0, 24.0, 37.5}) {
    Canvas canvas(500, 100);
    draw_text(canvas, {20, 60}, "Handgloves 0.25", {.size = size});
    const Rect r = inked(canvas);
    const double width = text_width("Handgloves 0.25", size);
    BOOST_TEST(r.x0 >= 20);
    BOOST_TEST(r.x1 <= 20 + width + 1);
    BOOST_TEST(r.width() > 0.9 * width);
    BOOST_TEST(r.height() < text_height("x", size));
    BOOST_TEST(ink(canvas) > 0.1 * width * size);
  }
  BOOST_TEST(text_width("iiii", 20) < text_width("WWWW", 20));
  BOOST_TEST(text_width("", 20) == 0);
}

BOOST_AUTO_TEST_CASE(anchors_hold) {
  const double width = text_width("HHH", 30);
  Canvas canvas(300, 100);
  draw_text(canvas, {150, 50}, "HHH", {.size = 30, .horizontal = HAlign::Center, .vertical = VAlign::Middle});
  const Rect r = inked(canvas);
  BOOST_TEST(std::abs(r.center().x - 150) < 1.5);
  BOOST_TEST(std::abs(r.center().y - 50) < 1);
  Canvas right(300, 100);
  draw_text(right, {290, 20}, "HHH", {.size = 30, .horizontal = HAlign::Right, .vertical = VAlign::Top});
  BOOST_TEST(inked(right).x0 >= 290 - width);
  BOOST_TEST(inked(right).y0 > 20);
  BOOST_TEST(inked(right).y1 < 20 + text_height("HHH", 30));
}

BOOST_AUTO_TEST_CASE(turned_text_is_the_same_text) {
  Canvas flat(300, 300), turned(300, 300), slanted(300, 300);
  draw_text(flat, {150, 150}, "accuracy", {.size = 30});
  draw_text(turned, {150, 150}, "accuracy", {.size = 30, .angle = 90});
  draw_text(slanted, {150, 150}, "accuracy", {.size = 30, .angle = 45});
  const Rect f = inked(flat), t = inked(turned), s = inked(slanted);
  BOOST_TEST(std::abs(t.height() - f.width()) <= 2);
  BOOST_TEST(std::abs(t.width() - f.height()) <= 2);
  BOOST_TEST(t.y1 <= 151);  // it runs upwards
  BOOST_TEST(std::abs(s.width() - s.height()) < 25);
  BOOST_TEST(ink(turned) == ink(flat), boost::test_tools::tolerance(0.02));
  BOOST_TEST(ink(slanted) == ink(flat), boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(utf8_has_its_glyphs) {
  const auto missing = drawn("\U000e0fff");
  std::set<std::string> pictures;
  const std::vector<std::string> signs = {"θ", "λ", "−", "-", "–", "‖", "₁", "⁻", "²", "ü", "∇", "σ", "…", "→"};
  for (const std::string& sign : signs) {
    BOOST_TEST((drawn(sign) != missing), sign);
    const auto picture = drawn(sign);
    pictures.emplace(picture.begin(), picture.end());
  }
  BOOST_TEST(pictures.size() == signs.size());
}

BOOST_AUTO_TEST_CASE(broken_utf8_is_drawn_as_replacement) {
  const auto replacement = drawn("\ufffd", 20);
  for (const std::string_view bad : {"\xff", "\x80", "\xc3", "\xc0"}) BOOST_TEST((drawn(bad, 20) == replacement));
  BOOST_TEST((drawn("\xe2\x82", 20) == drawn("\ufffd\ufffd", 20)));
  BOOST_TEST((drawn("\xc3(", 20) == drawn("\ufffd(", 20)));
}

BOOST_AUTO_TEST_CASE(lines_stack) {
  BOOST_TEST(text_width("ab\nabcdef\nc", 20) == text_width("abcdef", 20));
  BOOST_TEST(text_height("a\nb", 20) == text_height("a", 20) + line_height(20));
  Canvas canvas(100, 100);
  draw_text(canvas, {10, 10}, "H\nH", {.size = 20, .vertical = VAlign::Top});
  const Rect r = inked(canvas);
  BOOST_TEST(r.height() > line_height(20));
  BOOST_TEST(r.y1 < 10 + text_height("H\nH", 20));
}

BOOST_AUTO_TEST_CASE(text_can_be_made_to_fit) {
  const double whole = text_width("a long title", 30);
  BOOST_TEST(fit_size("a long title", 30, 5, whole + 1) == 30);
  BOOST_TEST(text_width("a long title", fit_size("a long title", 30, 5, whole / 2)) == whole / 2,
             boost::test_tools::tolerance(1e-3));
  BOOST_TEST(fit_size("a long title", 30, 20, whole / 10) == 20);
  BOOST_TEST(ellipsize("a long title", 30, whole + 1) == "a long title");
  const std::string cut = ellipsize("a long title\nb", 30, whole / 2);
  BOOST_TEST(text_width(cut, 30) <= whole / 2);
  BOOST_TEST(cut.starts_with("a l"));
  BOOST_TEST(cut.ends_with("…\nb"));
  BOOST_TEST(ellipsize("ααααααα", 30, text_width("αα…", 30) + 0.1) == "αα…");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
