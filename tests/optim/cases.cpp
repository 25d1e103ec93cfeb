#include "cases.h"

#include "../fixture.h"

namespace descent::testing {
namespace {

using namespace optim;

template <class O, class Options>
OptimizerCase one(const char* name, const Options& options) {
  return {name, options.maximize, [options](const std::vector<Tensor>& params, double scale) {
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
  };
  return cases;
}

Tensor leaf(const std::vector<double>& values) { return from_vector(values, TensorOptions{.requires_grad = true}); }

Tensor some_gradient(const Tensor& p, int step) {
  return random_tensor(p.shape(), static_cast<std::uint64_t>(1000 + step), {.dtype = p.dtype()});
}

}  // namespace descent::testing
