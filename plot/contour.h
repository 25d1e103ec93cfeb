// Level lines of a sampled function.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "../autograd/tensor.h"
#include "canvas.h"

namespace descent::plot {

/// A cell along one axis and the fraction of it; -1 outside.
struct CellPlace {
  std::int64_t cell = -1;
  double fraction = 0;
};

/// Samples of f on (nx + 1)·(ny + 1) evenly spaced points, the ends included; row j holds y_j, from y0 to y1.
struct SampledFunction {
  double x0, x1, y0, y1;
  std::int64_t nx, ny;
  std::vector<double> values;

  /// Evaluates f with nx = ny = n.
  SampledFunction(const std::function<double(double, double)>& f, double x0, double x1, double y0, double y1,
                  std::int64_t n);
  /// The numbers of a [ny + 1, nx + 1] tensor, both at least 2.
  SampledFunction(const Tensor& grid, double x0, double x1, double y0, double y1);
  double operator()(std::int64_t i, std::int64_t j) const { return values[static_cast<std::size_t>(j * (nx + 1) + i)]; }
  /// Between the samples, bilinear; NaN outside and beside samples that are not finite.
  double at(double x, double y) const { return at(across(x), up(y)); }
  double at(const CellPlace& across, const CellPlace& up) const;
  CellPlace across(double x) const { return place(x, x0, x1, nx); }
  CellPlace up(double y) const { return place(y, y0, y1, ny); }

 private:
  static CellPlace place(double v, double low, double high, std::int64_t cells);
};

/// The pieces of the line f = level, in the coordinates of f: in each cell the crossings of its edges, found by linear
/// interpolation, are joined; where four edges are crossed the mean of the corners decides which belong together
/// (marching squares). Cells with a sample that is not finite have none.
std::vector<std::pair<Point, Point>> level_segments(const SampledFunction& f, double level);

}  // namespace descent::plot
