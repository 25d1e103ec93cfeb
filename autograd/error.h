// The errors that descent throws. A message names the function, the rule, and what came.
#pragma once

#include <stdexcept>

namespace descent {

/// Base of them all. Wrong option values throw std::invalid_argument instead.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Sizes that do not fit together, impossible sizes, too many dimensions.
class ShapeError : public Error {
  using Error::Error;
};

/// An element type that an operation does not take.
class DTypeError : public Error {
  using Error::Error;
};

/// A dim, an index or a class out of range.
class IndexError : public Error {
  using Error::Error;
};

/// Misuse of the tape: backward twice, a saved tensor changed in place, a gradient of the wrong shape.
class AutogradError : public Error {
  using Error::Error;
};

/// A file that is missing, malformed or not writable.
class IoError : public Error {
  using Error::Error;
};

}  // namespace descent
