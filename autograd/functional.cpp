// Everything from autograd::grad on new leaves: see functional.h.
#include "functional.h"

#include <algorithm>

#include "autograd.h"
#include "fail-inl.h"
#include "ops/create.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace descent::autograd::detail {
namespace {

using Options = FunctionalOptions;

/// f is recorded with all that its gradient reads, also under a NoGradGuard and inside a checkpointed function.
struct Recording : TapeModeGuard {
  Recording() : TapeModeGuard(static_cast<unsigned char>((tape_mode() | kRecording) & ~kUnsaved)) {}
};

/// What f is called with: leaves on the inputs' memory. With create_graph an input that requires grad becomes an op's
/// output instead, so that gradients flow on to it, yet f is not differentiated where it uses the input itself.
TensorList fresh(const char* op, const TensorList& inputs, const Options& o) {
  if (inputs.empty()) throw std::invalid_argument(std::string(op) + ": inputs must not be empty");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) fail<Error>(op, "input {} is undefined", i);
    if (!inputs[i].is_floating_point()) {
      fail<DTypeError>(op, "inputs must be of a floating type, input {} is {}", i, inputs[i].dtype());
    }
  }
  TensorList out;
  for (const Tensor& x : inputs) {
    out.push_back(o.create_graph && x.requires_grad() ? expand(x, x.shape()) : x.detach().requires_grad_());
  }
  return out;
}

TensorList call(const char* op, const TensorFunction& f, const TensorList& inputs, const Options& o) {
  TensorList outputs = f(inputs);
  if (outputs.empty()) fail<Error>(op, "the function returned no tensor");
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!outputs[k].defined()) fail<Error>(op, "output {} of the function is undefined", k);
    if (o.strict && !outputs[k].requires_grad()) {
      fail<AutogradError>(op, "output {} of the function is independent of all inputs (strict)", k);
    }
  }
  return outputs;
}

Tensor call_scalar(const char* op, const TensorFunction& f, const TensorList& inputs, const Options& o) {
  TensorList outputs = call(op, f, inputs, o);
  if (outputs.size() != 1) {
    fail<ShapeError>(op, "the function must return one tensor with one element, got {} tensors", outputs.size());
  }
  if (outputs[0].numel() != 1) {
    fail<ShapeError>(op, "the function must return one element, got shape {}", outputs[0].shape());
  }
  return outputs[0];
}

/// v, one for each of `like`, or a 1 when it was left out.
TensorList match(const char* op, const Vectors& v, const TensorList& like, const char* partner, const Options& o) {
  const TensorList& list = v.list();
  if (list.empty() || (list.size() == 1 && !list[0].defined())) {
    if (like.size() != 1 || like[0].numel() != 1) {
      fail<std::invalid_argument>(op, "v may be left out only for a single {} with one element", partner);
    }
    return {ones(like[0].shape(), {.dtype = like[0].dtype()})};
  }
  if (list.size() != like.size()) {
    fail<std::invalid_argument>(op, "v must have one entry per {}, got {} for {}", partner, list.size(), like.size());
  }
  TensorList out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].defined()) fail<Error>(op, "entry {} of v is undefined", i);
    if (list[i].shape() != like[i].shape()) {
      fail<ShapeError>(op, "entry {} of v must have the shape of {} {}, got {} for {}", i, partner, i, list[i].shape(),
                       like[i].shape());
    }
    if (list[i].dtype() != like[i].dtype()) {
      fail<DTypeError>(op, "entry {} of v must have the dtype of {} {}, got {} for {}", i, partner, i, list[i].dtype(),
                       like[i].dtype());
    }
    out.push_back(o.create_graph ? list[i] : list[i].detach());
  }
  return out;
}

