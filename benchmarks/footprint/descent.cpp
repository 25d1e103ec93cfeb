// A small training program: what it costs to compile, to link and to start.
#include <descent.h>

#include <iostream>

using namespace descent;

int main() {
  manual_seed(0);
  nn::Sequential net{nn::Linear(2, 8), nn::Tanh(), nn::Linear(8, 1)};
  optim::Adam opt(net.parameters(), {.lr = 1e-2});
  const Tensor x = rand({32, 2}), y = x.sum({1}, true);
  float last = 0;
  for (int i = 0; i < 10; ++i) {
    opt.zero_grad();
    Tensor loss = losses::mse_loss(net(x), y);
    loss.backward();
    opt.step();
    last = loss.item<float>();
  }
  std::cout << last << "\n";
}
