// The inputs that the rows describe.
#include <algorithm>
#include <cmath>

#include "row.h"

namespace descent::testing {

Tensor make(const Arg& arg, std::uint64_t seed) {
  switch (arg.kind) {
    case Arg::Kind::Index:
      return random_tensor(arg.shape, seed, {.low = arg.low, .high = arg.high, .dtype = int64});
    case Arg::Kind::Mask:
      return random_tensor(arg.shape, seed, {.low = 0, .high = 2, .dtype = uint8}).to(boolean);
    case Arg::Kind::Real:
      return random_tensor(arg.shape, seed, {.low = arg.low, .high = arg.high});
    case Arg::Kind::Away: {
      // k/2 + u with u in [0.05, 0.45)
      std::vector<double> values =
          random_tensor(arg.shape, seed, {.low = arg.low, .high = arg.high}).to_vector<double>();
      for (double& v : values) {
        const double half = std::floor(v * 2) / 2;
        v = half + 0.05 + 0.8 * (v - half);
      }
      return from_vector(values, arg.shape);
    }
    default: {
      // 0, 1, … n − 1 in a shuffled order, stretched over [low, high) but never closer than 0.05
      const auto n = static_cast<std::size_t>(arg.shape.numel());
      const std::vector<double> keys = random_tensor(arg.shape, seed).to_vector<double>();
      std::vector<std::size_t> order(n);
      for (std::size_t i = 0; i < n; ++i) order[i] = i;
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
      const double step = std::max(0.05, (arg.high - arg.low) / static_cast<double>(n + 1));
      std::vector<double> values(n);
      for (std::size_t i = 0; i < n; ++i) values[order[i]] = arg.low + step * static_cast<double>(i);
      return from_vector(values, arg.shape);
    }
  }
}

Function gradient_of(Function f, const std::vector<Arg>& args) {
  return [f = std::move(f), args](const List& in) {
    const bool create_graph = autograd::grad_enabled();
    GradModeGuard recording(true);
    List arguments, wanted;
    for (std::size_t i = 0; i < args.size(); ++i) {
      Tensor t = in[i];
      if (args[i].differentiable && !t.requires_grad()) t = t.detach().requires_grad_();
      arguments.push_back(t);
      if (args[i].differentiable) wanted.push_back(t);
    }
    return autograd::grad({f(arguments)[0]}, wanted, {.grad_outputs = {in[args.size()]}, .create_graph = create_graph});
  };
}

}  // namespace descent::testing
