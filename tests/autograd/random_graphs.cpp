// Random graphs of tensors: the tape against forward-mode dual numbers and finite differences. Another base seed every
// run, printed; DESCENT_FUZZ_SEED sets it, DESCENT_FUZZ_GRAPHS the number of graphs. A failing graph prints its own
// seed, which is replayed by DESCENT_FUZZ_SEED=… DESCENT_FUZZ_GRAPHS=1.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "mutant.h"
#include "random_graphs.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(random_graphs)

namespace {

using namespace descent::testing;
using namespace descent::testing::fuzz;

#ifdef DESCENT_SANITIZE
constexpr std::uint64_t kGraphs = 1000;
#else
constexpr std::uint64_t kGraphs = 10000;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// What the graphs of a run were made of.
struct Census {
  std::map<std::string, int> rules;
  std::set<int> dims;
  int mixed = 0, reckless = 0, empty = 0, shared = 0, off_tape = 0;
  void count(const Program& program) {
    mixed += program.mixed;
    reckless += program.reckless;
    bool has_empty = false, has_shared = false, has_off_tape = false;
    for (const Leaf& leaf : program.leaves) {
      dims.insert(leaf.shape.dim());
      has_empty = has_empty || leaf.values.empty();
    }
    std::map<int, int> uses;
    for (const Step& step : program.steps) {
      ++rules[step.rule->name];
      has_off_tape = has_off_tape || step.no_grad || step.rule->traits.constant;
      for (const int i : step.in) has_shared = ++uses[i] > 1 || has_shared;
    }
    empty += has_empty, shared += has_shared, off_tape += has_off_tape;
  }
};

/// Runs the graphs of seeds base, base + 1, …; stops after three that fail.
Census run_graphs(std::uint64_t base, std::uint64_t count, Statistics& statistics) {
  Census census;
  int failures = 0;
  for (std::uint64_t seed = base; seed < base + count && failures < 3; ++seed) {
    const Program program = make_program(seed);
    census.count(program);
    const std::string wrong = check(program, {}, &statistics);
    failures += !wrong.empty();
    BOOST_TEST(wrong.empty(), wrong << program.str() << "\nreplay: DESCENT_FUZZ_GRAPHS=1 DESCENT_FUZZ_SEED=" << seed);
  }
  return census;
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_dual_numbers) {
  std::random_device device;
  const std::uint64_t base = number_from("DESCENT_FUZZ_SEED", std::uint64_t{device()} << 20);
  const std::uint64_t count = number_from("DESCENT_FUZZ_GRAPHS", kGraphs);
  std::printf("random graphs: DESCENT_FUZZ_SEED=%llu DESCENT_FUZZ_GRAPHS=%llu\n", static_cast<unsigned long long>(base),
              static_cast<unsigned long long>(count));
  std::fflush(stdout);
  Statistics statistics;
  run_graphs(base, count, statistics);
  for (const auto& [what, worst] : statistics.worst) {
    BOOST_TEST_MESSAGE(what << ": the largest error is " << worst << " of what is allowed");
  }
}

// The same graphs every time: they contain what they should.
BOOST_AUTO_TEST_CASE(fixed_seeds) {
  constexpr int kCount = 500;
  Statistics statistics;
  const Census census = run_graphs(1, kCount, statistics);
  for (const Rule& rule : all_rules()) BOOST_TEST(census.rules.contains(rule.name), "no graph has " << rule.name);
  BOOST_TEST((census.dims == std::set<int>{0, 1, 2, 3}));
  BOOST_TEST(census.mixed > kCount / 20);
  BOOST_TEST(census.empty > kCount / 100);
  BOOST_TEST(census.shared > kCount * 3 / 4);
  BOOST_TEST(census.off_tape > kCount / 10);
  // Some writes in place are refused, some are harmless.
  BOOST_TEST(statistics.refused > 0);
  BOOST_TEST(statistics.refused < census.reckless / 2);
  for (const char* kind : {"value", "backward", "two backward passes", "grad", "grad, retained", "backward after grad",
                           "finite difference", "second order", "double vjp", "float32"}) {
    BOOST_TEST(statistics.worst.contains(kind), "no graph was checked by: " << kind);
  }
}

// Gradients of zero-size tensors are expanded ones, which are added up in place.
BOOST_AUTO_TEST_CASE(zero_size_gradients_add_up) {
  const Tensor x = zeros({3, 0}, {.requires_grad = true}), y = x * 2.0;
  const Tensor none = zeros({0}, {.dtype = int64});
  (y.sum(Shape{1}) + y.index_select(1, none).sum(Shape{1})).sum().backward();
  BOOST_TEST((x.grad().shape() == Shape{3, 0}));
}

// A rule whose backward pass is wrong by 1 % is noticed: every rule, one at a time.
BOOST_AUTO_TEST_CASE(every_wrong_rule_is_noticed) {
  std::vector<Program> programs;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    programs.push_back(make_program(seed));
    if (programs.back().reckless) programs.pop_back();
  }
  int tried = 0, noticed = 0;
  for (const Rule& rule : all_rules()) {
    if (rule.traits.constant || rule.name == "fill_") continue;  // no gradient
    const Substitute wrong = [&](const Rule& run, const List& in, const Step& step) {
      if (run.name != rule.name || !autograd::grad_enabled()) return run.tape(in, step);
      const auto f = [&run, step](const List& x) {
        List operands = x;
        if (run.traits.in_place) operands[0] = operands[0].clone();
        return run.tape(operands, step);
      };
      return mutant(f, Mutation::Factor)(in);
    };
    bool found = false;
    for (std::size_t k = 0; k < programs.size() && !found; ++k) {
      const bool has = std::any_of(programs[k].steps.begin(), programs[k].steps.end(),
                                   [&](const Step& step) { return step.rule->name == rule.name; });
      if (!has) continue;
      ++tried;
      found = !check(programs[k], wrong).empty();
    }
    noticed += found;
    BOOST_TEST(found, "a wrong backward pass of " << rule.name << " goes unnoticed");
  }
  // Not every graph's loss depends on the rule, but most do.
  BOOST_TEST_MESSAGE(noticed << " wrong rules noticed in " << tried << " graphs");
  BOOST_TEST(tried < 4 * noticed);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
