#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "images.h"
#include "random-inl.h"

namespace descent::data {
namespace {

constexpr int kSide = 28;
constexpr int kClasses = 10;

/// Distance from the edge of an axis-parallel box with half sizes (w, h); negative inside.
double box(double x, double y, double w, double h) { return std::max(std::abs(x) - w, std::abs(y) - h); }

/// Signed distance (negative inside) from shape `label` of unit size, at (x, y).
double distance(int label, double x, double y) {
  const double r = std::hypot(x, y);
  switch (label) {
    case 0:
      return r - 0.9;  // disc
    case 1:
      return std::abs(r - 0.75) - 0.17;  // ring
    case 2:
      return box(x, y, 0.8, 0.8);  // square
    case 3:
      return std::abs(box(x, y, 0.72, 0.72)) - 0.15;  // frame
    case 4:
      return std::max(0.866 * std::abs(x) + 0.5 * (y + 0.2) - 0.45, -(y + 0.2) - 0.55);  // triangle
    case 5:
      return std::min(box(x, y, 0.9, 0.2), box(x, y, 0.2, 0.9));  // plus
    case 6:
      return std::min(box(x + y, x - y, 1.2, 0.27), box(x + y, x - y, 0.27, 1.2)) * 0.7;  // cross
    case 7:
      return std::max(box(x, y, 0.9, 0.9), std::abs(std::remainder(y, 0.72)) - 0.19);  // bars
    case 8:
      return std::max(box(x, y, 0.9, 0.9), std::abs(std::remainder(x, 0.72)) - 0.19);  // columns
    default: {                                                                         // checkers
      const double u = std::abs(std::remainder(x, 1.2)) - 0.3, v = std::abs(std::remainder(y, 1.2)) - 0.3;
      return std::max(box(x, y, 0.9, 0.9),
                      u * v > 0 ? -std::min(std::abs(u), std::abs(v)) : std::min(std::abs(u), std::abs(v)));
    }
  }
}

void draw(int label, Random& random, std::uint8_t* pixels) {
  const double size = random.uniform(7.0, 11.0), angle = random.uniform(-0.25, 0.25);
  const double cx = random.uniform(11.5, 15.5), cy = random.uniform(11.5, 15.5);
  const double ink = random.uniform(0.55, 1.0), ground = random.uniform(0.0, 0.2);
  const double c = std::cos(angle) / size, s = std::sin(angle) / size;
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      const double x = c * (j - cx) + s * (i - cy), y = s * (j - cx) - c * (i - cy);
      // The edge is one pixel wide; the sum of four uniform numbers is nearly normal.
      const double cover = std::clamp(0.5 - distance(label, x, y) * size, 0.0, 1.0);
      double noise = 0;
      for (int k = 0; k < 4; ++k) noise += random.uniform(-0.12, 0.12);
      const double value = std::clamp(ground + (ink - ground) * cover + noise, 0.0, 1.0);
      *pixels++ = static_cast<std::uint8_t>(std::lround(255 * value));
    }
  }
}

ImageDataset make(const SyntheticOptions& options) {
  if (options.size < 0 || options.size > INT64_MAX / (kSide * kSide)) {
    throw std::invalid_argument(fmt::format("SyntheticImages: size must be a number of images, got {}", options.size));
  }
  Tensor images = empty({options.size, kSide, kSide}, {.dtype = uint8});
  Tensor labels = empty({options.size}, {.dtype = int64});
  auto* pixels = images.data<std::uint8_t>();
  auto* label = labels.data<std::int64_t>();
  Random random(options.seed, options.train ? 0 : 1);
  // Each stretch of ten images holds every class once, in random order.
  for (std::int64_t i = 0; i < options.size; i += kClasses) {
    int order[kClasses];
    for (int k = 0; k < kClasses; ++k) {
      const auto j = static_cast<int>(random.below(k + 1));
      order[k] = order[j];
      order[j] = k;
    }
    for (std::int64_t k = 0; k < std::min<std::int64_t>(kClasses, options.size - i); ++k) {
      label[i + k] = order[k];
      draw(order[k], random, pixels + (i + k) * kSide * kSide);
    }
  }
  return {images,
          labels,
          {"disc", "ring", "square", "frame", "triangle", "plus", "cross", "bars", "columns", "checkers"},
          options.mean,
          options.std};
}

}  // namespace

SyntheticImages::SyntheticImages(const SyntheticOptions& options) : ImageDataset(make(options)) {}

}  // namespace descent::data
