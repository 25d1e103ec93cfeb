#include "fixture.h"

#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace descent::testing {
namespace {

namespace fs = std::filesystem;

const std::string& temporary_prefix() {
  static const std::string prefix = "descent-test-" + std::to_string(getpid()) + "-";
  return prefix;
}

/// Runs around one test case: first in, last out.
struct AroundCase : boost::unit_test::test_unit_fixture {
  void setup() override {
    manual_seed(20240229);
    before = take_snapshot();
  }
  void teardown() override {
    const std::string changed = differences(before, take_snapshot());
    BOOST_TEST(changed.empty(), "the test left behind: " << changed);
    // One test's slip is not the next one's.
    autograd::set_grad_enabled(before.grad_mode);
    set_num_threads(before.threads);
    std::fesetround(before.rounding);
  }
  Snapshot before;
};

struct Attach : boost::unit_test::test_tree_visitor {
  void visit(const boost::unit_test::test_case& one) override {
    auto& fixtures = boost::unit_test::framework::get(one.p_id, boost::unit_test::TUT_CASE).p_fixtures.value;
    fixtures.insert(fixtures.begin(), boost::unit_test::test_unit_fixture_ptr(new AroundCase));
  }
};

/// Gives every test case of the program its AroundCase before the first one starts.
struct AroundAll {
  AroundAll() {
    Attach attach;
    boost::unit_test::traverse_test_tree(boost::unit_test::framework::master_test_suite(), attach, true);
  }
};
BOOST_TEST_GLOBAL_FIXTURE(AroundAll);

template <class T>
void note(std::string& out, const char* what, const T& before, const T& after) {
  if (before == after) return;
  out += (out.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(before) + " -> " + std::to_string(after);
}

}  // namespace

Snapshot take_snapshot() {
  Snapshot s;
  s.live = autograd::live_counts();
  s.grad_mode = autograd::grad_enabled();
  s.threads = get_num_threads();
  s.rounding = std::fegetround();
#if defined(__x86_64__)
  s.mxcsr = _mm_getcsr() & ~0x3fu;
#endif
  for ([[maybe_unused]] const auto& file : fs::directory_iterator("/proc/self/fd")) ++s.open_files;
  std::error_code unreadable;
  for (const auto& file : fs::directory_iterator(fs::temp_directory_path(), unreadable)) {
    if (file.path().filename().string().starts_with(temporary_prefix())) ++s.temporary_files;
  }
  return s;
}

std::string differences(const Snapshot& before, const Snapshot& after) {
  std::string out;
  note(out, "tensors", before.live.tensors, after.live.tensors);
  note(out, "storages", before.live.storages, after.live.storages);
  note(out, "graph nodes", before.live.nodes, after.live.nodes);
  note(out, "grad mode", before.grad_mode, after.grad_mode);
  note(out, "threads", before.threads, after.threads);
  note(out, "rounding mode", before.rounding, after.rounding);
  note(out, "MXCSR", before.mxcsr, after.mxcsr);
  note(out, "open files", before.open_files, after.open_files);
  note(out, "temporary files", before.temporary_files, after.temporary_files);
  return out;
}

TempDir::TempDir() {
  std::string name = (fs::temp_directory_path() / (temporary_prefix() + "XXXXXX")).string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder " + name);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Tensor random_tensor(const Shape& shape, std::uint64_t seed, const RandomOptions& options) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (double& value : values) {  // splitmix64
    std::uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    const double unit = static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
    value = options.low + (options.high - options.low) * unit;
    if (!is_floating_point(options.dtype)) value = std::floor(value);
  }
  return from_vector(values, shape).to(options.dtype).requires_grad_(options.requires_grad);
}

namespace {

double relative_error(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0 : std::numeric_limits<double>::infinity();
  if (a == b) return 0;
  if (std::isinf(a) || std::isinf(b)) return std::numeric_limits<double>::infinity();
  return std::abs(a - b) / std::max(1.0, std::abs(b));
}

}  // namespace

double max_relative_error(const Tensor& a, const std::vector<double>& expected) {
  const std::vector<double> values = a.to_vector<double>();
  if (values.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) worst = std::max(worst, relative_error(values[i], expected[i]));
  return worst;
}

double max_relative_error(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined() || !(a.shape() == b.shape())) return std::numeric_limits<double>::infinity();
  return max_relative_error(a, b.to_vector<double>());
}

std::string bytes_of(const Tensor& t) {
  return kernels::dispatch(t.dtype(), [&]<class T>() {
    const Tensor row_major = t.detach().contiguous();
    return std::string(reinterpret_cast<const char*>(std::as_const(row_major).data<T>()),
                       static_cast<std::size_t>(t.numel()) * sizeof(T));
  });
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.shape() == b.shape() && a.dtype() == b.dtype() && bytes_of(a) == bytes_of(b);
}

}  // namespace descent::testing
