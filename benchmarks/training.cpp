// Whole training steps: zero_grad, forward, cross entropy, backward, Adam.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

/// Steps on eight batches in turn, inputs [batch, features] and random classes.
template <class Net>
void steps(bench::Timer& timer, Net net, int64_t batch, int64_t features, int64_t classes) {
  std::vector<Tensor> x, y;
  for (int i = 0; i < 8; ++i) {
    x.push_back(randn({batch, features}));
    y.push_back(randint(classes, {batch}));
  }
  optim::Adam opt(net.parameters(), {.lr = 1e-3});
  std::size_t i = 0;
  timer([&] {
    opt.zero_grad();
    Tensor loss = losses::cross_entropy(net(x[i % 8]), y[i % 8]);
    loss.backward();
    opt.step();
    ++i;
  });
}

}  // namespace

void bench::training() {
  add("training/mlp_784_512_256_10_batch_128", [](Timer& timer) {
    nn::Sequential net{nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 256), nn::ReLU(), nn::Linear(256, 10)};
    steps(timer, net, 128, 784, 10);
  });
  add("training/mlp_4_16_3_batch_16", [](Timer& timer) {
    nn::Sequential net{nn::Linear(4, 16), nn::ReLU(), nn::Linear(16, 3)};
    steps(timer, net, 16, 4, 3);
  });
}
