// Level lines of a sampled function.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "canvas.h"

namespace descent::plot {

/// Samples of f on (n + 1)² evenly spaced points, the ends included; row j holds y_j.
struct SampledFunction {
  double x0, x1, y0, y1;
  std::int64_t n;
  std::vector<double> values;

  SampledFunction(const std::function<double(double, double)>& f, double x0, double x1, double y0, double y1,
                  std::int64_t n);
  double operator()(std::int64_t i, std::int64_t j) const { return values[static_cast<std::size_t>(j * (n + 1) + i)]; }
  /// Between the samples, bilinear; NaN outside and beside samples that are not finite.
  double at(double x, double y) const;
};

/// The pieces of the line f = level, in the coordinates of f: in each cell the crossings of its edges, found by linear
/// interpolation, are joined; where four edges are crossed the mean of the corners decides which belong together
/// (marching squares). Cells with a sample that is not finite have none.
std::vector<std::pair<Point, Point>> level_segments(const SampledFunction& f, double level);

}  // namespace descent::plot
