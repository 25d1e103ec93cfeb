// How an op is written. A struct holds the attributes; it names itself, computes forward from memory, and gives one
// formula per input, in ops, so that the gradient of a gradient needs nothing more:
//
//   struct Mul {
//     static constexpr const char* name = "mul";
//     static constexpr Uses uses = {input(1), input(0)};  // what the formula of input 0, of input 1 reads
//     Tensor forward(const Tensor& a, const Tensor& b) const;
//     Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.in(1); }
//     Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * s.in(0); }
//   };
//   Tensor mul(const Tensor& a, const Tensor& b) { return apply(Mul{}, a, b); }
//
// The engine reduces broadcasts, converts dtypes, accumulates, and checks what a formula returns.
#pragma once

#include <array>
#include <bit>
#include <concepts>

#include "node.h"
#include "ops/create.h"

namespace descent::autograd {

/// Tag of an input in the overloads of `vjp`.
template <int I>
struct In {};

/// Bits for `uses`.
constexpr std::uint32_t input(int i) { return std::uint32_t{1} << i; }
constexpr std::uint32_t output(int i = 0) { return std::uint32_t{1} << (16 + i); }

/// What each input's formula reads; the last entry also stands for further inputs, none means nothing.
struct Uses {
  std::uint32_t masks[8] = {};
  int count = 0;
  constexpr Uses() = default;
  constexpr Uses(std::initializer_list<std::uint32_t> list) {
    for (const std::uint32_t mask : list) masks[count++] = mask;
  }
  constexpr std::uint32_t of(int i) const { return count == 0 ? 0 : masks[i < count ? i : count - 1]; }
};

namespace detail {

template <class F>
struct ForwardTraits;
template <class Op, class R, class... A>
struct ForwardTraits<R (Op::*)(A...) const> {
  using Result = R;
  static constexpr int arity = sizeof...(A);
  static constexpr bool is_list = (std::is_same_v<std::decay_t<A>, std::vector<Tensor>> || ...);
};
template <class Op>
using Forward = ForwardTraits<decltype(&Op::forward)>;

template <class Op>
constexpr Uses uses_of() {
  if constexpr (requires { Op::uses; })
    return Op::uses;
  else
    return {};
}
/// Inputs that have no gradient by nature, as an index.
template <class Op>
constexpr std::uint32_t constant_inputs() {
  if constexpr (requires { Op::constant_inputs; })
    return Op::constant_inputs;
  else
    return 0;
}

}  // namespace detail

/// One formula for all inputs at once, where they share work or come as a list. With several outputs, the gradient of
/// one that was not used is undefined (the first one is zeros then).
template <class Op>
concept HasJointVjp = requires(const Op& op, const Saved& s, std::span<const Tensor> g) {
  { op.vjp(s, g) } -> std::same_as<std::vector<Tensor>>;
};

/// A formula for input I.
template <class Op, int I>
concept HasVjp = requires(const Op& op, const Saved& s, const Tensor& g) {
  { op.vjp(In<I>{}, s, g) } -> std::same_as<Tensor>;
};

/// Comparisons and index arithmetic say `static constexpr bool differentiable = false`.
template <class Op>
concept NotDifferentiable = requires {
  requires !Op::differentiable;
};

template <class Op, int I = 0>
consteval bool has_every_vjp() {
  if constexpr (I == detail::Forward<Op>::arity)
    return true;
  else if constexpr ((detail::constant_inputs<Op>() & input(I)) != 0)
    return has_every_vjp<Op, I + 1>();
  else if constexpr (!HasVjp<Op, I>)
    return false;
  else
    return has_every_vjp<Op, I + 1>();
}

/// What `apply` takes: a name, a forward, and a formula for every input.
template <class Op>
concept OpDefinition = requires {
  { Op::name } -> std::convertible_to<const char*>;
  &Op::forward;
}
&&(NotDifferentiable<Op> || HasJointVjp<Op> || has_every_vjp<Op>());

template <OpDefinition Op>
inline constinit const OpInfo op_info{Op::name, !NotDifferentiable<Op>};

template <OpDefinition Op>
struct OpNode final : Node {
  explicit OpNode(const Op& definition) : op(definition) {}
  void vjp(const Saved& s, std::span<const Tensor> g, std::span<Tensor> result, std::uint32_t needs) override {
    if constexpr (HasJointVjp<Op>) {
      std::vector<Tensor> all = op.vjp(s, g);
      for (std::size_t i = 0; i < result.size() && i < all.size(); ++i) result[i] = std::move(all[i]);
    } else {
      [&]<int... I>(std::integer_sequence<int, I...>) {
        ((needs & input(I) ? void(formula<I>(s, g[0], result)) : void()), ...);
      }
      (std::make_integer_sequence<int, detail::Forward<Op>::arity>{});
    }
  }
  template <int I>
  void formula(const Saved& s, const Tensor& g, std::span<Tensor> result) {
    if constexpr (HasVjp<Op, I>) result[I] = op.vjp(In<I>{}, s, g);
  }
  Op op;
};

namespace detail {

template <class Result>
auto outputs_of(Result& result) {
  if constexpr (std::is_same_v<Result, Tensor>)
    return std::array<Tensor*, 1>{&result};
  else if constexpr (std::is_same_v<Result, ValuesAndIndices>)
    return std::array<Tensor*, 2>{&result.values, &result.indices};
  else if constexpr (std::is_same_v<Result, std::pair<Tensor, Tensor>>)
    return std::array<Tensor*, 2>{&result.first, &result.second};
  else {
    std::vector<Tensor*> all;
    for (Tensor& t : result) all.push_back(&t);
    return all;
  }
}

template <class Op>
[[gnu::noinline]] void record(const Op& op, std::span<const Tensor* const> in, std::span<Tensor* const> out) {
  static const bool noted = (note_recorded(op_info<Op>), true);
  (void)noted;
  constexpr Uses uses = uses_of<Op>();
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool wanted = in[i]->defined() && in[i]->impl()->requires_grad &&
                        !(i < 32 && (constant_inputs<Op>() & input(static_cast<int>(i))));
    if (wanted) mask |= uses.of(static_cast<int>(i));
  }
  const bool unsaved = mask != 0 && (tape_mode() & kUnsaved);
  if (unsaved) mask = 0;
  NodeLayout layout(sizeof(OpNode<Op>), in.size(), static_cast<std::size_t>(std::popcount(mask)), out.size());
  auto* node = ::new (layout.memory) OpNode<Op>(op);
  node->info = &op_info<Op>;
  node->unsaved = unsaved;
  layout.attach(node);
  const Ref<Node> owner = Ref<Node>::adopt(node);
  node->connect(in, out, mask);
}

inline bool wants_grad(const Tensor& t) { return t.defined() && t.impl()->requires_grad; }
inline bool is_sparse(const Tensor& t) { return t.defined() && t.impl()->sparse; }

}  // namespace detail

