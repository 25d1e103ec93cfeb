// The rates and momenta that schedules set for two param groups: PyTorch's to the last bit, also through a saved state
// (tests/reference/optim_schedules.py).
#include <cmath>
#include <map>

#include "../fixture.h"
#include "../table.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

/// Schedules of one case; the last one is stepped.
struct Run {
  std::vector<std::unique_ptr<o::Scheduler>> all;

  template <class S, class Options>
  o::Scheduler* add(o::Optimizer& opt, const Options& options) {
    all.push_back(std::make_unique<S>(opt, options));
    return all.back().get();
  }
  void step(double metric) {
    if (auto* plateau = dynamic_cast<o::ReduceLROnPlateau*>(all.back().get()))
      plateau->step(metric);
    else
      all.back()->step();
  }
};
using Make = std::function<Run(o::Optimizer&)>;

template <class S, class Options>
Make one(Options options) {
  return [options](o::Optimizer& opt) {
    Run run;
    run.add<S>(opt, options);
    return run;
  };
}

using Part = std::function<o::Scheduler*(Run&, o::Optimizer&)>;
template <class S, class Options>
Part part(Options options) {
  return [options](Run& run, o::Optimizer& opt) { return run.add<S>(opt, options); };
}

Make sequence(std::vector<Part> parts, std::vector<std::int64_t> milestones) {
  return [=](o::Optimizer& opt) {
    Run run;
    std::vector<o::Scheduler*> schedulers;
    for (const Part& p : parts) schedulers.push_back(p(run, opt));
    run.add<o::SequentialLR>(opt, o::SequentialLROptions{.schedulers = schedulers, .milestones = milestones});
    return run;
  };
}

Make chain(std::vector<Part> parts) {
  return [=](o::Optimizer& opt) {
    Run run;
    std::vector<o::Scheduler*> schedulers;
    for (const Part& p : parts) schedulers.push_back(p(run, opt));
    run.all.push_back(std::make_unique<o::ChainedScheduler>(schedulers));
    return run;
  };
}

double decay95(std::int64_t e) { return std::pow(0.95, static_cast<double>(e)); }
double harmonic(std::int64_t e) { return 1 / (1 + static_cast<double>(e)); }
double constant90(std::int64_t) { return 0.9; }
double constant95(std::int64_t) { return 0.95; }
double falling(double x) { return 1 / (1 + 0.1 * x); }

