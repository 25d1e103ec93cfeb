// The program of descent.cpp in LibTorch.
#include <torch/torch.h>

#include <iostream>

int main() {
  torch::manual_seed(0);
  torch::nn::Sequential net(torch::nn::Linear(2, 8), torch::nn::Tanh(), torch::nn::Linear(8, 1));
  torch::optim::Adam opt(net->parameters(), torch::optim::AdamOptions(1e-2));
  const torch::Tensor x = torch::rand({32, 2}), y = x.sum(1, true);
  float last = 0;
  for (int i = 0; i < 10; ++i) {
    opt.zero_grad();
    torch::Tensor loss = torch::mse_loss(net->forward(x), y);
    loss.backward();
    opt.step();
    last = loss.item<float>();
  }
  std::cout << last << "\n";
}
