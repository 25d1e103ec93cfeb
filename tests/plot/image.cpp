#include <cmath>

#include "../fixture.h"
#include "picture.h"

using namespace descent;
using descent::plot::Figure;
using descent::plot::Rect;
using testing::Picture;
using testing::picture_of;
using testing::require_throws;

namespace {

Tensor filled(const Shape& shape, double value) {
  return from_vector(std::vector<double>(static_cast<std::size_t>(shape.numel()), value), shape);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(image)

BOOST_AUTO_TEST_CASE(layouts_and_types_agree) {
  // A red and a blue column.
  Figure a, b, c;
  a.image(from_vector(std::vector<std::uint8_t>{255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255}, {2, 2, 3}));
  b.image(from_vector(std::vector<std::uint8_t>{255, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 255}, {3, 2, 2}));
  c.image(from_vector(std::vector<double>{1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1}, {3, 2, 2}));
  BOOST_TEST((a.png() == b.png()));
  BOOST_TEST((b.png() == c.png()));
  const Picture p = picture_of(b);
  const int y = p.height / 2;
  BOOST_TEST(p.at(p.width / 4, y) == 0xff0000u);
  BOOST_TEST(p.at(3 * p.width / 4, y) == 0x0000ffu);
  Figure gray, gray3;
  gray.image(filled({4, 4}, 0.2));
  gray3.image(filled({1, 4, 4}, 0.2));
  BOOST_TEST((gray.png() == gray3.png()));
  const Picture q = picture_of(gray);
  BOOST_TEST(q.at(q.width / 2, q.height / 2) == 0x333333u);
}

BOOST_AUTO_TEST_CASE(values_are_clamped_or_normalized) {
  const Tensor t = from_vector(std::vector<double>{-10, 0, 10, 30}, {2, 2});
  Figure plain, stretched;
  plain.image(t);
  stretched.image(t, {.normalize = true});
  const Picture p = picture_of(plain), q = picture_of(stretched);
  const auto corner = [](const Picture& x, int column, int row) {
    return x.at(x.width * (1 + 2 * column) / 4, x.height * (1 + 2 * row) / 4);
  };
  BOOST_TEST(corner(p, 0, 0) == 0u);
  BOOST_TEST(corner(p, 1, 0) == 0u);
  BOOST_TEST(corner(p, 0, 1) == 0xffffffu);
  BOOST_TEST(corner(q, 0, 0) == 0u);
  BOOST_TEST(corner(q, 1, 0) == 0x404040u);
  BOOST_TEST(corner(q, 0, 1) == 0x808080u);
  BOOST_TEST(corner(q, 1, 1) == 0xffffffu);
}

BOOST_AUTO_TEST_CASE(grids_place_images_and_titles) {
  std::vector<double> values;
  for (int i = 0; i < 6; ++i) values.insert(values.end(), 16, i / 5.0);
  const Tensor images = from_vector(values, {6, 4, 4});
  Figure figure;
  figure.image_grid(images, {.columns = 3,
                             .titles = {"a", "b", "c\nd", "e", "f", "g"},
                             .title_colors = {"#00ff00", "#00ff00", "#ff0000", "#00ff00", "#00ff00", "#00ff00"}});
  const Picture p = picture_of(figure);
  BOOST_TEST(p.count(0x333333, 0) > 1000);  // the second image
  BOOST_TEST(p.count(0xcccccc, 0) == p.count(0x333333, 0));
  const Rect second = p.bounds(0x333333, 0), fifth = p.bounds(0xcccccc, 0), red = p.bounds(0xff0000, 60);
  BOOST_TEST(second.x0 == fifth.x0);
  BOOST_TEST(second.y1 < fifth.y0);
  BOOST_TEST(second.width() == second.height());
  BOOST_TEST(red.y1 < second.y0);  // above its image, in the third column
  BOOST_TEST(red.x0 > second.x1);
  BOOST_TEST(p.count(0x00ff00, 60) > 50);

  Figure channels;
  channels.image_grid(images.reshape({6, 1, 4, 4}), {.columns = 3});
  Figure without;
  without.image_grid(images, {.columns = 3});
  BOOST_TEST((channels.png() == without.png()));
}

BOOST_AUTO_TEST_CASE(diverging_grids_keep_zero_white) {
  const Tensor t = from_vector(std::vector<double>{-2, 0, 0, 1, 0, 0, 0, 0.5}, {2, 2, 2});
  Figure figure;
  figure.image_grid(t, {.columns = 2, .normalize = true, .diverging = true});
  const Picture p = picture_of(figure);
  BOOST_TEST(p.count(0x053061, 0) > 100);  // −2, the larger side of the first image
  BOOST_TEST(p.count(0x67001f, 0) > 100);  // 0.5, of the second
  BOOST_TEST(p.count(0xf7f7f7, 0) > 500);
}

BOOST_AUTO_TEST_CASE(heatmaps_show_values_and_names) {
  const Tensor m = from_vector(std::vector<std::int64_t>{0, 50, 100, 25}, {2, 2});
  const std::vector<std::string> names = {"Ankle boot", "T-shirt/top"};
  Figure figure, bare;
  figure.heatmap(m,
                 {.x_labels = names, .y_labels = names, .x_label = "predicted", .annotate = true, .colormap = "gray"});
  bare.heatmap(m, {.colormap = "gray", .colorbar = false});
  const Picture p = picture_of(bare);
  const Rect black = p.bounds(0x000000, 0), gray = p.bounds(0x808080, 0);
  BOOST_TEST(black.x1 < gray.x0);  // row 0 on top: 0, 50
  BOOST_TEST(std::abs(black.y0 - gray.y0) <= 2);
  BOOST_TEST(std::abs(black.width() - black.height()) <= 3);
  BOOST_TEST(picture_of(figure).count(0x212121, 30) > p.count(0x212121, 30) + 1000);

  Figure odd;
  odd.heatmap(from_vector(std::vector<double>{std::nan(""), 1, 2}, {1, 3}), {.annotate = true});
  BOOST_TEST(picture_of(odd).count(0xd9d9d9, 1) > 1000);
  Figure nothing;
  nothing.heatmap(from_vector(std::vector<double>{}, {0, 3}), {.annotate = true});
  BOOST_TEST(picture_of(nothing).width > 0);
}

BOOST_AUTO_TEST_CASE(heatmaps_follow_logarithms) {
  Figure figure;
  figure.heatmap(from_vector(std::vector<double>{1, 10, 100, 0}, {2, 2}),
                 {.log = true, .colormap = "gray", .colorbar = false});
  const Picture p = picture_of(figure);
  const int cell = p.count(0x000000, 0);
  BOOST_TEST(cell > 1000);
  for (const std::uint32_t color : {0x808080u, 0xd9d9d9u}) BOOST_TEST(std::abs(p.count(color, 0) - cell) < cell / 10);
}

BOOST_AUTO_TEST_CASE(heatmaps_count_from_one_number_to_another) {
  const Tensor m = from_vector(std::vector<double>{0, 1, 0, 1, 0, 1, 0, 1}, {1, 8});
  Figure numbered, spanned;
  numbered.heatmap(m, {.colormap = "gray", .colorbar = false});
  spanned.heatmap(m, {.x_span = {0, 1000}, .colormap = "gray", .colorbar = false});
  const auto right_of_the_cells = [](const Picture& p) {
    const Rect cells = p.bounds(0x000000, 0);  // all but the last, which is white
    const double width = cells.width() / 7;
    return p.count(0x212121, 60, static_cast<int>(cells.x1 + width) + 8, static_cast<int>(cells.y1), p.width, p.height);
  };
  BOOST_TEST(right_of_the_cells(picture_of(numbered)) == 0);
  BOOST_TEST(right_of_the_cells(picture_of(spanned)) > 20);  // half of "1000", at the edge
}

BOOST_AUTO_TEST_CASE(wrong_shapes_are_named) {
  Figure figure;
  require_throws<ShapeError>([&] { figure.image(filled({2, 5, 5}, 0)); }, "image: expected [H, W]");
  require_throws<ShapeError>([&] { figure.image(filled({5}, 0)); }, "got [5]");
  require_throws<ShapeError>([&] { figure.image(Tensor()); }, "undefined");
  require_throws<DTypeError>(
      [&] {
        figure.image(from_vector(std::vector<std::int64_t>{1, 2}, {1, 2}));
      },
      "image: expected uint8");
  require_throws<std::invalid_argument>([&] { figure.image(filled({2, 2}, 0), {.colormap = "jet"}); }, "colormap");
  const Tensor images = filled({3, 4, 4}, 0);
  require_throws<ShapeError>([&] { figure.image_grid(filled({4, 4}, 0)); }, "image_grid: expected [N, H, W]");
  require_throws<ShapeError>([&] { figure.image_grid(filled({3, 2, 4, 4}, 0)); }, "got [3, 2, 4, 4]");
  require_throws<ShapeError>([&] { figure.image_grid(images, {.titles = {"a"}}); },
                             "titles must be one an image, got 1");
  require_throws<ShapeError>([&] { figure.image_grid(images, {.title_colors = {"red"}}); }, "title_colors");
  require_throws<std::invalid_argument>(
      [&] {
        figure.image_grid(images, {.title_colors = {"red", "red", "?"}});
      },
      "title_colors");
  require_throws<std::invalid_argument>([&] { figure.image_grid(images, {.columns = -1}); }, "columns");
  require_throws<ShapeError>([&] { figure.heatmap(images); }, "heatmap: expected a 2-D tensor, got [3, 4, 4]");
  require_throws<ShapeError>(
      [&] {
        figure.heatmap(filled({2, 2}, 0), {.x_labels = {"a"}});
      },
      "x_labels must have one name a column");
  require_throws<std::invalid_argument>([&] { figure.heatmap(filled({2, 2}, 0), {.range = {1, 0}}); }, "range");
  require_throws<std::invalid_argument>(
      [&] {
        figure.heatmap(filled({2, 2}, 0), {.log = true, .range = {-1, 1}});
      },
      "positive on a log axis");
  require_throws<std::invalid_argument>(
      [&] {
        figure.heatmap(filled({2, 2}, 0), {.x_span = {.low = 1}});
      },
      "x_span: expected both ends or neither");
  require_throws<std::invalid_argument>(
      [&] {
        figure.heatmap(filled({2, 1}, 0), {.x_labels = {"a"}, .x_span = {0, 1}});
      },
      "x_span: cannot stand together with x_labels");
}

BOOST_AUTO_TEST_CASE(empty_images_do_no_harm) {
  for (const Shape& shape : {Shape{0, 4, 4}, Shape{2, 0, 4}, Shape{2, 4, 0}}) {
    Figure figure;
    figure.image_grid(filled(shape, 0));
    BOOST_TEST(picture_of(figure).width > 0);
  }
  Figure figure;
  figure.image(filled({0, 5}, 0), {.normalize = true});
  BOOST_TEST(picture_of(figure).width > 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