/// Runs an op on its inputs and records it when one of them requires grad.
template <OpDefinition Op, class... Inputs>
auto apply(const Op& op, const Inputs&... in) {
  static_assert(sizeof...(Inputs) == detail::Forward<Op>::arity);
  if ((detail::is_sparse(in) || ...)) refuse_sparse(Op::name);
  const unsigned char mode = tape_mode();
  const bool recording = !NotDifferentiable<Op> && (mode & kRecording) && (detail::wants_grad(in) || ...);
  if (!recording && !(mode & kWatching)) return op.forward(in...);
  auto result = [&] {
    const TapeModeGuard inside(0);
    return op.forward(in...);
  }();
  const Tensor* const ins[] = {&in...};
  auto outs = detail::outputs_of(result);
  if constexpr (!NotDifferentiable<Op>) {
    if (recording) detail::record(op, ins, outs);
  }
  if (mode & kWatching) watch_forward(op_info<Op>, ins, outs);
  return result;
}

/// The same for an op on a list of tensors.
template <OpDefinition Op>
auto apply_list(const Op& op, const std::vector<Tensor>& in) {
  const unsigned char mode = tape_mode();
  bool recording = false;
  for (const Tensor& t : in) {
    if (detail::is_sparse(t)) refuse_sparse(Op::name);
    recording |= detail::wants_grad(t);
  }
  recording &= (mode & kRecording) != 0;
  if (!recording && !(mode & kWatching)) return op.forward(in);
  auto result = [&] {
    const TapeModeGuard inside(0);
    return op.forward(in);
  }();
  std::vector<const Tensor*> ins;
  for (const Tensor& t : in) ins.push_back(&t);
  auto outs = detail::outputs_of(result);
  if (recording) detail::record(op, ins, outs);
  if (mode & kWatching) watch_forward(op_info<Op>, ins, outs);
  return result;
}

}  // namespace descent::autograd
