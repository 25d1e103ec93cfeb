// The cases of ../optimizers.cpp in LibTorch.
#include <torch/torch.h>

#include <vector>

#include "../harness.h"

using torch::Tensor;
namespace optim = torch::optim;

namespace {

template <class Optimizer, class Options>
void step(const std::string& name, const Options& options) {
  bench::add("optimizers/" + name + "_10M", [options](bench::Timer& timer) {
    std::vector<Tensor> params;
    for (int i = 0; i < 20; ++i) {
      params.push_back(torch::randn({500'000}).set_requires_grad(true));
      params.back().mutable_grad() = torch::randn({500'000}) * 1e-2;
    }
    Optimizer opt(params, options);
    timer([&] { opt.step(); });
  });
}

}  // namespace

void bench::optimizers() {
  step<optim::SGD>("sgd", optim::SGDOptions(1e-3));
  step<optim::SGD>("sgd_momentum", optim::SGDOptions(1e-3).momentum(0.9));
  step<optim::Adagrad>("adagrad", optim::AdagradOptions(1e-3));
  step<optim::RMSprop>("rmsprop", optim::RMSpropOptions(1e-3));
  step<optim::Adam>("adam", optim::AdamOptions(1e-3));
  step<optim::AdamW>("adamw", optim::AdamWOptions(1e-3));
}
