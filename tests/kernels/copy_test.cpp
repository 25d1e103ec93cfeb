// Copies between layouts and types, and fills.
#include <limits>
#include <tuple>

#include "../../kernels/elementwise.h"
#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;

namespace {

using Numbers = std::tuple<bool, unsigned char, std::int64_t, float, double>;

template <class To, class From>
void converts(const std::vector<From>& from, const std::vector<To>& expected) {
  for (const Layout layout : kLayouts) {
    const Sizes shape{1, static_cast<std::int64_t>(from.size())};
    const auto in = Array<From>::make(shape, layout, [&](std::int64_t i) { return from[static_cast<std::size_t>(i)]; });
    Array<To> out(shape);
    kn::copy(out.view(), in.view());
    for (std::int64_t i = 0; i < in.numel(); ++i) {
      const To e = expected[static_cast<std::size_t>(i)];
      BOOST_TEST((out[i] == e || (out[i] != out[i] && e != e)),
                 name_of(in.view().dtype) << " " << +in[i] << " became " << name_of(out.view().dtype) << " " << +out[i]
                                          << ", expected " << +e);
    }
  }
}

template <class To, class From>
void converts_everywhere() {
  for (const Layout from : kLayouts) {
    for (const Layout to : kLayouts) {
      const auto in = Array<From>::make({3, 70}, from, [](std::int64_t i) { return i % 100; });
      Array<To> out({3, 70}, to);
      kn::copy(out.view(), in.view());
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < in.numel(); ++i) wrong += out[i] != static_cast<To>(in[i]);
      BOOST_TEST(wrong == 0, name_of(in.view().dtype)
                                 << " to " << name_of(out.view().dtype) << ": " << wrong << " wrong");
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(copy)

BOOST_AUTO_TEST_CASE_TEMPLATE(every_pair_of_types, From, Numbers) {
  converts_everywhere<bool, From>();
  converts_everywhere<unsigned char, From>();
  converts_everywhere<std::int64_t, From>();
  converts_everywhere<float, From>();
  converts_everywhere<double, From>();
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_defined) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min(),
                         highest = std::numeric_limits<std::int64_t>::max();
  converts<std::int64_t, double>({1.9, -1.9, inf, -inf, nan, 1e19, -1e19, -0x1p63},
                                 {1, -1, highest, lowest, 0, highest, lowest, lowest});
  converts<std::int64_t, float>({2.5f, 1e30f, -1e30f}, {2, highest, lowest});
  converts<unsigned char, float>({3.7f, 255.9f, 256, -1, 1000}, {3, 255, 0, 255, 232});
  converts<unsigned char, std::int64_t>({-1, 256, 300}, {255, 0, 44});
  converts<bool, double>({0, -0.0, 0.5, nan, -3}, {false, false, true, true, true});
  converts<bool, std::int64_t>({0, 256, -1}, {false, true, true});
  converts<float, double>({1e300, -1e300, nan, 0.1}, {float(inf), -float(inf), float(nan), 0.1f});
  converts<float, std::int64_t>({highest, -3}, {0x1p63f, -3});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(permuted_copies, T, Numbers) {
  const Sizes shapes[] = {{0, 3}, {1, 1}, {4, 4}, {5, 17}, {16, 16}, {33, 70}, {130, 65}, {2, 35, 19}, {3, 20, 2, 40}};
  for (const Sizes& shape : shapes) {
    for (const Layout from : kLayouts) {
      for (const Layout to : kLayouts) {
        const auto in =
            Array<T>::make(shape, from, [](std::int64_t i) { return i * 7 % 251 % (sizeof(T) == 1 ? 2 : 251); });
        Array<T> out(shape, to);
        kn::copy(out.view(), in.view());
        std::int64_t wrong = 0;
        for (std::int64_t i = 0; i < in.numel(); ++i) wrong += out[i] != in[i];
        BOOST_TEST(wrong == 0, wrong << " of " << in.numel() << " elements wrong");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(middle_dimensions_swapped_and_negative_strides) {
  // in[b][i][j] of [3, 20, 40] read as [3, 40, 20], and backwards.
  const auto base = Array<float>::make({3, 20, 40}, Layout::Contiguous, [](std::int64_t i) { return i; });
  const Sizes shape{3, 40, 20}, swapped{800, 1, 40}, backwards{-800, -1, -40};
  for (const bool reversed : {false, true}) {
    kn::View in = base.view();
    in.shape = shape.data();
    in.strides = reversed ? backwards.data() : swapped.data();
    in.contiguous = false;
    if (reversed) in.data = base.data() + base.numel() - 1;
    Array<float> out(shape), twice(shape);
    kn::copy(out.view(), in);
    kn::binary(kn::Binary::Add, twice.view(), in, in);
    std::int64_t wrong = 0;
    for (std::int64_t b = 0; b < 3; ++b) {
      for (std::int64_t j = 0; j < 40; ++j) {
        for (std::int64_t i = 0; i < 20; ++i) {
          const std::int64_t at = b * 800 + i * 40 + j, to = b * 800 + j * 20 + i;
          const auto e = static_cast<float>(reversed ? 2399 - at : at);
          wrong += out[to] != e || twice[to] != 2 * e;
        }
      }
    }
    BOOST_TEST(wrong == 0);
  }
}

BOOST_AUTO_TEST_CASE(broadcast_copy_and_copy_onto_itself) {
  const auto row = Array<std::int64_t>::make({5}, Layout::Contiguous, [](std::int64_t i) { return i + 1; });
  const Sizes shape{3, 5}, strides{0, 1};
  kn::View in{row.data(), shape.data(), strides.data(), 15, 2, int64, false};
  Array<std::int64_t> out(shape);
  kn::copy(out.view(), in);
  for (std::int64_t i = 0; i < 15; ++i) BOOST_TEST(out[i] == i % 5 + 1);
  kn::copy(out.view(), out.view());
  for (std::int64_t i = 0; i < 15; ++i) BOOST_TEST(out[i] == i % 5 + 1);
}

BOOST_AUTO_TEST_CASE(every_number_of_threads) {
  for (const Layout layout : kLayouts) {
    const auto in = Array<float>::make({331, 307}, layout, [](std::int64_t i) { return noise(i) * 300; });
    Array<float> same({331, 307});
    Array<std::int64_t> rounded({331, 307});
    same_for_any_threads([&] { kn::copy(same.view(), in.view()); }, [&] { return same.bytes(); });
    same_for_any_threads([&] { kn::copy(rounded.view(), in.view()); }, [&] { return rounded.bytes(); });
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < in.numel(); ++i)
      wrong += same[i] != in[i] || rounded[i] != static_cast<std::int64_t>(in[i]);
    BOOST_TEST(wrong == 0);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(fills_every_layout, T, Numbers) {
  for (const Sizes& shape : {Sizes{}, Sizes{1}, Sizes{17}, Sizes{300}, Sizes{5, 67}, Sizes{40000}}) {
    for (const Layout layout : kLayouts) {
      Array<T> out(shape, layout);
      const T value = static_cast<T>(1);
      kn::fill(out.view(), &value);
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < out.numel(); ++i) wrong += out[i] != value;
      BOOST_TEST(wrong == 0);
      // Gaps between the elements stay as they were.
      if (layout == Layout::Spread && out.numel() > 0) BOOST_TEST(out.data()[1] == T{});
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
