#include "plot/figure.h"

#include <cmath>

#include "../fixture.h"
#include "picture.h"

using namespace descent;
using descent::plot::Figure;
using descent::plot::FigureOptions;
using descent::plot::LineOptions;
using descent::plot::Point;
using descent::plot::Rect;
using testing::Picture;
using testing::picture_of;
using testing::require_throws;

namespace {

// Small and without text: the axes fill the picture.
FigureOptions bare() { return {.grid = false, .legend = "none", .width = 400, .height = 300, .scale = 1}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(figure)

BOOST_AUTO_TEST_CASE(a_picture_has_its_size_and_content) {
  const std::vector<double> x = {0, 1, 2, 3}, y = {0, 1, 4, 9};
  Figure figure({.title = "loss", .x_label = "step", .y_label = "θ"});
  figure.line(x, y, {.label = "Adam", .color = "#ff0000"});
  const Picture p = picture_of(figure);
  BOOST_TEST(p.width == 1280);
  BOOST_TEST(p.height == 800);
  BOOST_TEST(p.count(0xff0000) > 1000);
  BOOST_TEST(p.count(0x212121, 30) > 1000);                     // text
  BOOST_TEST(p.count(0x212121, 30, 300, 0, 980, 70) > 100);     // the title
  BOOST_TEST(p.count(0x212121, 30, 300, 730, 980, 800) > 100);  // the x label
  BOOST_TEST(p.count(0x212121, 30, 0, 300, 60, 500) > 50);      // the y label
  FigureOptions small = bare();
  small.width = 321;
  small.height = 123;
  BOOST_TEST(picture_of(Figure(small)).width == 321);
  BOOST_TEST(picture_of(Figure(small)).height == 123);
  BOOST_TEST((figure.png() == figure.png()));
}

BOOST_AUTO_TEST_CASE(data_lands_where_the_axes_say) {
  FigureOptions options = bare();
  options.x_range = {0, 10};
  options.y_range = {0, 10};
  const auto dot = [&](double x, double y) {
    Figure figure(options);
    figure.scatter({x}, {y}, {.color = "#ff0000", .radius = 4, .alpha = 1});
    return picture_of(figure).bounds(0xff0000, 60).center();
  };
  const Point middle = dot(5, 5), right = dot(9, 5), up = dot(5, 9);
  BOOST_TEST(right.x > middle.x + 100);
  BOOST_TEST(std::abs(right.y - middle.y) <= 1);
  BOOST_TEST(up.y < middle.y - 60);
  BOOST_TEST(std::abs(up.x - middle.x) <= 1);
  BOOST_TEST(std::abs((right.x - middle.x) - (middle.x - dot(1, 5).x)) <= 2);
  options.log_x = options.log_y = true;
  options.x_range = options.y_range = {1, 100};
  BOOST_TEST(std::abs(dot(10, 10).x - (dot(2, 10).x + dot(50, 10).x) / 2) <= 2);
}

BOOST_AUTO_TEST_CASE(missing_points_are_gaps) {
  FigureOptions options = bare();
  options.x_range = {0, 6};
  options.y_range = {0, 2};
  const double inf = std::numeric_limits<double>::infinity();
  for (const double missing : {std::nan(""), inf, -inf}) {
    Figure figure(options);
    figure.line({0, 1, 2, 3, 4, 5, 6}, {1, 1, 1, missing, 1, 1, 1}, {.color = "#ff0000"});
    const Picture p = picture_of(figure);
    const Rect r = p.bounds(0xff0000, 60);
    const int middle = static_cast<int>(r.center().x), y = static_cast<int>(r.center().y);
    BOOST_TEST(p.count(0xff0000, 60, middle - 40, 0, middle + 40, 300) == 0);
    BOOST_TEST(p.count(0xff0000, 60, middle - 120, y - 3, middle - 70, y + 3) > 40);
  }
  options.log_y = true;
  options.y_range = {1, 100};
  Figure log(options);
  log.line({0, 1, 2, 3, 4, 5, 6}, {10, 10, 10, 0, 10, 10, -5}, {.color = "#ff0000"});
  const Picture p = picture_of(log);
  const Rect r = p.bounds(0xff0000, 60);
  BOOST_TEST(r.height() < 5);   // nothing runs off to zero
  BOOST_TEST(r.width() < 320);  // it ends at 5
}

BOOST_AUTO_TEST_CASE(no_data_and_constant_data_have_axes) {
  for (const bool log : {false, true}) {
    Figure none({.log_x = log, .log_y = log}), empty({.log_x = log, .log_y = log}), constant({.log_y = log});
    empty.line(std::vector<double>{}, {.label = "nothing"}).scatter(std::vector<double>{}, std::vector<double>{});
    constant.line({5, 5, 5});
    for (const Figure* figure : {&none, &empty, &constant}) {
      const Picture p = picture_of(*figure);
      BOOST_TEST(p.count(0x595959, 30) > 1000);  // the axes
      BOOST_TEST(p.count(0x212121, 30) > 100);   // their numbers
    }
  }
}

BOOST_AUTO_TEST_CASE(series_come_from_vectors_and_tensors) {
  const std::vector<double> y = {3, 1, 2};
  Figure a, b, c, d;
  a.line({0, 1, 2}, y);
  b.line(from_vector(std::vector<float>{3, 1, 2}, {3}));
  c.line(std::vector<int>{0, 1, 2}, from_vector(std::vector<std::int64_t>{3, 1, 2}, {3}));
  d.line(y);
  BOOST_TEST((a.png() == b.png()));
  BOOST_TEST((a.png() == c.png()));
  BOOST_TEST((a.png() == d.png()));
}

BOOST_AUTO_TEST_CASE(the_legend_keeps_off_the_data) {
  // Data in three corners, one after another left free: the legend goes there.
  const std::vector<std::pair<double, double>> corners = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  for (const auto& [free_x, free_y] : corners) {
    std::vector<double> x, y;
    for (const auto& [cx, cy] : corners) {
      if (cx == free_x && cy == free_y) continue;
      for (double u = 0; u <= 0.5; u += 0.02) {
        for (double v = 0; v <= 0.5; v += 0.02) x.push_back(cx == 0 ? u : 1 - u), y.push_back(cy == 0 ? v : 1 - v);
      }
    }
    Figure figure({.grid = false, .width = 600, .height = 400, .scale = 1});
    figure.scatter(x, y, {.label = "points", .color = "#ff0000", .radius = 1});
    figure.line(std::vector<double>{}, {.label = "nothing", .color = "#00ff00"});  // drawn in the legend only
    const Rect frame = picture_of(figure).bounds(0x00ff00, 60);
    BOOST_TEST(frame.width() > 5);
    BOOST_TEST((frame.center().x > 300) == (free_x == 1));
    BOOST_TEST((frame.center().y < 200) == (free_y == 1));
  }
}

BOOST_AUTO_TEST_CASE(copies_are_independent_and_failures_change_nothing) {
  Figure figure;
  figure.line({1, 2, 3});
  const auto before = figure.png();
  Figure copy = figure;
  copy.line({3, 2, 1});
  BOOST_TEST((figure.png() == before));
  BOOST_TEST((copy.png() != before));
  BOOST_CHECK_THROW(figure.line({1, 2}, {1, 2, 3}), ShapeError);
  BOOST_CHECK_THROW(figure.line({3, 2, 1}, {3, 2, 1}, {.marker = "?"}), std::invalid_argument);
  BOOST_TEST((figure.png() == before));
  figure.line({3, 2, 1});  // takes the second colour, not the third
  BOOST_TEST((figure.png() == copy.png()));
  figure = Figure();
  BOOST_TEST((figure.png() == Figure().png()));
}

BOOST_AUTO_TEST_CASE(wrong_input_is_named) {
  Figure figure;
  const Tensor matrix = from_vector(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3});
  require_throws<ShapeError>(
      [&] {
        figure.line({1, 2}, {1, 2, 3});
      },
      "line: x and y must be equally long, got 2 and 3");
  require_throws<ShapeError>([&] { figure.line(matrix); }, "line: y must be 1-D, got [2, 3]");
  require_throws<ShapeError>([&] { figure.line({1, 2}, Tensor()); }, "line: y must be 1-D, got an undefined tensor");
  require_throws<ShapeError>([&] { figure.scatter(matrix, {1, 2}); }, "scatter: x must be 1-D, got [2, 3]");
  const auto option = [&](const LineOptions& options, const char* text) {
    require_throws<std::invalid_argument>([&] { figure.line({1, 2}, {1, 2}, options); }, text);
  };
  option({.color = "nocolor"}, "color: expected #rrggbb");
  option({.width = 0}, "width: expected a number");
  option({.width = std::nan("")}, "width");
  option({.marker = "?"}, "marker: expected o");
  option({.alpha = 1.5}, "alpha: expected a number in [0, 1], got 1.5");
  require_throws<std::invalid_argument>([&] { figure.scatter({1}, {1}, {.radius = -1}); }, "radius");
  require_throws<std::invalid_argument>([] { Figure({.x_range = {2, 1}}); }, "x_range");
  require_throws<std::invalid_argument>([] { Figure({.log_y = true, .y_range = {0, 1}}); }, "y_range");
  require_throws<std::invalid_argument>([] { Figure({.legend = "somewhere"}); }, "legend");
  require_throws<std::invalid_argument>([] { Figure({.width = -1}); }, "width");
  require_throws<std::invalid_argument>([] { Figure({.height = 100000}); }, "height");
  require_throws<std::invalid_argument>([] { Figure({.scale = 0}); }, "scale");
}

BOOST_AUTO_TEST_CASE(tiny_pictures_and_long_texts_do_no_harm) {
  const std::string endless(300, 'W');
  for (const std::int64_t size : {1, 2, 7, 40}) {
    Figure figure({.title = endless, .x_label = endless, .y_label = endless, .width = size, .height = size});
    figure.line({1, 2, 3}, {.label = endless, .marker = "o", .dashed = true});
    BOOST_TEST(picture_of(figure).width == size);
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
