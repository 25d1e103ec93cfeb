// Hogwild: threads on shared parameters.
#include <stdexcept>

#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(hogwild)
namespace {

/// Row `step` mod 16 of a consistent least-squares problem with sparse rows; the solution is 1, −2, 3, ….
Tensor row_loss(const std::vector<Tensor>& p, std::int64_t step) {
  const std::int64_t i = step % 16, j = (5 * i + 3) % 16;
  const auto solution = [](std::int64_t k) { return static_cast<double>(k % 2 ? -k - 1 : k + 1) / 4; };
  return 0.5 * (p[0][i] + 0.5 * p[0][j] - (solution(i) + 0.5 * solution(j))).square();
}

double full_loss(const Tensor& p) {
  double sum = 0;
  for (std::int64_t i = 0; i < 16; ++i) sum += row_loss({p.detach()}, i).item<double>();
  return sum;
}

BOOST_AUTO_TEST_CASE(one_worker_is_sgd) {
  const Tensor p = zeros({16}, {.dtype = float32, .requires_grad = true}),
               q = zeros({16}, {.dtype = float32, .requires_grad = true});
  const auto loss = [](const std::vector<Tensor>& x, std::int64_t step) {
    return (x[0] - static_cast<double>(step % 3)).square().mean();
  };
  for (const bool simulate : {false, true}) {
    o::Hogwild hogwild({p}, {.lr = 0.3, .workers = 1, .simulate = simulate});
    o::SGD sgd({q}, {.lr = 0.3});
    const o::HogwildReport report = hogwild.run(10, loss);
    for (int t = 0; t < 10; ++t) {
      sgd.zero_grad();
      loss({q}, t).backward();
      sgd.step();
    }
    BOOST_TEST(same_bits(p.detach(), q.detach()));
    BOOST_TEST(report.updates == 10);
    BOOST_TEST(report.max_staleness == 0);
    BOOST_TEST(report.losses.size() == 10u);
    BOOST_TEST(!p.grad().defined());
  }
}

BOOST_AUTO_TEST_CASE(threads_reach_the_minimum) {
  for (const DType dtype : {float32, float64}) {
    const Tensor p = zeros({16}, {.dtype = dtype, .requires_grad = true});
    const Tensor frozen = ones({2}, {.dtype = dtype});
    const double before = full_loss(p);
    o::Hogwild hogwild({p, frozen}, {.lr = 0.5, .workers = 4});
    for (int round = 0; round < 30; ++round) {  // a worker that sleeps on a gradient wakes before the next round
      const o::HogwildReport report = hogwild.run(160, row_loss);
      BOOST_TEST(report.updates == 160);
      BOOST_TEST(report.mean_staleness <= static_cast<double>(report.max_staleness));
      BOOST_TEST(report.max_staleness < 160);
    }
    BOOST_TEST(hogwild.updates() == 4800);
    BOOST_TEST(full_loss(p) < 1e-4 * before);
    BOOST_TEST(max_relative_error(frozen, ones({2}, {.dtype = dtype})) == 0);
  }
}

BOOST_AUTO_TEST_CASE(no_update_is_lost) {
  // Every step adds lr·1 to the same elements: the sum is exact in float64.
  const Tensor p = zeros({3}, {.dtype = float64, .requires_grad = true});
  o::Hogwild hogwild({p}, {.lr = 0.25, .workers = 4});
  hogwild.run(2000, [](const std::vector<Tensor>& x, std::int64_t) { return x[0].sum() * -1.0; });
  BOOST_TEST(max_relative_error(p.detach(), {500, 500, 500}) == 0);
}

BOOST_AUTO_TEST_CASE(simulated_runs_repeat_and_are_stale) {
  const auto run = [](std::int64_t seed, std::int64_t workers) {
    const Tensor p = zeros({16}, {.dtype = float64, .requires_grad = true});
    o::Hogwild hogwild({p}, {.lr = 0.3, .workers = workers, .simulate = true, .seed = seed});
    const o::HogwildReport report = hogwild.run(100, row_loss);
    return std::pair(p.detach(), report);
  };
  const auto [p, report] = run(1, 4);
  BOOST_TEST(same_bits(p, run(1, 4).first));
  BOOST_TEST(!same_bits(p, run(2, 4).first));
  BOOST_TEST(!same_bits(p, run(1, 3).first));
  BOOST_TEST(report.max_staleness >= 3);
  BOOST_TEST(report.mean_staleness > 2);
  BOOST_TEST(report.mean_staleness < 3.01);  // 4 workers in turn: 3 updates of others in between
}

BOOST_AUTO_TEST_CASE(a_loaded_simulation_continues_to_the_same_bits) {
  const Tensor p = zeros({16}, {.dtype = float64, .requires_grad = true});
  o::Hogwild whole({p}, {.lr = 0.3, .workers = 3, .simulate = true, .seed = 5});
  whole.run(50, row_loss);
  const StateDict state = whole.state_dict();
  const Tensor q = p.detach().clone().requires_grad_();
  o::Hogwild resumed({q}, {.lr = 0.1});
  resumed.load_state_dict(state);
  whole.run(50, row_loss);
  resumed.run(50, row_loss);
  BOOST_TEST(same_bits(p.detach(), q.detach()));
  StateDict less = state;
  less.erase("updates");
  require_throws<Error>([&] { resumed.load_state_dict(less); }, "Hogwild: load_state_dict: 'updates' is missing");
  StateDict more = state;
  more["junk"] = ones({1});
  require_throws<Error>([&] { resumed.load_state_dict(more); }, "'junk' is unexpected");
  BOOST_TEST(resumed.updates() == 100);
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor p = leaf({1, 2});
  for (const bool simulate : {false, true}) {
    o::Hogwild hogwild({p}, {.workers = 3, .simulate = simulate});
    require_throws<std::runtime_error>(
        [&] {
          hogwild.run(100, [](const std::vector<Tensor>& x, std::int64_t step) -> Tensor {
            if (step == 7) throw std::runtime_error("no batch 7");
            return x[0].sum();
          });
        },
        "no batch 7");
    require_throws<ShapeError>([&] { hogwild.run(5, [](const std::vector<Tensor>& x, std::int64_t) { return x[0]; }); },
                               "Hogwild: the loss must have one element, got [2]");
    require_throws<std::invalid_argument>([&] { hogwild.run(-1, row_loss); }, "steps must be at least 0");
    require_throws<std::invalid_argument>([&] { hogwild.run(1, nullptr); }, "loss must be a function");
    BOOST_TEST(hogwild.run(0, row_loss).updates == 0);
  }
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([] { o::Hogwild({}); }, "Hogwild: the list of parameters must not be empty");
  refuse([] { o::Hogwild({Tensor()}); }, "parameter 0 must be defined");
  refuse([&] { o::Hogwild({p, p}); }, "must be given once");
  refuse([&] { o::Hogwild({p * 2.0}); }, "must be a leaf");
  refuse([&] { o::Hogwild({zeros({2, 3}).transpose(0, 1)}); }, "must be contiguous");
  refuse([&] { o::Hogwild({zeros({2}, {.dtype = int64})}); }, "must be float32 or float64");
  refuse([&] { o::Hogwild({p}, {.workers = 0}); }, "Hogwild: workers");
  refuse([&] { o::Hogwild({p}, {.lr = -1}); }, "Hogwild: lr");
  o::Hogwild hogwild({p});
  refuse([&] { hogwild.set_lr(-1); }, "Hogwild: lr");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
