// Shape: sizes kept inline, and what is computed from them.
#include <limits>
#include <sstream>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(shapes)

namespace {

using namespace descent::testing;

}  // namespace

BOOST_AUTO_TEST_CASE(made_from) {
  const Shape braces = {2, 3}, vector = std::vector<std::int64_t>{2, 3}, number = 5, none;
  BOOST_TEST((braces == vector));
  BOOST_TEST((number == Shape{5}));
  BOOST_TEST(none.empty());
  BOOST_TEST(braces.front() == 2);
  BOOST_TEST(braces.back() == 3);
  BOOST_TEST((std::vector<std::int64_t>(braces) == std::vector<std::int64_t>{2, 3}));
  BOOST_TEST(!(braces == Shape{3, 2}));
  BOOST_TEST(!(braces == Shape{2, 3, 1}));
}

BOOST_AUTO_TEST_CASE(as_text) {
  std::ostringstream out;
  out << Shape{2, -1} << Shape() << Shape{0};
  BOOST_TEST(out.str() == "[2, -1][][0]");
}

BOOST_AUTO_TEST_CASE(changed) {
  Shape s = {2, 3};
  s.push_back(4);
  s.insert(0, 7);
  s.insert(4, 9);
  BOOST_TEST((s == Shape{7, 2, 3, 4, 9}));
  s.erase(4);
  s.erase(0);
  BOOST_TEST((s == Shape{2, 3, 4}));
  s[1] = 5;
  BOOST_TEST(s.numel() == 40);
}

BOOST_AUTO_TEST_CASE(at_most_twelve_dims) {
  const std::vector<std::int64_t> twelve(12, 1), more(13, 1);
  BOOST_TEST(Shape(twelve).dim() == 12);
  require_throws<ShapeError>([&] { Shape s(more); }, "12");
  Shape full(twelve);
  require_throws<ShapeError>([&] { full.push_back(1); }, "12");
  require_throws<ShapeError>([&] { full.insert(0, 1); }, "12");
  const Tensor t = ones(full);
  require_throws<ShapeError>([&] { t.unsqueeze(0); }, "12");
  require_throws<ShapeError>([&] { zeros(more); }, "12");
}

BOOST_AUTO_TEST_CASE(number_of_elements) {
  const std::int64_t big = std::int64_t{1} << 32, most = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(Shape().numel() == 1);
  BOOST_TEST((Shape{2, 0, 3}).numel() == 0);
  require_throws<ShapeError>([&] { (Shape{big, big}).numel(); }, "4294967296");
  require_throws<ShapeError>([&] { (Shape{most, 2}).numel(); }, "9223372036854775807");
  require_throws<ShapeError>([&] { (Shape{2, -1}).numel(); }, "-1");
  for (const Shape& impossible :
       {Shape{big, big}, Shape{most}, Shape{most, 2}, Shape{-1}, Shape{most, 1}, Shape{most / 8, 4}}) {
    BOOST_CHECK_THROW(zeros(impossible), Error);
    BOOST_CHECK_THROW(empty(impossible), Error);
    BOOST_CHECK_THROW(randn(impossible), Error);
  }
  require_throws<ShapeError>([&] { ones({2, 3}).reshape({big, big}); }, "reshape: ");
  require_throws<ShapeError>([&] { ones({1}).expand({big, big}); }, "4294967296");
}

// Lazily large: no memory is touched.
BOOST_AUTO_TEST_CASE(a_huge_view) {
  const Tensor huge = ones({1}).expand({std::int64_t{1} << 40});
  BOOST_TEST(huge.numel() == std::int64_t{1} << 40);
  BOOST_TEST(huge.slice(0, (std::int64_t{1} << 40) - 3, std::int64_t{1} << 40).sum().item<float>() == 3);
}

BOOST_AUTO_TEST_CASE(strides_and_broadcasts) {
  BOOST_TEST((contiguous_strides({2, 3, 4}) == Shape{12, 4, 1}));
  BOOST_TEST((contiguous_strides({}) == Shape()));
  BOOST_TEST((broadcast_shapes({2, 1, 3}, {4, 1}) == Shape{2, 4, 3}));
  BOOST_TEST((broadcast_shapes({1}, {0}) == Shape{0}));
  require_throws<ShapeError>([] { broadcast_shapes({2, 3}, {4}, "mine"); }, "mine: ");
  require_throws<ShapeError>([] { broadcast_shapes({2, 3}, {0}); }, "[2, 3]");
}

BOOST_AUTO_TEST_CASE(dims_counted_from_both_ends) {
  for (std::int64_t n = 1; n <= 4; ++n) {
    for (std::int64_t d = -n - 2; d <= n + 1; ++d) {
      if (d >= -n && d < n)
        BOOST_TEST(wrap_dim(d, n, "op") == (d < 0 ? d + n : d));
      else
        require_throws<IndexError>([&] { wrap_dim(d, n, "op"); }, "op: ");
    }
  }
  BOOST_TEST(wrap_dim(0, 0, "op") == 0);
  BOOST_TEST(wrap_dim(-1, 0, "op") == 0);
  require_throws<IndexError>([] { wrap_dim(1, 0, "op"); }, "[-1, 0]");
  require_throws<IndexError>([] { wrap_dim(3, 2, "op"); }, "3");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
