#include "cases.h"

#include "../fixture.h"

namespace descent::testing {
namespace {

using namespace optim;

template <class O, class Options>
OptimizerCase one(const char* name, const Options& options, bool elementwise = true, double tolerance = 1e-12) {
  return {name, options.maximize, elementwise, tolerance, [options](const std::vector<Tensor>& params, double scale) {
            Options scaled = options;
            scaled.lr *= scale;
            return std::make_unique<O>(params, scaled);
          }};
}

}  // namespace

const std::vector<OptimizerCase>& optimizer_cases() {
  static const std::vector<OptimizerCase> cases = {
      one<SGD, SGDOptions>("sgd", {.lr = 1e-4}),
      one<SGD, SGDOptions>("sgd_momentum", {.lr = 1e-4, .momentum = 0.9}),
      one<SGD, SGDOptions>("sgd_dampening", {.lr = 1e-4, .momentum = 0.9, .dampening = 0.3}),
      one<SGD, SGDOptions>("sgd_nesterov", {.lr = 1e-4, .momentum = 0.9, .nesterov = true}),
      one<SGD, SGDOptions>("sgd_decay", {.lr = 1e-4, .weight_decay = 0.1}),
      one<SGD, SGDOptions>("sgd_momentum_decay_maximize",
                           {.lr = 1e-4, .momentum = 0.8, .weight_decay = 0.05, .maximize = true}),
      one<SGD, SGDOptions>("sgd_nesterov_decay", {.lr = 1e-4, .momentum = 0.7, .weight_decay = 0.05, .nesterov = true}),
      one<SGD, SGDOptions>("sgd_momentum_drop", {.lr = 1e-4, .momentum = 0.9}),
      one<Adagrad, AdagradOptions>("adagrad", {.lr = 0.1}),
      one<Adagrad, AdagradOptions>("adagrad_lr_decay", {.lr = 0.1, .lr_decay = 0.05}),
      one<Adagrad, AdagradOptions>("adagrad_initial", {.lr = 0.1, .initial_accumulator_value = 0.5, .eps = 1e-3}),
      one<Adagrad, AdagradOptions>("adagrad_all", {.lr = 0.1,
                                                   .lr_decay = 0.01,
                                                   .weight_decay = 0.1,
                                                   .initial_accumulator_value = 0.1,
                                                   .eps = 1e-5,
                                                   .maximize = true}),
      one<RMSprop, RMSpropOptions>("rmsprop", {.lr = 0.01}),
      one<RMSprop, RMSpropOptions>("rmsprop_centered", {.lr = 0.01, .centered = true}),
      one<RMSprop, RMSpropOptions>("rmsprop_momentum", {.lr = 0.01, .momentum = 0.5}),
      one<RMSprop, RMSpropOptions>("rmsprop_centered_momentum",
                                   {.lr = 0.01, .alpha = 0.9, .momentum = 0.5, .centered = true}),
      one<RMSprop, RMSpropOptions>("rmsprop_decay", {.lr = 0.01, .alpha = 0.95, .eps = 1e-3, .weight_decay = 0.1}),
      one<RMSprop, RMSpropOptions>("rmsprop_all", {.lr = 0.01,
                                                   .alpha = 0.9,
                                                   .eps = 1e-4,
                                                   .weight_decay = 0.1,
                                                   .momentum = 0.3,
                                                   .centered = true,
                                                   .maximize = true}),
      one<Adam, AdamOptions>("adam", {.lr = 0.05}),
      one<Adam, AdamOptions>("adam_betas", {.lr = 0.05, .betas = {0.5, 0.9}, .eps = 1e-3}),
      one<Adam, AdamOptions>("adam_amsgrad", {.lr = 0.05, .betas = {0.9, 0.8}, .amsgrad = true}),
      one<Adam, AdamOptions>("adam_decay", {.lr = 0.05, .weight_decay = 0.1}),
      one<Adam, AdamOptions>(
          "adam_all",
          {.lr = 0.05, .betas = {0.8, 0.99}, .eps = 1e-4, .weight_decay = 0.1, .amsgrad = true, .maximize = true}),
      one<AdamW, AdamWOptions>("adamw", {.lr = 0.05}),
      one<AdamW, AdamWOptions>("adamw_decay", {.lr = 0.05, .weight_decay = 0.5}),
      one<AdamW, AdamWOptions>("adamw_amsgrad",
                               {.lr = 0.05, .betas = {0.9, 0.8}, .weight_decay = 0.2, .amsgrad = true}),
      one<AdamW, AdamWOptions>(
          "adamw_all",
          {.lr = 0.05, .betas = {0.8, 0.99}, .eps = 1e-4, .weight_decay = 0.1, .amsgrad = true, .maximize = true}),
      one<SGD, SGDOptions>("sgd_decoupled",
                           {.lr = 1e-4, .momentum = 0.9, .weight_decay = 2, .decoupled_weight_decay = true}),
      one<SGD, SGDOptions>("sgd_heavy_ball_drop", {.lr = 1e-4, .momentum = 0.9, .momentum_form = "heavy_ball"}),
      one<SGD, SGDOptions>("sgd_heavy_ball_nesterov_drop",
                           {.lr = 1e-4, .momentum = 0.9, .nesterov = true, .momentum_form = "heavy_ball"}),
      one<Adagrad, AdagradOptions>("adagrad_inside", {.lr = 0.1, .eps = 0.1, .eps_mode = "inside"}),
      one<RMSprop, RMSpropOptions>(
          "rmsprop_inside",
          {.lr = 0.01, .eps = 0.1, .weight_decay = 0.5, .decoupled_weight_decay = true, .eps_mode = "inside"}),
      one<Adam, AdamOptions>("adam_inside", {.lr = 0.05,
                                             .eps = 0.1,
                                             .weight_decay = 0.3,
                                             .amsgrad = true,
                                             .decoupled_weight_decay = true,
                                             .eps_mode = "inside"}),
      one<Adam, AdamOptions>("adam_uncorrected", {.lr = 0.05, .eps = 1e-3, .bias_correction = false}),
      one<ASGD, ASGDOptions>("asgd", {.lr = 1e-4}),
      one<ASGD, ASGDOptions>("asgd_averaging", {.lr = 1e-4, .lambd = 0.2, .alpha = 0.6, .t0 = 5}),
      one<ASGD, ASGDOptions>("asgd_all", {.lr = 1e-4, .lambd = 0.1, .t0 = 3, .weight_decay = 0.1, .maximize = true}),
      one<Adadelta, AdadeltaOptions>("adadelta", {}),
      one<Adadelta, AdadeltaOptions>("adadelta_all",
                                     {.lr = 0.5, .rho = 0.8, .eps = 1e-4, .weight_decay = 0.1, .maximize = true}),
      one<Adamax, AdamaxOptions>("adamax", {.lr = 0.05}),
      one<Adamax, AdamaxOptions>("adamax_all",
                                 {.lr = 0.05, .betas = {0.8, 0.7}, .eps = 1e-3, .weight_decay = 0.1, .maximize = true}),
      one<NAdam, NAdamOptions>("nadam", {.lr = 0.05}),
      one<NAdam, NAdamOptions>("nadam_all", {.lr = 0.05,
                                             .betas = {0.8, 0.99},
                                             .eps = 1e-3,
                                             .weight_decay = 0.1,
                                             .momentum_decay = 0.1,
                                             .maximize = true}),
      one<RAdam, RAdamOptions>("radam", {.lr = 5e-4}),
      one<RAdam, RAdamOptions>("radam_all",
                               {.lr = 5e-4, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.1, .maximize = true}),
      one<RAdam, RAdamOptions>("radam_plain", {.lr = 1e-4, .betas = {0.9, 0.5}}),
      one<Rprop, RpropOptions>("rprop", {}),
      one<Rprop, RpropOptions>("rprop_all",
                               {.lr = 0.05, .etas = {0.3, 1.1}, .step_sizes = {1e-3, 0.08}, .maximize = true}),
      one<Lion, LionOptions>("lion", {.lr = 0.01}),
      one<Lion, LionOptions>("lion_all", {.lr = 0.01, .betas = {0.7, 0.8}, .weight_decay = 0.5, .maximize = true}),
      one<AdaBelief, AdaBeliefOptions>("adabelief", {.lr = 0.05}),
      one<AdaBelief, AdaBeliefOptions>(
          "adabelief_all", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-4, .weight_decay = 0.1, .maximize = true}),
      one<AdaBelief, AdaBeliefOptions>(
          "adabelief_coupled",
          {.lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = false, .bias_correction = false}),
      one<Yogi, YogiOptions>("yogi", {.lr = 0.05}),
      one<Yogi, YogiOptions>("yogi_all", {.lr = 0.05,
                                          .betas = {0.8, 0.9},
                                          .eps = 1e-2,
                                          .weight_decay = 0.1,
                                          .initial_accumulator = 0.5,
                                          .maximize = true,
                                          .bias_correction = true}),
      one<QHAdam, QHAdamOptions>("qhadam", {.lr = 0.05}),
      one<QHAdam, QHAdamOptions>(
          "qhadam_all",
          {.lr = 0.05, .betas = {0.9, 0.9}, .nus = {0.5, 0.8}, .eps = 1e-3, .weight_decay = 0.1, .maximize = true}),
      one<AdEMAMix, AdEMAMixOptions>("ademamix", {.lr = 0.05}),
      one<AdEMAMix, AdEMAMixOptions>("ademamix_all", {.lr = 0.05,
                                                      .betas = {0.8, 0.9},
                                                      .beta3 = 0.99,
                                                      .alpha = 3,
                                                      .eps = 1e-3,
                                                      .weight_decay = 0.1,
                                                      .T_alpha_beta3 = 30,
                                                      .maximize = true}),
      one<ADOPT, ADOPTOptions>("adopt", {.lr = 0.05}),
      one<ADOPT, ADOPTOptions>(
          "adopt_all",
          {.lr = 0.01, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.1, .clip = false, .maximize = true}),
      one<ADOPT, ADOPTOptions>("adopt_decoupled", {.lr = 0.05, .weight_decay = 0.5, .decoupled_weight_decay = true}),
      one<NovoGrad, NovoGradOptions>("novograd", {.lr = 0.01}, false),
      one<NovoGrad, NovoGradOptions>(
          "novograd_all",
          {.lr = 0.01, .betas = {0.8, 0.7}, .eps = 1e-3, .weight_decay = 0.1, .grad_averaging = true, .maximize = true},
          false),
      one<LARS, LARSOptions>("lars", {.lr = 1}, false),
      one<LARS, LARSOptions>("lars_all",
                             {.lr = 1,
                              .momentum = 0.7,
                              .weight_decay = 0.1,
                              .trust_coefficient = 0.01,
                              .eps = 1e-3,
                              .nesterov = true,
                              .maximize = true},
                             false),
      one<LAMB, LAMBOptions>("lamb", {.lr = 0.05}, false),
      one<LAMB, LAMBOptions>(
          "lamb_all", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.3, .maximize = true}, false),
      one<Adafactor, AdafactorOptions>("adafactor", {.lr = 0.05}, false),
      one<Adafactor, AdafactorOptions>(
          "adafactor_all",
          {.lr = 0.2, .beta2_decay = -0.5, .eps = {1e-5, 0.1}, .d = 0.5, .weight_decay = 0.2, .maximize = true}, false),
      one<AdamMini, AdamMiniOptions>("adam_mini", {.lr = 0.05}, false),
      one<AdamMini, AdamMiniOptions>(
          "adam_mini_all", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.2, .maximize = true},
          false),
      one<Muon, MuonOptions>("muon", {.lr = 0.005}, false, 1e-9),
      one<Muon, MuonOptions>("muon_all",
                             {.lr = 0.05,
                              .momentum = 0.8,
                              .nesterov = false,
                              .ns_steps = 3,
                              .weight_decay = 0.3,
                              .adamw_lr_ratio = 0.5,
                              .adamw_betas = {0.8, 0.9},
                              .adamw_eps = 1e-3,
                              .maximize = true},
                             false, 1e-9),
      one<Shampoo, ShampooOptions>("shampoo", {.lr = 0.05, .max_preconditioner_dim = 32}, false, 1e-9),
      one<Shampoo, ShampooOptions>("shampoo_all",
                                   {.lr = 0.01,
                                    .momentum = 0.7,
                                    .weight_decay = 0.1,
                                    .epsilon = 1e-2,
                                    .update_freq = 3,
                                    .max_preconditioner_dim = 3,
                                    .maximize = true},
                                   false, 1e-9),
      one<SOAP, SOAPOptions>(
          "soap", {.lr = 0.05, .shampoo_beta = 0.95, .eps = 1e-3, .precondition_frequency = 3, .max_precond_dim = 3},
          false, 1e-9),
      one<SOAP, SOAPOptions>("soap_all",
                             {.lr = 0.02,
                              .betas = {0.8, 0.9},
                              .shampoo_beta = 0.7,
                              .eps = 1e-2,
                              .weight_decay = 0.1,
                              .precondition_frequency = 2,
                              .max_precond_dim = 3,
                              .precondition_1d = true,
                              .correct_bias = false,
                              .maximize = true},
                             false, 1e-9),
      one<SophiaG, SophiaGOptions>("sophia", {.lr = 0.01}),
      one<SophiaG, SophiaGOptions>(
          "sophia_all", {.lr = 0.01, .betas = {0.7, 0.9}, .rho = 0.1, .weight_decay = 0.5, .bs = 10, .maximize = true}),
      one<ScheduleFreeSGD, ScheduleFreeSGDOptions>("schedule_free_sgd", {.lr = 1e-3}),
      one<ScheduleFreeSGD, ScheduleFreeSGDOptions>("schedule_free_sgd_all", {.lr = 1e-3,
                                                                             .momentum = 0.7,
                                                                             .weight_decay = 0.2,
                                                                             .warmup_steps = 7,
                                                                             .r = 1.5,
                                                                             .weight_lr_power = 1,
                                                                             .maximize = true}),
      one<ScheduleFreeAdamW, ScheduleFreeAdamWOptions>("schedule_free_adamw", {.lr = 0.05}),
      one<ScheduleFreeAdamW, ScheduleFreeAdamWOptions>("schedule_free_adamw_all", {.lr = 0.05,
                                                                                   .betas = {0.8, 0.9},
                                                                                   .eps = 1e-3,
                                                                                   .weight_decay = 0.2,
                                                                                   .warmup_steps = 7,
                                                                                   .r = 0.5,
                                                                                   .weight_lr_power = 1,
                                                                                   .maximize = true}),
  };
  return cases;
}

Tensor leaf(const std::vector<double>& values) { return from_vector(values, TensorOptions{.requires_grad = true}); }

Tensor some_gradient(const Tensor& p, int step) {
  return random_tensor(p.shape(), static_cast<std::uint64_t>(1000 + step), {.dtype = p.dtype()});
}

}  // namespace descent::testing