std::map<std::string, Make> cases() {
  using namespace o;
  using Steps = MultiStepLROptions;
  using Linear = LinearLROptions;
  using Restarts = CosineAnnealingWarmRestartsOptions;
  using Lambda = LambdaLROptions;
  using Cyclic = CyclicLROptions;
  using OneCycle = OneCycleLROptions;
  using Plateau = ReduceLROnPlateauOptions;
  using Wsd = WarmupStableDecayLROptions;
  using Constant = ConstantLROptions;
  return {
      {"multi_step", one<MultiStepLR>(Steps{.milestones = {3, 8, 8, 30}, .gamma = 0.5})},
      {"multi_step_unsorted", one<MultiStepLR>(Steps{.milestones = {20, 0, 4}})},
      {"multi_step_resumed", one<MultiStepLR>(Steps{.milestones = {3, 8}, .gamma = 0.5, .last_epoch = 4})},
      {"constant", one<ConstantLR>(Constant{})},
      {"constant_7", one<ConstantLR>(Constant{.factor = 0.3, .total_iters = 7})},
      {"constant_resumed", one<ConstantLR>(Constant{.factor = 0.3, .total_iters = 7, .last_epoch = 4})},
      {"linear", one<LinearLR>(Linear{})},
      {"linear_down", one<LinearLR>(Linear{.start_factor = 1, .end_factor = 0, .total_iters = 30})},
      {"linear_up", one<LinearLR>(Linear{.start_factor = 1e-3, .end_factor = 0.9, .total_iters = 12})},
      {"linear_resumed", one<LinearLR>(Linear{.start_factor = 0.1, .total_iters = 12, .last_epoch = 4})},
      {"exponential", one<ExponentialLR>(ExponentialLROptions{.gamma = 0.93})},
      {"exponential_resumed", one<ExponentialLR>(ExponentialLROptions{.gamma = 0.93, .last_epoch = 4})},
      {"polynomial", one<PolynomialLR>(PolynomialLROptions{})},
      {"polynomial_2", one<PolynomialLR>(PolynomialLROptions{.total_iters = 25, .power = 2.5})},
      {"polynomial_resumed", one<PolynomialLR>(PolynomialLROptions{.total_iters = 25, .power = 2, .last_epoch = 4})},
      {"warm_restarts", one<CosineAnnealingWarmRestarts>(Restarts{.T_0 = 7})},
      {"warm_restarts_3", one<CosineAnnealingWarmRestarts>(Restarts{.T_0 = 3, .T_mult = 3, .eta_min = 1e-3})},
      {"warm_restarts_resumed",
       one<CosineAnnealingWarmRestarts>(Restarts{.T_0 = 5, .T_mult = 2, .eta_min = 1e-3, .last_epoch = 3})},
      {"lambda", one<LambdaLR>(Lambda{.lr_lambda = decay95})},
      {"lambda_each", one<LambdaLR>(Lambda{.lr_lambda = {decay95, harmonic}})},
      {"lambda_resumed", one<LambdaLR>(Lambda{.lr_lambda = decay95, .last_epoch = 4})},
      {"multiplicative", one<MultiplicativeLR>(MultiplicativeLROptions{.lr_lambda = harmonic})},
      {"multiplicative_each", one<MultiplicativeLR>(MultiplicativeLROptions{.lr_lambda = {harmonic, constant90}})},
      {"cyclic", one<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 5})},
      {"cyclic_down", one<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 4, .step_size_down = 9})},
      {"cyclic_saw", one<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 4, .step_size_down = 0})},
      {"cyclic_triangular2",
       one<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 5, .mode = "triangular2"})},
      {"cyclic_exp_range", one<CyclicLR>(Cyclic{.base_lr = 0.01,
                                                .max_lr = 0.5,
                                                .step_size_up = 5,
                                                .step_size_down = 3,
                                                .mode = "exp_range",
                                                .gamma = 0.97})},
      {"cyclic_scale_fn",
       one<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 5, .scale_fn = falling})},
      {"cyclic_iterations",
       one<CyclicLR>(
           Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 5, .scale_fn = falling, .scale_mode = "iterations"})},
      {"cyclic_each", one<CyclicLR>(Cyclic{.base_lr = {0.01, 0.02},
                                           .max_lr = {0.5, 0.3},
                                           .step_size_up = 6,
                                           .base_momentum = {0.7, 0.75},
                                           .max_momentum = {0.8, 0.95}})},
      {"cyclic_no_momentum",
       one<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 5, .cycle_momentum = false})},
      {"one_cycle", one<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 40})},
      {"one_cycle_adam", one<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 41})},
      {"one_cycle_epochs", one<OneCycleLR>(OneCycle{.max_lr = 0.5,
                                                    .epochs = 9,
                                                    .steps_per_epoch = 5,
                                                    .pct_start = 0.2,
                                                    .div_factor = 10,
                                                    .final_div_factor = 100})},
      {"one_cycle_linear", one<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 41, .anneal_strategy = "linear"})},
      {"one_cycle_three", one<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 41, .three_phase = true})},
      {"one_cycle_three_adam", one<OneCycleLR>(OneCycle{.max_lr = {1.0, 0.2},
                                                        .total_steps = 41,
                                                        .anneal_strategy = "linear",
                                                        .base_momentum = {0.8, 0.7},
                                                        .max_momentum = {0.9, 0.85},
                                                        .three_phase = true})},
      {"one_cycle_at_once", one<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 41, .pct_start = 0})},
      {"one_cycle_no_momentum", one<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 41, .cycle_momentum = false})},
      {"plateau", one<ReduceLROnPlateau>(Plateau{.patience = 2})},
      {"plateau_cooldown",
       one<ReduceLROnPlateau>(Plateau{.factor = 0.7, .patience = 1, .cooldown = 3, .min_lr = {0.1, 0.01}})},
      {"plateau_max", one<ReduceLROnPlateau>(Plateau{.mode = "max", .factor = 0.8, .patience = 3, .threshold = 0.01})},
      {"plateau_abs",
       one<ReduceLROnPlateau>(Plateau{.factor = 0.5, .patience = 0, .threshold = 0.05, .threshold_mode = "abs"})},
      {"plateau_max_abs",
       one<ReduceLROnPlateau>(
           Plateau{.mode = "max", .factor = 0.9, .patience = 1, .threshold = 0.01, .threshold_mode = "abs"})},
      {"plateau_eps", one<ReduceLROnPlateau>(Plateau{.factor = 0.5, .patience = 0, .eps = 0.02})},
      {"sequential_warmup_cosine",
       sequence({part<LinearLR>(Linear{.start_factor = 0.1, .total_iters = 5}),
                 part<CosineAnnealingLR>(CosineAnnealingLROptions{.T_max = 20, .eta_min = 1e-3})},
                {5})},
      {"sequential_three", sequence({part<ConstantLR>(Constant{.factor = 0.1, .total_iters = 3}),
                                     part<ExponentialLR>(ExponentialLROptions{.gamma = 0.9}),
                                     part<StepLR>(StepLROptions{.step_size = 4, .gamma = 0.5})},
                                    {3, 12})},
      {"sequential_multiplicative",
       sequence({part<LinearLR>(Linear{.start_factor = 0.1, .end_factor = 0.5, .total_iters = 4}),
                 part<MultiplicativeLR>(MultiplicativeLROptions{.lr_lambda = constant95})},
                {6})},
      {"sequential_warm_restarts", sequence({part<LinearLR>(Linear{.start_factor = 0.1, .total_iters = 4}),
                                             part<CosineAnnealingWarmRestarts>(Restarts{.T_0 = 6, .T_mult = 2})},
                                            {4})},
      {"sequential_polynomial", sequence({part<ConstantLR>(Constant{.factor = 0.5, .total_iters = 4}),
                                          part<PolynomialLR>(PolynomialLROptions{.total_iters = 20, .power = 2}),
                                          part<LinearLR>(Linear{.start_factor = 0.5, .total_iters = 5})},
                                         {4, 30})},
      {"sequential_multi_step", sequence({part<LambdaLR>(Lambda{.lr_lambda = decay95}),
                                          part<MultiStepLR>(Steps{.milestones = {0, 3, 9}, .gamma = 0.5}),
                                          part<LambdaLR>(Lambda{.lr_lambda = harmonic})},
                                         {10, 25})},
      {"sequential_one_cycle", sequence({part<ConstantLR>(Constant{.factor = 0.1, .total_iters = 10}),
                                         part<OneCycleLR>(OneCycle{.max_lr = 1.0, .total_steps = 40})},
                                        {6})},
      {"sequential_cyclic", sequence({part<CyclicLR>(Cyclic{.base_lr = 0.01, .max_lr = 0.5, .step_size_up = 3}),
                                      part<ConstantLR>(Constant{.factor = 0.1, .total_iters = 5})},
                                     {13})},
      {"chained", chain({part<ConstantLR>(Constant{.factor = 0.1, .total_iters = 2}),
                         part<ExponentialLR>(ExponentialLROptions{.gamma = 0.9})})},
      {"chained_three", chain({part<CosineAnnealingLR>(CosineAnnealingLROptions{.T_max = 12, .eta_min = 1e-3}),
                               part<LinearLR>(Linear{.start_factor = 0.2, .total_iters = 6}),
                               part<MultiStepLR>(Steps{.milestones = {7, 21}, .gamma = 0.7})})},
      {"inverse_sqrt", one<InverseSqrtLR>(InverseSqrtLROptions{.warmup_steps = 8})},
      {"inverse_sqrt_1", one<InverseSqrtLR>(InverseSqrtLROptions{.warmup_steps = 1})},
      {"wsd", one<WarmupStableDecayLR>(Wsd{.warmup_steps = 5, .stable_steps = 20, .decay_steps = 10})},
      {"wsd_cosine",
       one<WarmupStableDecayLR>(
           Wsd{.warmup_steps = 5, .stable_steps = 10, .decay_steps = 20, .decay_type = "cosine", .min_lr_ratio = 0.1})},
      {"wsd_sqrt", one<WarmupStableDecayLR>(
                       Wsd{.stable_steps = 10, .decay_steps = 20, .decay_type = "sqrt", .min_lr_ratio = 0.01})},
      {"wsd_exponential", one<WarmupStableDecayLR>(Wsd{
                              .warmup_steps = 5, .decay_steps = 20, .decay_type = "exponential", .min_lr_ratio = 0.1})},
  };
}

