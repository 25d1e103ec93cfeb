#include <cmath>
#include <numbers>
#include <numeric>

#include "../fixture.h"
#include "optim/basin_hopping.h"
#include "optim/cmaes.h"
#include "optim/multi_start.h"
#include "optim/optimizer.h"
#include "optim/search-inl.h"
#include "optim/simulated_annealing.h"

using namespace descent;
using namespace descent::optim;
using descent::testing::require_throws;
using descent::testing::same_bits;

namespace {

Tensor start(const std::vector<double>& values) { return from_vector(values); }

// The usual test functions; all have the least value 0 but for sphere_at, which has 1.
Tensor sphere_at(const Tensor& x) {
  const Tensor at = from_vector(std::vector<double>{0.5, -1.5, 2});
  return (x - at).square().sum() + 1;
}
Tensor rosenbrock(const Tensor& x) { return 100 * (x[1] - x[0].square()).square() + (1 - x[0]).square(); }
Tensor himmelblau(const Tensor& x) {
  return (x[0].square() + x[1] - 11).square() + (x[0] + x[1].square() - 7).square();
}
Tensor rastrigin(const Tensor& x) { return (x.square() - 10 * cos(2 * std::numbers::pi * x) + 10).sum(); }
Tensor ackley(const Tensor& x) {
  return -20 * exp(-0.2 * sqrt(x.square().mean() + 1e-30)) - exp(cos(2 * std::numbers::pi * x).mean()) + 20 +
         std::numbers::e;
}
/// A minimum that lies outside of [0, 1]²; inside the least value is at (1, 0).
Tensor leaning(const Tensor& x) { return (x[0] - 3).square() + (x[1] + 2 + 0.5 * x[0]).square(); }

double at(const SearchResult& r, std::int64_t i) { return r.x[i].item<double>(); }
double distance(const SearchResult& r, const std::vector<double>& to) {
  return (r.x - from_vector(to)).norm().item<double>();
}

/// All four searches with few evaluations, from x0 or within [−4, 4]².
std::vector<SearchResult> all_searches(const Objective& f, std::uint64_t seed, std::int64_t max_evaluations = 300) {
  const Tensor x0 = start({2, -3});
  return {
      multi_start(f, {-4, -4}, {4, 4}, {.starts = 4, .max_evaluations = max_evaluations, .seed = seed}),
      basin_hopping(f, x0, {.niter = 40, .max_evaluations = max_evaluations, .seed = seed}),
      simulated_annealing(f, x0, {.max_evaluations = max_evaluations, .seed = seed}),
      cmaes(f, x0, {.max_evaluations = max_evaluations, .seed = seed}),
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(search)

BOOST_AUTO_TEST_CASE(multi_start_finds_global_minima) {
  const SearchResult r = multi_start(rastrigin, {-3, -3}, {3, 3}, {.starts = 80, .seed = 1});
  BOOST_TEST(r.value < 1e-10);
  BOOST_TEST(distance(r, {0, 0}) < 1e-6);
  BOOST_TEST(r.converged);
  BOOST_TEST(r.reason == "starts");
  BOOST_TEST(rastrigin(r.x).item<double>() == r.value);
  BOOST_TEST(multi_start(himmelblau, {-5, -5}, {5, 5}, {.starts = 4}).value < 1e-12);
  BOOST_TEST(distance(multi_start(rosenbrock, {-2, -2}, {2, 2}, {.starts = 3}), {1, 1}) < 1e-5);
  BOOST_TEST(distance(multi_start(sphere_at, {-3, -3, -3}, {3, 3, 3}, {.starts = 1}), {0.5, -1.5, 2}) < 1e-6);
}

BOOST_AUTO_TEST_CASE(any_optimizer_descends) {
  for (const char* name : {"SGD", "adam", "RMSprop", "Rprop"}) {
    const double rate = name == std::string("SGD") ? 0.1 : 0.05;
    const SearchResult r =
        multi_start(sphere_at, {-3, -3, -3}, {3, 3, 3},
                    {.starts = 2, .optimizer = name, .options = {{"lr", rate}}, .max_steps = 150, .target = 1 + 1e-3});
    BOOST_TEST(r.value <= 1 + 1e-3, name);
    BOOST_TEST(r.reason == "target", name);
    BOOST_TEST(r.converged, name);
  }
}

BOOST_AUTO_TEST_CASE(bounds_hold_everywhere) {
  const std::vector<double> lower{0, 0}, upper{1, 1};
  const Objective inside = [](const Tensor& x) {
    const std::vector<double> v = x.to_vector<double>();
    BOOST_TEST_REQUIRE((v[0] >= 0 && v[0] <= 1 && v[1] >= 0 && v[1] <= 1));
    return leaning(x);
  };
  const Tensor x0 = start({0.2, 0.9});
  const std::vector<SearchResult> all{
      multi_start(inside, lower, upper, {.starts = 3}),
      multi_start(inside, lower, upper, {.starts = 2, .optimizer = "adam", .options = {{"lr", 0.05}}}),
      basin_hopping(inside, x0, {.niter = 5, .lower = lower, .upper = upper}),
      simulated_annealing(inside, x0, {.lower = lower, .upper = upper, .max_evaluations = 10000}),
      cmaes(inside, x0, {.sigma = 0.3, .lower = lower, .upper = upper}),
  };
  for (const SearchResult& r : all) {
    BOOST_TEST(distance(r, {1, 0}) < 1e-3);
    BOOST_TEST(r.value == 10.25, boost::test_tools::tolerance(1e-3));
  }
  BOOST_TEST(all[0].converged);
  BOOST_TEST(at(all[0], 0) == 1);
  BOOST_TEST(at(all[0], 1) == 0);
  // Along a bound the other elements still go to their minimum, as fast as without it.
  const Objective edge = [](const Tensor& x) {
    return 100 * (x[0] - 3).square() + (x[1] - 0.3).square() + 30 * (x[2] - 0.2 - x[1]).square();
  };
  const SearchResult r = multi_start(edge, {0, 0, 0}, {1, 1, 1}, {.starts = 1});
  BOOST_TEST(distance(r, {1, 0.3, 0.5}) < 1e-6);
  BOOST_TEST(r.evaluations < 30);
}

BOOST_AUTO_TEST_CASE(basin_hopping_leaves_local_minima) {
  const Tensor x0 = start({3, -2});  // near a local minimum of value 13
  const SearchResult stuck = basin_hopping(rastrigin, x0, {.niter = 0});
  BOOST_TEST(stuck.value > 10);
  BOOST_TEST(stuck.reason == "niter");
  const SearchResult r = basin_hopping(rastrigin, x0, {.niter = 200, .stepsize = 0.8, .target = 1e-9});
  BOOST_TEST(r.value < 1e-9);
  BOOST_TEST(r.reason == "target");
  const SearchResult a = basin_hopping(ackley, start({2, 2}), {.niter = 100, .stepsize = 1, .niter_success = 25});
  BOOST_TEST(a.value < 1e-6);
  BOOST_TEST(a.reason == "niter_success");
  BOOST_TEST(a.converged);
}

BOOST_AUTO_TEST_CASE(annealing_needs_no_gradient) {
  const Objective steps = [](const Tensor& x) {
    BOOST_TEST_REQUIRE(!x.requires_grad());
    return tensor(std::abs(std::round(4 * x[0].item<double>()) - 6) + std::abs(x[1].item<double>()),
                  {.dtype = float64});
  };
  const SearchResult r = simulated_annealing(steps, start({-3, 2}), {.tolerance = 1e-4});
  BOOST_TEST(r.value < 1e-3);
  BOOST_TEST(r.converged);
  BOOST_TEST(r.reason == "tolerance");
  const SearchResult hills =
      simulated_annealing(rastrigin, start({4, -4}), {.lower = {-5, -5}, .upper = {5, 5}, .target = 1e-4, .seed = 3});
  BOOST_TEST(hills.value <= 1e-4);
  BOOST_TEST(hills.reason == "target");
}

BOOST_AUTO_TEST_CASE(cmaes_converges) {
  const SearchResult s = cmaes(sphere_at, start({0, 0, 0}));
  BOOST_TEST(distance(s, {0.5, -1.5, 2}) < 1e-5);
  BOOST_TEST(s.converged);
  BOOST_TEST(s.evaluations < 1500);
  for (const bool active : {true, false}) {
    const SearchResult r = cmaes(rosenbrock, start({-1.2, 1}), {.active = active, .target = 1e-10});
    BOOST_TEST(r.value <= 1e-10);
    BOOST_TEST(r.evaluations < 1500);
    // An ellipsoid of condition 10⁶ in 8 dimensions needs the covariance: a walk of fixed shape takes far longer.
    const Tensor scale = from_vector(std::vector<double>{1, 7, 50, 350, 2700, 19000, 140000, 1000000});
    const SearchResult e = cmaes([&](const Tensor& x) { return (scale * x.square()).sum(); }, 3 * ones({8}),
                                 {.active = active, .target = 1e-8});
    BOOST_TEST(e.value <= 1e-8);
    BOOST_TEST(e.evaluations < 6000);
  }
  const SearchResult ipop =
      cmaes(rastrigin, start({3.2, -2.9}), {.sigma = 1, .restarts = 6, .max_evaluations = 20000, .target = 1e-8});
  BOOST_TEST(ipop.value <= 1e-8);
}

BOOST_AUTO_TEST_CASE(cmaes_learns_the_shape) {
  // Of a quadratic with Hessian H the covariance becomes a multiple of H⁻¹.
  CMAES search(start({2, 1}), {.tolerance_x = 0, .tolerance_fun = 0, .seed = 4});
  BOOST_TEST(search.population() == 6);
  BOOST_TEST(search.result().value == std::numeric_limits<double>::infinity());
  const Tensor h = from_vector(std::vector<double>{101, 99, 99, 101}, {2, 2});
  for (int g = 0; g < 120; ++g) {
    const Tensor samples = search.ask();
    BOOST_TEST_REQUIRE(same_bits(samples, search.ask()));
    search.tell((samples.matmul(h) * samples).sum(-1).to_vector<double>());
  }
  BOOST_TEST(search.generation() == 120);
  const Tensor c = search.covariance();
  const std::vector<double> v = c.to_vector<double>();
  BOOST_TEST(v[1] / std::sqrt(v[0] * v[3]) == -99.0 / 101, boost::test_tools::tolerance(0.02));
  BOOST_TEST(v[1] == v[2]);
  BOOST_TEST(v[0] / v[3] == 1, boost::test_tools::tolerance(0.7));
  BOOST_TEST(search.mean().norm().item<double>() < 1e-8);
  BOOST_TEST(search.sigma() < 1e-6);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_and_the_library_s_stream_stays) {
  manual_seed(77);
  rand({3});
  const auto state = rng_state();
  const std::vector<SearchResult> a = all_searches(rastrigin, 5), b = all_searches(rastrigin, 5),
                                  c = all_searches(rastrigin, 6);
  BOOST_TEST((rng_state() == state));
  for (std::size_t i = 0; i < a.size(); ++i) {
    BOOST_TEST(same_bits(a[i].x, b[i].x));
    BOOST_TEST(a[i].value == b[i].value);
    BOOST_TEST(a[i].evaluations == b[i].evaluations);
    BOOST_TEST((!same_bits(a[i].x, c[i].x) || a[i].evaluations != c[i].evaluations));
  }
}

BOOST_AUTO_TEST_CASE(budgets_hold) {
  for (const std::int64_t budget : {10, 37, 100}) {
    std::int64_t calls = 0;
    const Objective counted = [&](const Tensor& x) { return ++calls, rastrigin(x); };
    std::int64_t sum = 0;
    for (const SearchResult& r : all_searches(counted, 1, budget)) {
      BOOST_TEST(r.evaluations <= budget);
      BOOST_TEST((r.evaluations == budget || r.reason == "starts" || r.evaluations > budget - 6));
      BOOST_TEST(rastrigin(r.x).item<double>() == r.value);
      sum += r.evaluations;
    }
    BOOST_TEST(sum == calls);
  }
}

BOOST_AUTO_TEST_CASE(values_that_are_not_finite_are_the_worst) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const double bad : {inf, -inf, nan}) {
    const Objective holed = [&](const Tensor& x) {
      return x[0].item<double>() > 1.8 ? bad * x.sum().abs() : x.square().sum() + (x[0] + 1).square();
    };
    for (const SearchResult& r : all_searches(holed, 2, 2000)) {
      BOOST_TEST(std::isfinite(r.value));
      BOOST_TEST(at(r, 0) <= 1.8);
      BOOST_TEST(r.value == 0.5, boost::test_tools::tolerance(1e-3));
    }
    for (const SearchResult& r : all_searches([&](const Tensor& x) { return bad + 0 * x.sum(); }, 2, 200)) {
      BOOST_TEST(r.value == inf);
      BOOST_TEST(!r.converged);
      BOOST_TEST(r.x.numel() == 2);
    }
  }
  // A finite value whose gradient is not.
  const Objective root = [](const Tensor& x) { return sqrt(x.abs()).sum(); };
  BOOST_TEST(multi_start(root, {0, 0}, {0, 0}, {.starts = 2}).value == 0);
}

BOOST_AUTO_TEST_CASE(numbers_of_the_stream) {
  descent::optim::detail::Stream stream(9), same(9);
  std::vector<double> u, z;
  for (int i = 0; i < 4000; ++i) u.push_back(stream.uniform());
  for (int i = 0; i < 4000; ++i) BOOST_TEST_REQUIRE(same.uniform() == u[static_cast<std::size_t>(i)]);
  for (int i = 0; i < 4000; ++i) z.push_back(stream.normal());
  const Tensor a = from_vector(u), b = from_vector(z);
  BOOST_TEST(std::abs(a.mean().item<double>() - 0.5) < 0.02);
  BOOST_TEST(a.min().item<double>() >= 0);
  BOOST_TEST(a.max().item<double>() < 1);
  BOOST_TEST(std::abs(b.mean().item<double>()) < 0.06);
  BOOST_TEST(std::abs(b.square().mean().item<double>() - 1) < 0.1);
  BOOST_TEST(std::abs(b.square().square().mean().item<double>() - 3) < 0.5);
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_named) {
  int calls = 0;
  const Objective f = [&](const Tensor& x) { return ++calls, x.square().sum(); };
  const Tensor x0 = start({1, 2});
  const auto refuses = [](auto&& g, const char* text) { require_throws<std::invalid_argument>(g, text); };
  refuses([&] { multi_start(nullptr, {0}, {1}); }, "multi_start: f must be a function");
  refuses([&] { multi_start(f, {}, {}); }, "multi_start: lower and upper");
  refuses([&] { multi_start(f, {0, 0}, {1}); }, "must have 2 elements each, got 2 and 1");
  refuses([&] { multi_start(f, {2}, {1}); }, "lower <= upper, got 2 and 1 at 0");
  refuses([&] { multi_start(f, {std::nan("")}, {1}); }, "bounds must be finite");
  refuses([&] { multi_start(f, {0}, {1}, {.starts = 0}); }, "starts");
  refuses([&] { multi_start(f, {0}, {1}, {.optimizer = "atom"}); }, "no optimizer named 'atom'");
  refuses([&] { multi_start(f, {0}, {1}, {.options = {{"rate", 1}}}); }, "no option named rate");
  refuses([&] { multi_start(f, {0}, {1}, {.max_steps = 0}); }, "max_steps");
  refuses([&] { multi_start(f, {0}, {1}, {.tolerance_grad = -1}); }, "tolerance_grad");
  refuses([&] { multi_start(f, {0}, {1}, {.max_evaluations = 0}); }, "max_evaluations");
  refuses([&] { multi_start(f, {0}, {1}, {.target = std::nan("")}); }, "target");
  refuses([&] { basin_hopping(f, x0, {.niter = -1}); }, "basin_hopping: niter");
  refuses([&] { basin_hopping(f, x0, {.T = -1}); }, "basin_hopping: T");
  refuses([&] { basin_hopping(f, x0, {.stepsize = 0}); }, "stepsize");
  refuses([&] { basin_hopping(f, x0, {.interval = 0}); }, "interval");
  refuses([&] { basin_hopping(f, x0, {.target_accept_rate = 2}); }, "target_accept_rate");
  refuses([&] { basin_hopping(f, x0, {.stepwise_factor = 1}); }, "stepwise_factor must be in (0, 1), got 1");
  refuses([&] { basin_hopping(f, x0, {.lower = {2, 0}, .upper = {3, 3}}); }, "x0 must lie within the bounds, got 1");
  refuses([&] { simulated_annealing(f, x0, {.T = -1}); }, "simulated_annealing: T");
  refuses([&] { simulated_annealing(f, x0, {.cooling = 1}); }, "cooling must be in (0, 1)");
  refuses([&] { simulated_annealing(f, x0, {.stepsize = 0}); }, "stepsize");
  refuses([&] { simulated_annealing(f, x0, {.lower = {0, 0}}); }, "elements each, got 2 and 0");
  refuses([&] { cmaes(f, x0, {.sigma = 0}); }, "CMAES: sigma");
  refuses([&] { cmaes(f, x0, {.population = 1}); }, "population must be 0 or in [2");
  refuses([&] { cmaes(f, x0, {.max_evaluations = 3}); }, "max_evaluations must cover a generation of 6, got 3");
  refuses([&] { cmaes(f, start({1, std::nan("")})); }, "x0 must be finite, got nan at 1");
  BOOST_TEST(calls == 0);
  require_throws<ShapeError>([&] { cmaes(f, zeros({2, 2})); }, "x0 must be 1-D and not empty, got [2, 2]");
  require_throws<ShapeError>([&] { cmaes(f, Tensor()); }, "x0 must be 1-D, got an undefined tensor");
  require_throws<DTypeError>([&] { cmaes(f, zeros({2}, {.dtype = int64})); }, "x0 must be of a floating type");
  require_throws<ShapeError>([&] { cmaes([](const Tensor& x) { return x; }, x0); }, "one element, got [2]");
  require_throws<ShapeError>([&] { cmaes([](const Tensor&) { return Tensor(); }, x0); }, "got an undefined tensor");
  require_throws<DTypeError>([&] { cmaes([](const Tensor&) { return tensor(1); }, x0); }, "must return a floating");
  require_throws<AutogradError>([&] { basin_hopping([](const Tensor& x) { return x.detach().sum(); }, x0); },
                                "by recorded ops");
  // What f throws passes through, also from within an optimizer's step.
  int count = 0;
  const Objective broken = [&](const Tensor& x) -> Tensor {
    if (++count == 4) throw Error("from f");
    return rosenbrock(x);
  };
  require_throws<Error>([&] { basin_hopping(broken, x0); }, "from f");
  CMAES search(x0);
  require_throws<Error>([&] { search.tell({}); }, "needs ask() before");
  search.ask();
  refuses([&] { search.tell({1, 2}); }, "needs 6 values, got 2");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
