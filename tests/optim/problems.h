// What the optimizers' trajectories run over; the same problems and starts as in tests/reference/optim.py.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "../fixture.h"
#include "cases.h"

namespace descent::testing {

struct Problem {
  std::vector<Tensor> params;
  std::function<Tensor()> loss;
};

inline Tensor wave(double first, const Shape& shape, bool requires_grad) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(0.5 * std::sin(first + static_cast<double>(i)));
  return from_vector(values, shape, {.requires_grad = requires_grad});
}

inline Problem rosenbrock() {
  const Tensor p = leaf({-1.2, 1.0});
  return {{p}, [p] { return (1.0 - p[0]).square() + 100.0 * (p[1] - p[0].square()).square(); }};
}

inline Problem quadratic() {
  const Tensor curvature = from_vector(std::vector<double>{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000});
  std::vector<double> target, start;
  for (int i = 0; i < 10; ++i) {
    target.push_back(1.0 / (i + 1));
    start.push_back(1 + i / 10.0);
  }
  const Tensor p = leaf(start), t = from_vector(target);
  return {{p}, [=] { return 0.5 * (curvature * (p - t).square()).sum(); }};
}

inline Problem mlp() {
  const Tensor x = wave(100, {5, 3}, false), y = wave(200, {5, 2}, false);
  const Tensor w1 = wave(1, {4, 3}, true), b1 = wave(20, {4}, true), w2 = wave(30, {2, 4}, true),
               b2 = wave(40, {2}, true);
  return {{w1, b1, w2, b2}, [=] { return (linear(tanh(linear(x, w1, b1)), w2, b2) - y).square().mean(); }};
}

}  // namespace descent::testing