std::unique_ptr<o::Optimizer> make_optimizer(const std::string& name) {
  std::unique_ptr<o::Optimizer> opt;
  if (name.ends_with("adam")) {
    const auto slower = [](o::AdamOptions& x) { x.lr = 0.05; };
    opt = std::make_unique<o::Adam>(
        std::vector<o::Group<o::AdamOptions>>{{.params = {leaf({1})}}, {.params = {leaf({1})}, .change = slower}},
        o::AdamOptions{.lr = 0.3});
  } else {
    const auto slower = [](o::SGDOptions& x) { x.lr = 0.05; };
    opt = std::make_unique<o::SGD>(
        std::vector<o::Group<o::SGDOptions>>{{.params = {leaf({1})}}, {.params = {leaf({1})}, .change = slower}},
        o::SGDOptions{.lr = 0.3, .momentum = 0.6});
  }
  if (name.ends_with("resumed")) {
    for (auto& group : opt->param_groups()) group.initial_lr = 0.7;
  }
  return opt;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(more_schedules_are_pytorchs) {
  const StateDict table = read_table("optim/more_schedules.txt");
  const std::map<std::string, Make> all = cases();
  BOOST_TEST(table.size() == all.size() + 1);
  const std::vector<double> metrics = table.at("metrics").to_vector<double>();
  for (const auto& [name, make] : all) {
    const std::vector<double> expected = table.at(name).to_vector<double>();
    const std::size_t epochs = static_cast<std::size_t>(table.at(name).size(2));
    for (const std::size_t reload_at : {epochs, std::size_t{3}, std::size_t{13}}) {  // the first: never
      auto opt = make_optimizer(name);
      Run run = make(*opt);
      const std::int64_t first = run.all.back()->last_epoch();
      for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
        if (epoch > 0) run.step(metrics[epoch - 1]);
        BOOST_TEST(run.all.back()->last_epoch() == first + static_cast<std::int64_t>(epoch));
        for (std::size_t g = 0; g < 2; ++g) {
          const auto& group = opt->param_groups()[g];
          const double lr = expected[2 * g * epochs + epoch], momentum = expected[(2 * g + 1) * epochs + epoch];
          BOOST_TEST(group.lr() == lr, name << ", group " << g << ", epoch " << epoch << ", saved at " << reload_at
                                            << ": " << group.lr() << " is not " << lr);
          BOOST_TEST(group.momentum() == momentum, name << ", group " << g << ", epoch " << epoch << ": momentum "
                                                        << group.momentum() << " is not " << momentum);
          BOOST_TEST(run.all.back()->get_last_lr()[g] == group.lr());
        }
        if (epoch == reload_at) {
          const StateDict state = run.all.back()->state_dict(), of_opt = opt->state_dict();
          opt = make_optimizer(name);
          run = make(*opt);
          run.all.back()->load_state_dict(state);
          opt->load_state_dict(of_opt);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
