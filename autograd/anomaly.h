// Finds where a value stops being finite.
#pragma once

#include "error.h"

namespace descent::autograd {

/// While it lives, on this thread, the first infinity or NaN that an op computes, forward or backward, throws
/// AutogradError: it names the op, the shapes of its inputs, and the C++ lines that called it (for backward: the lines
/// that called it forward, under the guard). Lines need the program to be compiled with -g, names of functions that it
/// is not stripped. Costs a look at every value and a stack trace at every op, so it is for finding an error, not for
/// training. Guards nest.
class AnomalyGuard {
 public:
  AnomalyGuard();
  ~AnomalyGuard();
  AnomalyGuard(const AnomalyGuard&) = delete;
  AnomalyGuard& operator=(const AnomalyGuard&) = delete;

 private:
  unsigned char before_;
};

}  // namespace descent::autograd
