#include "../../kernels/ctc.h"

#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;

namespace {

using Floats = std::tuple<float, double>;
using Labels = std::vector<std::int64_t>;
constexpr std::int64_t kSteps = 5, kSamples = 4, kClasses = 3, kWidth = 3;

/// The labels of a path: repeats joined, then blanks removed.
Labels collapsed(const Labels& path, std::int64_t blank) {
  Labels labels;
  for (std::size_t t = 0; t < path.size(); ++t) {
    if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) labels.push_back(path[t]);
  }
  return labels;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(ctc)

/// Against the sum over all paths.
BOOST_AUTO_TEST_CASE_TEMPLATE(every_path_counts_once, T, Floats) {
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-13;
  const Labels targets = {1, 2, 2, 1, 1, 0, 2, 0, 0, 1, 2, 1}, lengths = {3, 2, 0, 3}, inputs = {5, 4, 3, 2};
  const std::int64_t blank = 0;
  std::vector<T> log_probs(static_cast<std::size_t>(kSteps * kSamples * kClasses));
  for (std::size_t i = 0; i < log_probs.size(); ++i) {
    log_probs[i] = static_cast<T>(-1.5 + noise(static_cast<std::int64_t>(i), 3));
  }
  log_probs[static_cast<std::size_t>((1 * kSamples + 0) * kClasses + 1)] = -std::numeric_limits<T>::infinity();
  const kn::Ctc batch{.dtype = dtype_of<T>(),
                      .steps = kSteps,
                      .samples = kSamples,
                      .classes = kClasses,
                      .width = kWidth,
                      .log_probs = log_probs.data(),
                      .targets = targets.data(),
                      .input_lengths = inputs.data(),
                      .target_lengths = lengths.data(),
                      .blank = blank};
  std::vector<double> alpha(static_cast<std::size_t>(kSamples * kSteps * (2 * kWidth + 1)));
  std::vector<T> nll(kSamples), g = {T(1), T(-2), T(0.5), T(3)}, out(log_probs.size(), T(99));
  kn::ctc_alpha(batch, alpha.data(), nll.data());
  kn::ctc_grad(batch, alpha.data(), g.data(), out.data());

  for (std::int64_t n = 0; n < kSamples; ++n) {
    const auto i = static_cast<std::size_t>(n);
    const Labels wanted(targets.begin() + n * kWidth, targets.begin() + n * kWidth + lengths[i]);
    double total = 0;
    std::vector<double> used(static_cast<std::size_t>(kSteps * kClasses));
    Labels path(static_cast<std::size_t>(inputs[i]));
    for (bool more = true; more;) {
      if (collapsed(path, blank) == wanted) {
        double p = 1;
        for (std::size_t t = 0; t < path.size(); ++t) {
          const std::int64_t at = (static_cast<std::int64_t>(t) * kSamples + n) * kClasses + path[t];
          p *= std::exp(static_cast<double>(log_probs[static_cast<std::size_t>(at)]));
        }
        total += p;
        for (std::size_t t = 0; t < path.size(); ++t) used[t * kClasses + static_cast<std::size_t>(path[t])] += p;
      }
      std::size_t t = 0;  // the next path
      while (t < path.size() && ++path[t] == kClasses) path[t++] = 0;
      more = t < path.size();
    }
    if (total == 0)
      BOOST_TEST(nll[i] == std::numeric_limits<T>::infinity());
    else
      BOOST_TEST(std::abs(nll[i] + std::log(total)) < tolerance);
    for (std::int64_t t = 0; t < kSteps; ++t) {
      for (std::int64_t c = 0; c < kClasses; ++c) {
        const double expected =
            total == 0 ? 0 : -static_cast<double>(g[i]) * used[static_cast<std::size_t>(t * kClasses + c)] / total;
        const double found = out[static_cast<std::size_t>((t * kSamples + n) * kClasses + c)];
        BOOST_TEST(std::abs(found - expected) < tolerance, "sample " << n << " step " << t << " class " << c);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
