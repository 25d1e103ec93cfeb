// One optimizer step: on 10 million float32 parameters in 20 tensors; on many small tensors against one large; with
// gradients that let averages fall to where they would be denormal.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

/// `tensors` of `size` elements each, with gradients of about `gradient`.
template <class Optimizer, class Options>
void step(const std::string& name, const Options& options, int tensors, std::int64_t size, double gradient = 1e-2) {
  bench::add("optimizers/" + name, [=](bench::Timer& timer) {
    std::vector<Tensor> params;
    for (int i = 0; i < tensors; ++i) {
      params.push_back(randn({size}, {.requires_grad = true}));
      params.back().set_grad(randn({size}) * gradient);
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

/// Averages of gradients like these have squares below the smallest normal number, which flushing makes 0: the step
/// must cost what it costs with others.
template <class Optimizer, class Options>
void vanishing(const std::string& name, const Options& options) {
  step<Optimizer>(name + "_normal", options, 1, 100'000);
  step<Optimizer>(name + "_vanishing", options, 1, 100'000, 1e-20);
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
  vanishing<optim::Adam>("adam", optim::AdamOptions{.lr = 1e-3});
}
