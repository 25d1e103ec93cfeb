#include "picture.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace descent::testing {

std::uint32_t Picture::at(int x, int y) const {
  const std::uint8_t* p = &rgb.at(3 * static_cast<std::size_t>(y * width + x));
  return static_cast<std::uint32_t>(p[0] << 16 | p[1] << 8 | p[2]);
}

static bool near(std::uint32_t a, std::uint32_t b, int tolerance) {
  for (int shift : {0, 8, 16}) {
    const int x = static_cast<int>(a >> shift & 255), y = static_cast<int>(b >> shift & 255);
    if (std::abs(x - y) > tolerance) return false;
  }
  return true;
}

int Picture::count(std::uint32_t color, int tolerance, int x0, int y0, int x1, int y1) const {
  int n = 0;
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) n += near(at(x, y), color, tolerance);
  }
  return n;
}

plot::Rect Picture::bounds(std::uint32_t color, int tolerance) const {
  plot::Rect r{1e9, 1e9, -1, -1};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (!near(at(x, y), color, tolerance)) continue;
      r = {std::min<double>(r.x0, x), std::min<double>(r.y0, y), std::max<double>(r.x1, x), std::max<double>(r.y1, y)};
    }
  }
  return r;
}

Picture decode(const std::vector<std::uint8_t>& png) {
  Picture picture;
  int channels = 0;
  std::uint8_t* pixels =
      stbi_load_from_memory(png.data(), static_cast<int>(png.size()), &picture.width, &picture.height, &channels, 0);
  BOOST_TEST_REQUIRE(pixels != nullptr);
  BOOST_TEST_REQUIRE(channels == 3);
  picture.rgb.assign(pixels, pixels + 3 * picture.width * picture.height);
  stbi_image_free(pixels);
  return picture;
}

Picture decode_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return decode({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

double ink(const plot::Canvas& canvas) {
  double sum = 0;
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) sum += 1 - canvas.pixel(x, y).r;
  }
  return sum;
}

plot::Rect inked(const plot::Canvas& canvas) {
  plot::Rect r{1e9, 1e9, -1e9, -1e9};
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) {
      if (canvas.pixel(x, y) == plot::kWhite) continue;
      r = {std::min<double>(r.x0, x), std::min<double>(r.y0, y), std::max(r.x1, x + 1.0), std::max(r.y1, y + 1.0)};
    }
  }
  return r;
}

}  // namespace descent::testing