/// grad of those outputs that are on the tape; all undefined when none is. What the graph has saved stays.
TensorList derive(const TensorList& outputs, const TensorList& inputs, const TensorList& v, bool create_graph) {
  TensorList on_tape, cotangents;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!outputs[k].defined() || !outputs[k].requires_grad()) continue;
    on_tape.push_back(outputs[k]);
    cotangents.push_back(v[k]);
  }
  if (on_tape.empty()) return TensorList(inputs.size());
  return grad(on_tape, inputs,
              {.grad_outputs = cotangents, .retain_graph = true, .create_graph = create_graph, .allow_unused = true});
}

/// A result without a graph, on memory that nobody else sees (the gradient of an identity is v itself).
Tensor own(Tensor t) {
  if (!t.requires_grad() && t.impl()->sole_owner() && t.is_contiguous()) return t;
  const NoGradGuard no_grad;
  return t.detach().clone();
}

TensorList values(TensorList outputs, const Options& o) {
  if (!o.create_graph) {
    for (Tensor& t : outputs) t = t.detach();
  }
  return outputs;
}

/// Zeros like `like` for what is undefined. Strict: refused, `what` says what it would have been, of entry {}.
TensorList finish(const char* op, TensorList results, const TensorList& like, const char* what, const Options& o) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    Tensor& t = results[i];
    if (o.strict && !t.defined()) fail<AutogradError>(op, "{} {} (strict)", what, i);
    if (o.strict && o.create_graph && !t.requires_grad()) {
      fail<AutogradError>(op, "the result for entry {} is a constant that has no graph to create (strict)", i);
    }
    if (!t.defined())
      t = zeros_like(like[i]);
    else if (!o.create_graph)
      t = own(std::move(t));
  }
  return results;
}

Tensor one_hot(const Tensor& like, std::int64_t at) {
  Tensor out = zeros(like.shape(), {.dtype = like.dtype()});
  if (out.dtype() == float32)
    data_of<float>(out)[at] = 1;
  else
    data_of<double>(out)[at] = 1;
  return out;
}

/// stack(rows, 0), in pieces: an op takes at most 65535 tensors.
Tensor stack_all(const TensorList& rows) {
  constexpr std::size_t kPiece = 4096;
  if (rows.size() <= kPiece) return stack(rows, 0);
  TensorList pieces;
  for (std::size_t at = 0; at < rows.size(); at += kPiece) {
    const std::size_t end = std::min(rows.size(), at + kPiece);
    pieces.push_back(
        stack({rows.begin() + static_cast<std::ptrdiff_t>(at), rows.begin() + static_cast<std::ptrdiff_t>(end)}, 0));
  }
  return cat(pieces, 0);
}

Shape joined(const Shape& a, const Shape& b) {
  Shape out = a;
  for (const std::int64_t n : b) out.push_back(n);
  return out;
}

/// ∂output/∂input for each input, [*output.shape, *input.shape]: a backward pass for each element of the output.
/// `what` names the output in strict mode's message.
TensorList rows_of(const char* op, const Tensor& output, const TensorList& inputs, const std::string& what,
                   const Options& o) {
  const bool on_tape = output.requires_grad();
  const std::int64_t n = output.numel();
  TensorLists rows(inputs.size());   // with a graph
  TensorList result(inputs.size());  // without one, filled row by row
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (on_tape && n > 0 && o.create_graph) continue;
    result[i] = zeros(joined(output.shape(), inputs[i].shape()), {.dtype = inputs[i].dtype()});
  }
  for (std::int64_t k = 0; k < n && (on_tape || o.strict); ++k) {
    TensorList gradients(inputs.size());
    if (on_tape) gradients = derive({output}, inputs, {one_hot(output, k)}, o.create_graph);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Tensor& g = gradients[i];
      if (o.strict && !g.defined()) fail<AutogradError>(op, "{} is independent of input {} (strict)", what, i);
      if (o.strict && o.create_graph && !g.requires_grad()) {
        fail<AutogradError>(op,
                            "the derivative of {} with respect to input {} is a constant that has no graph to create "
                            "(strict)",
                            what, i);
      }
      if (o.create_graph) {
        rows[i].push_back(g.defined() ? g : zeros_like(inputs[i]));
      } else if (g.defined()) {
        const NoGradGuard no_grad;
        const std::int64_t m = inputs[i].numel();
        result[i].reshape({n, m}).select(0, k).copy_(g.detach().reshape({m}));
      }
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!rows[i].empty()) result[i] = stack_all(rows[i]).reshape(joined(output.shape(), inputs[i].shape()));
  }
  return result;
}

}  // namespace

