// Axes: ranges, ticks and their labels.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "figure.h"

namespace descent::plot {

struct Tick {
  double value = 0;
  std::string label = "";  // without one: a short tick and no grid line
};

/// What an axis shows: the interval [low, high], linear or logarithmic.
struct Axis {
  double low = 0, high = 1;
  bool log = false;
  bool inverted = false;  // high comes first

  /// Where a value lies: 0 at the start of the axis, 1 at its end. NaN for what a log axis cannot show.
  double fraction(double value) const;
  /// The value at a fraction.
  double value(double fraction) const;
};

/// Smallest and largest of the values that can be shown; low > high while there are none.
struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool integral = true;  // whole numbers only: epochs, steps

  /// Ignores NaN and infinities, and on a log axis what is not positive.
  void add(double value, bool log);
  bool empty() const { return low > high; }
};

/// The axis for given data: what `wanted` fixes, otherwise the data with `margin` of its span added at each end.
/// Nothing to show gives [0, 1] (log: [1, 10]); a constant c gives c ± |c|/10, 0 gives ± 1 (log: a decade around it).
Axis make_axis(const Extent& data, const Range& wanted, bool log, double margin);

/// Throws std::invalid_argument naming `option` unless the ends that are given are finite, ordered, and positive on a
/// log axis.
void check_range(const Range& range, bool log, const char* option);

/// Ticks at multiples of 1, 2 or 5·10^k, at most `count` of them (at least 2); on a log axis at powers of ten, with
/// unlabelled ticks between where there is room, and at 1, 2, 5 where the axis spans few decades. With `whole` a linear
/// axis gets no ticks between whole numbers.
std::vector<Tick> make_ticks(const Axis& axis, std::size_t count, bool whole = false);

/// A number as a reader would write it: "0.25", "1500", "2e6", "1.5e−4".
std::string format_number(double value, int significant = 3);

}  // namespace descent::plot
