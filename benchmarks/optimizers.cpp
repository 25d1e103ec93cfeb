// One optimizer step: on 10 million float32 parameters in 20 tensors; on many small tensors against one large; with
// averages that have decayed.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

/// So many tensors of `size` elements each.
template <class Optimizer, class Options>
void step(const std::string& name, const Options& options, int tensors, std::int64_t size) {
  bench::add("optimizers/" + name, [=](bench::Timer& timer) {
    std::vector<Tensor> params;
    for (int i = 0; i < tensors; ++i) {
      params.push_back(randn({size}, {.requires_grad = true}));
      params.back().set_grad(randn({size}) * 1e-2);
    }
    Optimizer opt(params, options);
    timer([&] { opt.step(); });
  });
}

template <class Optimizer, class Options>
void step_10M(const std::string& name, const Options& options) {
  step<Optimizer>(name + "_10M", options, 20, 500'000);
}

/// 160,000 elements in one tensor and in 10,000: the difference is the cost of a tensor.
template <class Optimizer, class Options>
void tensors(const std::string& name, const Options& options) {
  step<Optimizer>(name + "_1x160000", options, 1, 160'000);
  step<Optimizer>(name + "_10000x16", options, 10'000, 16);
}

/// A thousand steps after the last gradient averages have decayed to where they would be denormal for good, were they
/// not flushed: a step must cost what it costs with gradients.
void decayed(bool still_gradients) {
  bench::add(still_gradients ? "optimizers/adam_normal" : "optimizers/adam_decayed", [=](bench::Timer& timer) {
    Tensor p = randn({100'000}, {.requires_grad = true});
    p.set_grad(randn({100'000}));
    optim::Adam opt({p}, {.betas = {0.9, 0.9}});
    opt.step();
    if (!still_gradients) p.set_grad(zeros_like(p));
    for (int i = 0; i < 1000; ++i) opt.step();
    timer([&] { opt.step(); });
  });
}

}  // namespace

void bench::optimizers() {
  step_10M<optim::SGD>("sgd", optim::SGDOptions{.lr = 1e-3});
  step_10M<optim::SGD>("sgd_momentum", optim::SGDOptions{.lr = 1e-3, .momentum = 0.9});
  step_10M<optim::Adagrad>("adagrad", optim::AdagradOptions{.lr = 1e-3});
  step_10M<optim::RMSprop>("rmsprop", optim::RMSpropOptions{.lr = 1e-3});
  step_10M<optim::Adam>("adam", optim::AdamOptions{.lr = 1e-3});
  step_10M<optim::AdamW>("adamw", optim::AdamWOptions{.lr = 1e-3});
  tensors<optim::SGD>("sgd", optim::SGDOptions{.lr = 1e-3});
  tensors<optim::Adam>("adam", optim::AdamOptions{.lr = 1e-3});
  tensors<optim::AdamW>("adamw", optim::AdamWOptions{.lr = 1e-3});
  decayed(true);
  decayed(false);
}
