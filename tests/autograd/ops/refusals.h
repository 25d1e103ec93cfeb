// Refusals that many ops share.
#pragma once

#include "row.h"

namespace descent::testing {

/// Tensor() in place of the first of `count` inputs.
template <class F>
Refusal undefined_input(F f, std::size_t count = 1) {
  return refuses(Refusal::Type::Plain, "undefined", f, [count] {
    List inputs(count, ones({2, 2}));
    inputs[0] = Tensor();
    return inputs;
  });
}

/// A cotangent of another shape than the output's.
template <class F>
Refusal foreign_cotangent(F f, const Arg& arg) {
  return refuses(
      Refusal::Type::Shape, "[7, 5]",
      [f](const Tensor& a) {
        const Tensor out = f(a);
        return autograd::grad({out}, {a}, {.grad_outputs = {ones({7, 5}, {.dtype = out.dtype()})}});
      },
      [arg] { return List{make(arg, 1)}; });
}

/// Asks for a gradient through an op that has none.
template <class F>
Refusal no_graph(F f, const Arg& arg) {
  return refuses(
      Refusal::Type::Autograd, "grad",
      [f](const Tensor& a) {
        const Tensor out = f(a);
        return autograd::grad({out}, {a}, {.grad_outputs = {ones_like(out)}});
      },
      [arg] { return List{make(arg, 1)}; });
}

/// Two shapes that do not fit.
template <class F>
Refusal shapes(std::string part, const Shape& a, const Shape& b, F f) {
  return refuses(Refusal::Type::Shape, std::move(part), f, [a, b] { return List{ones(a), ones(b)}; });
}

/// One input of that shape and dtype.
template <class F>
Refusal one(Refusal::Type type, std::string part, const Shape& shape, F f, DType dtype = float32) {
  return refuses(type, std::move(part), f, [shape, dtype] { return List{ones(shape, {.dtype = dtype})}; });
}

}  // namespace descent::testing
