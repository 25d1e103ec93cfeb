#include "plot/canvas.h"

#include <cmath>
#include <numbers>

#include "../fixture.h"
#include "picture.h"

using namespace descent::plot;
using descent::testing::ink;
using descent::testing::inked;

namespace {

constexpr Color kBlack{0, 0, 0};

double dark(const Canvas& canvas, int x, int y) { return 1 - canvas.pixel(x, y).r; }

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(canvas)

BOOST_AUTO_TEST_CASE(rectangles_cover_pixels_in_part) {
  Canvas canvas(8, 8);
  canvas.fill_rect({1.25, 2, 3, 3.5}, kBlack);
  BOOST_TEST(dark(canvas, 1, 2) == 0.75, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(dark(canvas, 2, 2) == 1.0);
  BOOST_TEST(dark(canvas, 2, 3) == 0.5, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(dark(canvas, 3, 2) == 0.0);
  BOOST_TEST(ink(canvas) == 1.75 * 1.5, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(lines_are_as_wide_as_asked_at_any_angle) {
  for (const double angle : {0.0, 0.1, 0.7, 1.2, std::numbers::pi / 2, 2.5}) {
    for (const double width : {1.0, 2.5, 6.0}) {
      Canvas canvas(200, 200);
      const double dx = 80 * std::cos(angle), dy = 80 * std::sin(angle);
      const Point line[] = {{100 - dx, 100 - dy}, {100 + dx, 100 + dy}};
      canvas.stroke(line, width, kBlack);
      const double area = 160 * width + std::numbers::pi * width * width / 4;  // round caps
      BOOST_TEST(ink(canvas) == area, boost::test_tools::tolerance(0.04));
    }
  }
  Canvas canvas(20, 20);
  const Point line[] = {{-5, 10}, {25, 10}};
  canvas.stroke(line, 2, kBlack);
  for (const int y : {9, 10}) BOOST_TEST(dark(canvas, 7, y) == 1.0);
  for (const int y : {8, 11}) BOOST_TEST(dark(canvas, 7, y) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_translucent_line_does_not_darken_where_it_crosses_itself) {
  Canvas canvas(40, 40);
  const Point cross[] = {{5, 20}, {35, 20}, {20, 5}, {20, 35}};
  canvas.stroke(cross, 4, kBlack.with_alpha(0.5));
  BOOST_TEST(dark(canvas, 20, 20) == 0.5, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(dark(canvas, 30, 20) == 0.5, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(dashes_leave_half_out) {
  Canvas canvas(400, 20);
  const Point line[] = {{0, 10}, {150, 10}, {400, 10}};
  canvas.stroke(line, 1, kBlack, 20);
  const double share = ink(canvas) / 400;
  BOOST_TEST(share > 0.48);
  BOOST_TEST(share < 0.56);  // the caps stick out
  BOOST_TEST(dark(canvas, 10, 9) > 0.4);
  BOOST_TEST(dark(canvas, 30, 9) == 0.0);
  BOOST_TEST(dark(canvas, 170, 9) > 0.4);  // the bend does not start the pattern anew
}

BOOST_AUTO_TEST_CASE(shapes_have_their_area) {
  Canvas circle(40, 40);
  circle.fill_circle({20.3, 19.6}, 9.5, kBlack);
  BOOST_TEST(ink(circle) == std::numbers::pi * 9.5 * 9.5, boost::test_tools::tolerance(0.01));
  for (const bool reversed : {false, true}) {
    Canvas triangle(40, 40);
    Point corners[] = {{5, 5}, {35, 8}, {12, 33}};
    if (reversed) std::swap(corners[0], corners[2]);
    triangle.fill_convex(corners, kBlack);
    BOOST_TEST(ink(triangle) == 409.5, boost::test_tools::tolerance(0.02));
  }
}

BOOST_AUTO_TEST_CASE(far_and_missing_points_are_harmless) {
  Canvas canvas(50, 50);
  const double nan = std::nan("");
  const Point line[] = {{-1e12, 25 - 1e12}, {1e12, 25 + 1e12}, {nan, 3}, {1e300, 1e300}, {-1e300, -1e300}};
  canvas.stroke(line, 2, kBlack);
  canvas.stroke(line, 2, kBlack, 7);
  canvas.fill_circle({nan, 1}, 3, kBlack);
  canvas.fill_circle({1e200, 1}, 3, kBlack);
  canvas.fill_rect({nan, 0, 1, 1}, kBlack);
  BOOST_TEST(dark(canvas, 10, 35) == 1.0);
  BOOST_TEST(dark(canvas, 2, 45) == 0.0);
}

BOOST_AUTO_TEST_CASE(the_clip_confines_everything) {
  Canvas canvas(30, 30);
  canvas.set_clip({10, 12, 20, 22});
  canvas.fill_rect({0, 0, 30, 30}, kBlack);
  const Point line[] = {{0, 0}, {30, 30}};
  canvas.stroke(line, 5, kBlack);
  canvas.fill_circle({10, 12}, 8, kBlack);
  const Rect r = inked(canvas);
  BOOST_TEST((r.x0 == 10 && r.y0 == 12 && r.x1 == 20 && r.y1 == 22));
}

BOOST_AUTO_TEST_CASE(rasters_keep_pixels_and_average) {
  const Raster two{2, 1, {0, 0, 0, 1, 1, 1}};
  Canvas large(8, 4);
  large.draw_raster({0, 0, 8, 4}, two);
  BOOST_TEST(dark(large, 3, 3) == 1.0);
  BOOST_TEST(dark(large, 4, 0) == 0.0);
  Canvas small(1, 1);
  small.draw_raster({0, 0, 1, 1}, two);
  BOOST_TEST(dark(small, 0, 0) == 0.5, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