TensorLists jacobian(const TensorFunction& f, const TensorList& inputs, const Options& o) {
  const Recording recording;
  const TensorList in = fresh("jacobian", inputs, o), out = call("jacobian", f, in, o);
  TensorLists result;
  for (std::size_t k = 0; k < out.size(); ++k) {
    result.push_back(rows_of("jacobian", out[k], in, fmt::format("output {} of the function", k), o));
  }
  return result;
}

TensorLists hessian(const TensorFunction& f, const TensorList& inputs, const Options& o) {
  const Recording recording;
  const TensorList in = fresh("hessian", inputs, o);
  const Tensor out = call_scalar("hessian", f, in, o);
  TensorList gradients = derive({out}, in, {ones(out.shape(), {.dtype = out.dtype()})}, true);
  TensorLists result;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!gradients[i].defined()) {
      if (o.strict) fail<AutogradError>("hessian", "the function is independent of input {} (strict)", i);
      gradients[i] = zeros_like(in[i]);
    }
    result.push_back(rows_of("hessian", gradients[i], in, fmt::format("the gradient with respect to input {}", i), o));
  }
  return result;
}

ValueAndProducts vjp(const TensorFunction& f, const TensorList& inputs, const Vectors& v, const Options& o) {
  const Recording recording;
  const TensorList in = fresh("vjp", inputs, o), out = call("vjp", f, in, o);
  TensorList products = derive(out, in, match("vjp", v, out, "output", o), o.create_graph);
  return {values(out, o), finish("vjp", std::move(products), in, "the outputs are independent of input", o)};
}

ValueAndProducts jvp(const TensorFunction& f, const TensorList& inputs, const Vectors& v, const Options& o) {
  const Recording recording;
  const TensorList in = fresh("jvp", inputs, o), tangents = match("jvp", v, in, "input", o);
  const TensorList out = call("jvp", f, in, o);
  // uᵀJ for a u that does not matter, because the derivative with respect to it is taken next: (∂(uᵀJ)/∂u)ᵀv = Jv.
  TensorList u;
  for (const Tensor& y : out) {
    const DType dtype = y.is_floating_point() ? y.dtype() : float32;
    u.push_back(zeros(y.shape(), {.dtype = dtype, .requires_grad = true}));
  }
  const TensorList gradients = derive(out, in, u, true);
  for (std::size_t i = 0; o.strict && i < in.size(); ++i) {
    if (!gradients[i].defined()) fail<AutogradError>("jvp", "the outputs are independent of input {} (strict)", i);
  }
  TensorList products = derive(gradients, u, tangents, o.create_graph);
  return {values(out, o), finish("jvp", std::move(products), out, "the inputs do not reach output", o)};
}

ValueAndProducts vhp(const char* name, const TensorFunction& f, const TensorList& inputs, const Vectors& v,
                     const Options& o) {
  const Recording recording;
  const TensorList in = fresh(name, inputs, o), tangents = match(name, v, in, "input", o);
  const Tensor out = call_scalar(name, f, in, o);
  const TensorList gradients = derive({out}, in, {ones(out.shape(), {.dtype = out.dtype()})}, true);
  for (std::size_t i = 0; o.strict && i < in.size(); ++i) {
    if (!gradients[i].defined()) fail<AutogradError>(name, "the function is independent of input {} (strict)", i);
    if (!gradients[i].requires_grad()) {
      fail<AutogradError>(name, "the gradient with respect to input {} is independent of the inputs (strict)", i);
    }
  }
  TensorList products = derive(gradients, in, tangents, o.create_graph);
  return {values({out}, o), finish(name, std::move(products), in, "the gradient is independent of input", o)};
}

}  // namespace descent::autograd::detail
