// What every test shares. Including this file is enough: around each test case of the program, the process's state is
// compared before and after (live tensors and graph nodes, grad mode, threads, floating-point environment, open and
// temporary files), and a difference fails the case. So a test keeps no tensor in a static variable.
#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/ops.h"
#include "kernels/parallel.h"

namespace descent {

/// For Boost.Test's messages.
inline std::ostream& boost_test_print_type(std::ostream& out, DType dtype) { return out << name_of(dtype); }

}  // namespace descent

namespace descent::testing {

/// State of the process that a test must leave as it found it.
struct Snapshot {
  autograd::LiveCounts live;
  bool grad_mode = true;
  int threads = 0;
  int rounding = 0;    ///< fegetround
  unsigned mxcsr = 0;  ///< flush-to-zero, masks, rounding; without the sticky flags
  int open_files = 0;
  int temporary_files = 0;  ///< left by TempDir of this process
};
Snapshot take_snapshot();
/// What differs, in words; empty if nothing does.
std::string differences(const Snapshot& before, const Snapshot& after);

/// A fresh folder, removed with all it holds when the scope ends.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Path of a file in it.
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Requires f() to throw an E whose message contains `part`.
template <class E, class F>
void require_throws(F&& f, std::string_view part) {
  bool threw = false;
  try {
    f();
  } catch (const E& error) {
    threw = true;
    BOOST_TEST(std::string_view(error.what()).find(part) != std::string_view::npos,
               "the message \"" << error.what() << "\" lacks \"" << part << "\"");
  } catch (const std::exception& error) {
    BOOST_FAIL("another error than expected: " << error.what());
  }
  BOOST_TEST_REQUIRE(threw, "nothing was thrown, expected an error that says \"" << part << "\"");
}

/// What random_tensor makes.
struct RandomOptions {
  double low = -1, high = 1;
  DType dtype = float64;
  bool requires_grad = false;
};
/// Uniform on [low, high) (integers on [low, high)), the same for the same seed, independent of the library's
/// generator.
Tensor random_tensor(const Shape& shape, std::uint64_t seed, const RandomOptions& options = {});

/// max |a − b| / max(1, |b|), as float64. Infinite when shapes differ, when only one is NaN, or for unequal infinities.
double max_relative_error(const Tensor& a, const Tensor& b);
/// The same for a list of expected values.
double max_relative_error(const Tensor& a, const std::vector<double>& expected);

/// True when shape, dtype and the bits of every element agree (so −0 differs from 0, and NaN equals itself).
bool same_bits(const Tensor& a, const Tensor& b);
/// The elements' bytes in row-major order.
std::string bytes_of(const Tensor& t);

/// Sets the number of threads, and back when the scope ends.
class ThreadsGuard {
 public:
  explicit ThreadsGuard(int n) : before_(get_num_threads()) { set_num_threads(n); }
  ~ThreadsGuard() { set_num_threads(before_); }
  ThreadsGuard(const ThreadsGuard&) = delete;
  ThreadsGuard& operator=(const ThreadsGuard&) = delete;

 private:
  int before_;
};

}  // namespace descent::testing
