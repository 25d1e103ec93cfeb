// One optimizer step on 10 million float32 parameters in 20 tensors.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

template <class Optimizer, class Options>
void step(const std::string& name, const Options& options) {
  bench::add("optimizers/" + name + "_10M", [options](bench::Timer& timer) {
    std::vector<Tensor> params;
    for (int i = 0; i < 20; ++i) {
      params.push_back(randn({500'000}, {.requires_grad = true}));
      params.back().set_grad(randn({500'000}) * 1e-2);
    }
    Optimizer opt(params, options);
    timer([&] { opt.step(); });
  });
}

}  // namespace

void bench::optimizers() {
  step<optim::SGD>("sgd", optim::SGDOptions{.lr = 1e-3});
  step<optim::SGD>("sgd_momentum", optim::SGDOptions{.lr = 1e-3, .momentum = 0.9});
  step<optim::Adagrad>("adagrad", optim::AdagradOptions{.lr = 1e-3});
  step<optim::RMSprop>("rmsprop", optim::RMSpropOptions{.lr = 1e-3});
  step<optim::Adam>("adam", optim::AdamOptions{.lr = 1e-3});
  step<optim::AdamW>("adamw", optim::AdamWOptions{.lr = 1e-3});
}
