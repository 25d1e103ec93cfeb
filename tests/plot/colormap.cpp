#include "plot/colormap.h"

#include <cmath>
#include <set>

#include "../fixture.h"

using namespace descent::plot;
using descent::testing::require_throws;

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(colormap)

BOOST_AUTO_TEST_CASE(colors_are_parsed) {
  BOOST_TEST((parse_color("#ff0080") == Color{1, 0, 128.0f / 255}));
  BOOST_TEST((parse_color("#F08") == Color{1, 0, 136.0f / 255}));
  BOOST_TEST((parse_color("black") == Color{0, 0, 0}));
  for (const char* bad : {"", "#", "#12", "#12345", "#1234567", "#gg0000", "nocolor", "ff0000"}) {
    require_throws<std::invalid_argument>([&] { parse_color(bad, "title_colors"); }, "title_colors: expected #rrggbb");
  }
}

BOOST_AUTO_TEST_CASE(maps_run_from_end_to_end) {
  const Colormap gray("gray"), viridis("viridis"), blues("blues"), diverging("diverging");
  BOOST_TEST((gray(0) == Color{0, 0, 0}));
  BOOST_TEST((gray(0.25) == Color{0.25f, 0.25f, 0.25f}));
  BOOST_TEST((gray(7) == kWhite));
  BOOST_TEST((gray(-7) == Color{0, 0, 0}));
  BOOST_TEST((gray(std::nan("")) == kMissing));
  BOOST_TEST((viridis(0) == parse_color("#440154")));
  BOOST_TEST((viridis(1) == parse_color("#fde725")));
  for (int i = 0; i < 100; ++i) {  // ever lighter, ever darker
    BOOST_TEST(luminance(viridis(i / 100.0)) < luminance(viridis((i + 1) / 100.0)));
    BOOST_TEST(luminance(blues(i / 100.0)) > luminance(blues((i + 1) / 100.0)));
  }
  BOOST_TEST(diverging(0.0).b > diverging(0.0).r);
  BOOST_TEST(diverging(1.0).r > diverging(1.0).b);
  BOOST_TEST(luminance(diverging(0.5)) > 0.95);
  require_throws<std::invalid_argument>([] { Colormap("jet"); }, "colormap: expected viridis");
}

BOOST_AUTO_TEST_CASE(the_cycle_repeats_and_no_sooner) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < kCycleLength; ++i) {
    const Color c = cycle_color(i);
    seen.insert(std::to_string(c.r) + " " + std::to_string(c.g) + " " + std::to_string(c.b));
    BOOST_TEST(luminance(c) < 0.75);  // stands out from white
    BOOST_TEST((cycle_color(i + kCycleLength) == c));
  }
  BOOST_TEST(seen.size() == kCycleLength);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
