#include <descent.h>
#include "nn/linear.h"
#include <cstdio>

using namespace descent;

// A few steps of training; exit code 0 when the loss fell.
int main() {
  manual_seed(0);
  Tensor x = randn({16, consumer::kInputs});
  Tensor y = x.sum({1}, true);
  nn::Linear net(consumer::kInputs, 1);
  optim::SGD opt(net.parameters(), {.lr = 0.1});
  double first = 0.0;
  double last = 0.0;
  for (int step = 0; step < 20; ++step) {
    opt.zero_grad();
    Tensor loss = losses::mse_loss(net(x), y);
    loss.backward();
    opt.step();
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  std::printf("loss %.4f -> %.4f\n", first, last);
  return last < 0.5 * first ? 0 : 1;
}
