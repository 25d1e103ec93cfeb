#include "plot/axes.h"

#include <cmath>
#include <limits>

#include "../fixture.h"

using namespace descent::plot;
using descent::testing::require_throws;

namespace {

const double kNan = std::nan("");
const double kInf = std::numeric_limits<double>::infinity();

std::string labels(const std::vector<Tick>& ticks) {
  std::string out;
  for (const Tick& tick : ticks) {
    if (!tick.label.empty()) out += (out.empty() ? "" : " ") + tick.label;
  }
  return out;
}

Extent extent(const std::vector<double>& values, bool log = false) {
  Extent e;
  for (const double v : values) e.add(v, log);
  return e;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(axes)

BOOST_AUTO_TEST_CASE(linear_ticks_are_tidy) {
  BOOST_TEST(labels(make_ticks({0, 1}, 6)) == "0.0 0.2 0.4 0.6 0.8 1.0");
  BOOST_TEST(labels(make_ticks({0, 1}, 11)) == "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0");
  BOOST_TEST(labels(make_ticks({-187, 4180}, 6)) == "0 1000 2000 3000 4000");
  BOOST_TEST(labels(make_ticks({-1.1, 1.1}, 5)) == "−1.0 −0.5 0.0 0.5 1.0");
  BOOST_TEST(labels(make_ticks({0.81, 0.893}, 5)) == "0.82 0.84 0.86 0.88");
  BOOST_TEST(labels(make_ticks({0, 3e-5}, 7)) == "0 5e−6 1e−5 1.5e−5 2e−5 2.5e−5 3e−5");
  BOOST_TEST(labels(make_ticks({0, 4.1e6}, 5)) == "0 1e6 2e6 3e6 4e6");
  BOOST_TEST(labels(make_ticks({0.9, 2.1}, 9, true)) == "1 2");
}

BOOST_AUTO_TEST_CASE(linear_ticks_hold_for_any_range) {
  for (const double low : {-1e300, -3.7e5, -1.0, -1e-7, 0.0, 1e-12, 0.3, 17.0, 12345678.9, 1e20}) {
    for (const double span : {1e-6, 0.02, 0.5, 1.0, 3.3, 77.0, 4e9}) {
      const Axis axis = make_axis(extent({low, low + span * std::max(1.0, std::abs(low))}), {}, false, 0.05);
      for (std::size_t count = 2; count < 12; ++count) {
        const std::vector<Tick> ticks = make_ticks(axis, count);
        BOOST_TEST_REQUIRE(ticks.size() >= 1u);
        BOOST_TEST_REQUIRE(ticks.size() <= count);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
          BOOST_TEST_REQUIRE((ticks[i].value >= axis.low && ticks[i].value <= axis.high));
          if (i > 0) BOOST_TEST_REQUIRE(ticks[i].label != ticks[i - 1].label);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(log_ticks_are_decades) {
  const Axis few{1e-3, 1, true}, many{1e-12, 1e3, true};
  BOOST_TEST(labels(make_ticks(few, 6)) == "0.001 0.01 0.1 1");
  BOOST_TEST(labels(make_ticks({1e-7, 1e-3, true}, 6)) == "10⁻⁷ 10⁻⁶ 10⁻⁵ 10⁻⁴ 10⁻³");
  BOOST_TEST(labels(make_ticks(many, 6)) == "10⁻¹² 10⁻⁹ 10⁻⁶ 10⁻³ 10⁰ 10³");
  BOOST_TEST(labels(make_ticks({1, 30, true}, 8)) == "1 2 5 10 20");
  // Close values: the ticks of a linear axis, at least two.
  BOOST_TEST(labels(make_ticks({2, 4, true}, 6)) == "2.0 2.5 3.0 3.5 4.0");
  // Between the decades short ticks at 2, 3, … 9.
  BOOST_TEST(make_ticks(few, 6).size() == 3u * 9 + 1);
}

BOOST_AUTO_TEST_CASE(ranges_follow_the_data) {
  const Axis a = make_axis(extent({0, 10}), {}, false, 0.05);
  BOOST_TEST(a.low == -0.5);
  BOOST_TEST(a.high == 10.5);
  const Axis log = make_axis(extent({1, 100}, true), {}, true, 0.05);
  BOOST_TEST(std::abs(std::log10(log.low) + 0.1) < 1e-12);
  BOOST_TEST(std::abs(std::log10(log.high) - 2.1) < 1e-12);
  const Axis fixed = make_axis(extent({0, 10}), {.high = 4}, false, 0.05);
  BOOST_TEST(fixed.low < 0);
  BOOST_TEST(fixed.high == 4);
}

BOOST_AUTO_TEST_CASE(ranges_of_little_or_odd_data) {
  for (const bool log : {false, true}) {
    for (const std::vector<double>& data : std::vector<std::vector<double>>{{},
                                                                            {5},
                                                                            {5, 5, 5},
                                                                            {1e-320, 2e-320},
                                                                            {1e300, 1e308},
                                                                            {1e-300, 1e300},
                                                                            {kNan, kInf},
                                                                            {7, 7 * (1 + 1e-15)},
                                                                            {-3},
                                                                            {0}}) {
      for (const Range& wanted : {Range{}, Range{.low = 100}, Range{.high = 0.01}, Range{.low = 1, .high = 2}}) {
        const Axis axis = make_axis(extent(data, log), wanted, log, 0.05);
        BOOST_TEST_REQUIRE(std::isfinite(axis.high - axis.low));
        BOOST_TEST_REQUIRE(axis.low < axis.high);
        if (log) BOOST_TEST_REQUIRE(axis.low > 0);
        BOOST_TEST_REQUIRE(make_ticks(axis, 6).size() >= 1u);
        if (!std::isnan(wanted.low)) BOOST_TEST(axis.low == wanted.low, boost::test_tools::tolerance(1e-12));
        if (!std::isnan(wanted.high)) BOOST_TEST(axis.high == wanted.high, boost::test_tools::tolerance(1e-12));
      }
    }
  }
  const Axis constant = make_axis(extent({5, 5}), {}, false, 0.05);
  BOOST_TEST(constant.low == 4.5);
  BOOST_TEST(constant.high == 5.5);
  const Axis zero = make_axis(extent({0}), {}, false, 0.05);
  BOOST_TEST(zero.low == -1);
  BOOST_TEST(zero.high == 1);
}

BOOST_AUTO_TEST_CASE(extents_ignore_what_cannot_be_shown) {
  const Extent linear = extent({kNan, -2, kInf, 3, -kInf});
  BOOST_TEST(linear.low == -2);
  BOOST_TEST(linear.high == 3);
  BOOST_TEST(linear.integral);
  BOOST_TEST(!extent({1, 1.5}).integral);
  const Extent log = extent({0, -2, 0.5, 3}, true);
  BOOST_TEST(log.low == 0.5);
  BOOST_TEST(extent({0, -1}, true).empty());
}

BOOST_AUTO_TEST_CASE(fractions_and_values_are_inverse) {
  for (const Axis& axis : {Axis{-2, 6}, Axis{0.01, 100, true}, Axis{0, 10, false, true}}) {
    for (const double t : {0.0, 0.25, 0.5, 1.0}) BOOST_TEST(std::abs(axis.fraction(axis.value(t)) - t) < 1e-12);
  }
  BOOST_TEST((Axis{0.01, 100, true}.fraction(1)) == 0.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST((Axis{0, 10, false, true}.fraction(1)) == 0.9, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(Axis{1, 10, true}.fraction(-1)));
}

BOOST_AUTO_TEST_CASE(wrong_ranges_are_named) {
  require_throws<std::invalid_argument>([] { check_range({2, 1}, false, "x_range"); }, "x_range: expected low < high");
  require_throws<std::invalid_argument>([] { check_range({1, 1}, false, "y_range"); }, "y_range");
  require_throws<std::invalid_argument>([] { check_range({0, 1}, true, "y_range"); }, "positive on a log axis");
  require_throws<std::invalid_argument>([] { check_range({.high = kInf}, false, "x_range"); }, "finite");
  check_range({}, true, "x_range");
  check_range({.low = -1}, false, "x_range");
}

BOOST_AUTO_TEST_CASE(numbers_are_short) {
  BOOST_TEST(format_number(0.25) == "0.25");
  BOOST_TEST(format_number(1500) == "1500");
  BOOST_TEST(format_number(2e6) == "2e6");
  BOOST_TEST(format_number(-1.5e-7) == "−1.5e−7");
  BOOST_TEST(format_number(0) == "0");
  BOOST_TEST(format_number(2.0 / 3) == "0.667");
  BOOST_TEST(format_number(kNan) == "nan");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
