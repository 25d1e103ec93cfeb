#include "../../kernels/index.h"

#include <functional>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;

namespace {

/// f(position in `shape` that has the coordinates of position i of `picked`, with the one along dim replaced by at(i),
/// i) for every i.
template <class At, class F>
void each_moved(const Sizes& shape, const Sizes& picked, std::size_t dim, At&& at, F&& f) {
  std::int64_t numel = 1;
  for (const std::int64_t n : picked) numel *= n;
  Sizes counter(picked.size());
  const std::size_t dims = picked.size();
  std::int64_t* const c = counter.data();
  for (std::int64_t i = 0; i < numel; ++i) {
    std::int64_t position = 0;
    for (std::size_t d = 0; d < dims; ++d) position = position * shape[d] + (d == dim ? at(i, c[d]) : c[d]);
    f(position, i);
    for (std::size_t d = dims; d-- > 0 && ++c[d] == picked[d];) c[d] = 0;
  }
}

std::int64_t below(std::int64_t i, std::int64_t n) {
  return static_cast<std::int64_t>((noise(i, 5) + 1) / 2 * double(n));
}

const Sizes kShapes[] = {{6}, {4, 5}, {3, 4, 5}, {5, 1, 3}, {2, 3, 4, 2}, {40, 300}, {90, 12}, {3, 12, 20}};

/// f(shape, dim, layout of the data, layout of the index) for all of the above; of the large shapes each layout of the
/// data with one of the index.
void each_case(const std::function<void(const Sizes&, int, Layout, Layout)>& f) {
  for (const Sizes& shape : kShapes)
    for (int dim = 0; dim < static_cast<int>(shape.size()); ++dim)
      for (const Layout a : kLayouts)
        for (const Layout b : kLayouts) {
          const bool large = shape[0] * shape.back() > 5000;  // more than one piece of work
          if (!large || (static_cast<int>(a) + dim) % 3 == static_cast<int>(b)) f(shape, dim, a, b);
        }
}

template <class T>
Array<T> numbers(const Sizes& shape, Layout layout) {
  return Array<T>::make(shape, layout, [](std::int64_t i) { return i % 113; });
}

template <class T>
void check_select_and_add() {
  each_case([](const Sizes& shape, int dim, Layout la, Layout lb) {
    const std::size_t d = static_cast<std::size_t>(dim);
    const auto in = numbers<T>(shape, la);
    const auto index =
        Array<std::int64_t>::make({7}, lb, [&](std::int64_t i) { return below(i, shape[d]); });  // some of them twice
    Sizes picked = shape;
    picked[d] = 7;
    Array<T> out(picked, lb);
    kn::index_select(out.view(), in.view(), dim, index.view());
    Array<T> sum = numbers<T>(shape, la);
    kn::index_add(sum.view(), out.view(), dim, index.view());
    Array<T> expected = numbers<T>(shape, Layout::Contiguous);
    each_moved(
        shape, picked, d, [&](std::int64_t i, std::int64_t along) { return (void)i, index[along]; },
        [&](std::int64_t from, std::int64_t i) {
          const T moved = out[i];
          if (moved != in[from]) BOOST_ERROR("index_select at " << i);
          if constexpr (std::is_same_v<T, bool>)
            expected[from] = expected[from] || moved;
          else
            expected[from] = static_cast<T>(expected[from] + moved);
        });
    for (std::int64_t i = 0; i < sum.numel(); ++i)
      if (sum[i] != expected[i]) BOOST_ERROR("index_add at " << i);
  });
}

template <class T>
void check_gather_and_scatter() {
  each_case([](const Sizes& shape, int dim, Layout la, Layout lb) {
    const std::size_t d = static_cast<std::size_t>(dim);
    Sizes picked = shape;  // longer along dim, smaller elsewhere where possible
    for (std::size_t k = 0; k < picked.size(); ++k)
      picked[k] = k == d ? shape[k] + 2 : std::max<std::int64_t>(1, shape[k] - 1);
    const auto in = numbers<T>(shape, la);
    const auto index = Array<std::int64_t>::make(picked, lb, [&](std::int64_t i) { return below(i, shape[d]); });
    Array<T> out(picked, la);
    kn::gather(out.view(), in.view(), dim, index.view());
    Array<T> sum = numbers<T>(shape, lb);
    kn::scatter_add(sum.view(), out.view(), dim, index.view());
    Array<T> expected = numbers<T>(shape, Layout::Contiguous);
    each_moved(
        shape, picked, d, [&](std::int64_t i, std::int64_t along) { return (void)along, index[i]; },
        [&](std::int64_t from, std::int64_t i) {
          const T moved = out[i];
          if (moved != in[from]) BOOST_ERROR("gather at " << i);
          if constexpr (std::is_same_v<T, bool>)
            expected[from] = expected[from] || moved;
          else
            expected[from] = static_cast<T>(expected[from] + moved);
        });
    for (std::int64_t i = 0; i < sum.numel(); ++i)
      if (sum[i] != expected[i]) BOOST_ERROR("scatter_add at " << i);
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(index)

BOOST_AUTO_TEST_CASE(select_and_add_match_plain_loops) {
  check_select_and_add<float>();
  check_select_and_add<double>();
  check_select_and_add<std::int64_t>();
  check_select_and_add<std::uint8_t>();
  check_select_and_add<bool>();
}

BOOST_AUTO_TEST_CASE(gather_and_scatter_match_plain_loops) {
  check_gather_and_scatter<float>();
  check_gather_and_scatter<double>();
  check_gather_and_scatter<std::int64_t>();
  check_gather_and_scatter<std::uint8_t>();
  check_gather_and_scatter<bool>();
}

BOOST_AUTO_TEST_CASE(same_bits_for_any_threads) {
  const Sizes shapes[] = {{50, 700}, {2, 30, 300}, {400, 20}};
  for (const Sizes& shape : shapes)
    for (int dim = 0; dim < static_cast<int>(shape.size()); ++dim) {
      const std::int64_t n = shape[static_cast<std::size_t>(dim)];
      Sizes many = shape;
      many[static_cast<std::size_t>(dim)] = 3 * n;
      const auto src = Array<float>::make(many, Layout::Contiguous, [](std::int64_t i) { return noise(i); });
      const auto ids =
          Array<std::int64_t>::make({3 * n}, Layout::Contiguous, [&](std::int64_t i) { return below(i, n); });
      const auto index =
          Array<std::int64_t>::make(many, Layout::Contiguous, [&](std::int64_t i) { return below(i, n); });
      Array<float> out(shape);
      same_for_any_threads(
          [&] {
            std::fill_n(out.data(), out.numel(), 0.f);
            kn::index_add(out.view(), src.view(), dim, ids.view());
            kn::scatter_add(out.view(), src.view(), dim, index.view());
          },
          [&] { return out.bytes(); });
    }
}

BOOST_AUTO_TEST_CASE(first_outside_finds_the_first) {
  for (const Layout layout : kLayouts)
    for (const std::int64_t n : {1, 5, 5000, 12000}) {
      auto index = Array<std::int64_t>::make({2, n}, layout, [](std::int64_t i) { return below(i, 9) - 3; });
      BOOST_TEST(kn::first_outside(index.view(), -3, 6) == -1);
      index[2 * n - 1] = 6;
      BOOST_TEST(kn::first_outside(index.view(), -3, 6) == 2 * n - 1);
      index[n / 2] = -4;
      BOOST_TEST(kn::first_outside(index.view(), -3, 6) == n / 2);
      BOOST_TEST(kn::first_outside(index.view(), 0, 0) == 0);
    }
  BOOST_TEST(kn::first_outside(Array<std::int64_t>({0}).view(), 0, 5) == -1);
}

BOOST_AUTO_TEST_CASE(nothing_to_move) {
  Array<float> in({0, 3}), out({0, 3}), none({2, 0});
  const Array<std::int64_t> index({0}), grid({2, 0});
  kn::index_select(out.view(), in.view(), 0, index.view());
  kn::index_add(in.view(), out.view(), 0, index.view());
  kn::gather(none.view(), none.view(), 0, grid.view());
  kn::scatter_add(none.view(), none.view(), 1, grid.view());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
