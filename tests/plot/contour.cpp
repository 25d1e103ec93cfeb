#include "plot/contour.h"

#include <cmath>

#include "../fixture.h"
#include "picture.h"

using namespace descent::plot;
using descent::testing::Picture;
using descent::testing::picture_of;
using descent::testing::require_throws;

namespace {

double bowl(double x, double y) { return x * x + y * y; }

double length(const std::vector<std::pair<Point, Point>>& segments) {
  double sum = 0;
  for (const auto& [a, b] : segments) sum += std::hypot(a.x - b.x, a.y - b.y);
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(contour)

BOOST_AUTO_TEST_CASE(level_lines_of_a_bowl_are_circles) {
  const SampledFunction f(bowl, -2, 2, -2, 2, 101);
  for (const double radius : {0.5, 1.0, 1.7}) {
    const auto segments = level_segments(f, radius * radius);
    for (const auto& [a, b] : segments) {
      BOOST_TEST_REQUIRE(std::abs(std::hypot(a.x, a.y) - radius) < 1e-3);
      BOOST_TEST_REQUIRE(std::abs(std::hypot(b.x, b.y) - radius) < 1e-3);
    }
    BOOST_TEST(length(segments) == 2 * M_PI * radius, boost::test_tools::tolerance(1e-3));
  }
  BOOST_TEST(level_segments(f, -1).empty());
  BOOST_TEST(level_segments(f, 9).empty());
}

BOOST_AUTO_TEST_CASE(saddles_are_cut_on_the_right_side) {
  // One cell, corners 1 0 / 0 1 (times a tilt): the mean decides which corners belong together.
  const auto saddle = [](double x, double y) { return x == y ? 1.0 : 0.0; };
  const SampledFunction f(saddle, 0, 1, 0, 1, 1);
  const auto low = level_segments(f, 0.25), high = level_segments(f, 0.75);
  BOOST_TEST_REQUIRE(low.size() == 2u);
  BOOST_TEST_REQUIRE(high.size() == 2u);
  // Below the mean the corners at (1, 0) and (0, 1) are cut off; above it the other two are.
  for (const auto& [a, b] : low) BOOST_TEST(std::abs((a.x - a.y) * (b.x - b.y)) > 0.5);
  for (const auto& [a, b] : low) BOOST_TEST(std::hypot(a.x - b.x, a.y - b.y) < 0.5);
  for (const auto& [a, b] : high) BOOST_TEST(std::hypot(a.x - b.x, a.y - b.y) < 0.5);
  for (const auto& [a, b] : high) BOOST_TEST(std::abs(a.x + a.y - 1) > 0.5);
}

BOOST_AUTO_TEST_CASE(cells_that_are_not_finite_are_skipped) {
  const auto holed = [](double x, double y) { return x > 0 ? std::nan("") : bowl(x, y); };
  const SampledFunction f(holed, -2, 2, -2, 2, 100);
  for (const auto& [a, b] : level_segments(f, 1)) BOOST_TEST(std::max(a.x, b.x) <= 0);
  BOOST_TEST(length(level_segments(f, 1)) == M_PI, boost::test_tools::tolerance(0.01));
  BOOST_TEST(std::isnan(f.at(0.5, 0)));
  BOOST_TEST(f.at(-1, 0) == 1, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(std::isnan(f.at(-2.1, 0)));
}

BOOST_AUTO_TEST_CASE(grids_need_not_be_square) {
  // A plane on 3 rows and 5 columns: row 0 at the bottom. Its level line is where x + 10 y = 12.
  std::vector<double> heights;
  for (int j = 0; j < 3; ++j) {
    for (int i = 0; i < 5; ++i) heights.push_back(i + 10 * j);
  }
  for (const descent::DType dtype : {descent::float64, descent::float32, descent::int64}) {
    const descent::Tensor grid = descent::from_vector(heights, {3, 5}).to(dtype);
    const SampledFunction f(grid, 0, 4, 0, 2);
    BOOST_TEST(f(4, 1) == 14);
    BOOST_TEST(f.at(2.5, 1.25) == 15, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(std::isnan(f.at(2.5, 2.25)));
    const auto segments = level_segments(f, 12);
    BOOST_TEST(length(segments) == std::hypot(4, 0.4), boost::test_tools::tolerance(1e-12));
    for (const auto& [a, b] : segments) BOOST_TEST(a.x + 10 * a.y == 12, boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(a_grid_and_its_function_give_one_picture) {
  const auto f = [](double x, double y) { return x * x * x - y; };
  std::vector<double> heights;
  for (int j = 0; j <= 64; ++j) {
    for (int i = 0; i <= 64; ++i) heights.push_back(f(i / 16.0 - 2, j / 16.0 - 1));
  }
  const descent::Tensor grid = descent::from_vector(heights, {65, 65}).t().contiguous().t();
  for (const bool filled : {false, true}) {
    const ContourOptions options{
        .x = {-2, 2}, .y = {-1, 3}, .filled = filled, .log = true, .colorbar = true, .resolution = 64};
    Figure a({.width = 300, .height = 200, .scale = 1}), b = a, c = a;
    a.contour(f, options);
    b.contour(grid, options);
    c.contour(grid.t(), options);
    BOOST_TEST((a.png() == b.png()));
    BOOST_TEST((a.png() != c.png()));
  }
}

BOOST_AUTO_TEST_CASE(figures_show_them) {
  for (const bool filled : {false, true}) {
    for (const bool log : {false, true}) {
      Figure figure({.width = 400, .height = 300, .scale = 1});
      figure.contour(bowl, {.x = {-2, 2}, .y = {-1, 3}, .levels = 7, .filled = filled, .log = log, .colorbar = true});
      figure.line({-1, 0, 1}, {0, 1, 2}, {.label = "path", .color = "#ff00ff"});
      const Picture p = picture_of(figure);
      BOOST_TEST(p.count(0xff00ff, 40) > 50);
      const int white = p.count(0xffffff, 0, 60, 20, 300, 240);
      if (filled)
        BOOST_TEST(white < 6000);  // the legend's
      else
        BOOST_TEST(white > 20000);
    }
  }
  // A constant and a function without a finite value give no lines, and no harm.
  for (const double value : {1.0, 0.0, -3.0, std::nan("")}) {
    for (const bool log : {false, true}) {
      Figure figure({.width = 300, .height = 200, .scale = 1});
      figure.contour([&](double, double) { return value; }, {.filled = true, .log = log, .colorbar = true});
      BOOST_TEST(picture_of(figure).width == 300);
    }
  }
}

BOOST_AUTO_TEST_CASE(edges_of_bands_are_smooth) {
  // Between two bands lie mixed pixels, in most rows or columns that the edge passes.
  for (const bool steep : {false, true}) {
    Figure figure({.width = 320, .height = 300, .scale = 1});
    figure.contour([&](double x, double y) { return steep ? x + 0.05 * y : y + 0.05 * x; },
                   {.level_values = {0}, .filled = true, .colormap = "gray", .width = 1e-6});
    const Picture p = picture_of(figure);
    const std::uint32_t one = p.at(80, 240), other = p.at(260, 40);
    const auto count = [&](std::uint32_t color) { return p.count(color, 2, 80, 40, 260, 240); };
    BOOST_TEST_REQUIRE(one != other);
    BOOST_TEST(count(one) > 10000);
    BOOST_TEST(count(other) > 10000);
    BOOST_TEST(180 * 200 - count(one) - count(other) > 60);
  }
}

BOOST_AUTO_TEST_CASE(wrong_options_are_named) {
  Figure figure;
  const auto throws = [&](const ContourOptions& options, const char* text) {
    require_throws<std::invalid_argument>([&] { figure.contour(bowl, options); }, text);
  };
  throws({.x = {1, -1}}, "x: expected low < high");
  throws({.y = {.low = 0}}, "y: contour needs both ends");
  throws({.levels = 0}, "levels");
  throws({.level_values = {1, 1}}, "level_values");
  throws({.colormap = "jet"}, "colormap");
  throws({.resolution = 0}, "resolution");
  require_throws<std::invalid_argument>([&] { figure.contour(nullptr); }, "contour needs a function");
  const auto no_grid = [&](const descent::Tensor& grid, const char* text) {
    require_throws<descent::ShapeError>([&] { figure.contour(grid); }, text);
  };
  no_grid(descent::Tensor(), "contour: values must be 2-D, got an undefined tensor");
  no_grid(descent::zeros({3}), "two columns at least, got [3]");
  no_grid(descent::zeros({1, 5}), "two columns at least, got [1, 5]");
  no_grid(descent::zeros({5, 0}), "two columns at least, got [5, 0]");
  no_grid(descent::zeros({2, 2, 2}), "got [2, 2, 2]");
  require_throws<std::invalid_argument>([&] { figure.contour(descent::zeros({3, 3}), {.y = {2, 2}}); }, "y: expected");
  const auto broken = [](double, double) -> double { throw std::runtime_error("from f"); };
  require_throws<std::runtime_error>([&] { figure.contour(broken); }, "from f");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
