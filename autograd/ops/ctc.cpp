// Connectionist temporal classification: a fused forward-backward recursion for value and gradient; higher orders
// differentiate the recursion written in ops.
#include "ctc.h"

#include <algorithm>
#include <limits>

#include "../../kernels/ctc.h"

#include "../autograd.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

kernels::Ctc ctc_of(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                    const Tensor& target_lengths, std::int64_t blank) {
  return {.dtype = log_probs.dtype(),
          .steps = log_probs.size(0),
          .samples = log_probs.size(1),
          .classes = log_probs.size(2),
          .width = targets.size(1),
          .log_probs = data_of<char>(log_probs),
          .targets = data_of<std::int64_t>(targets),
          .input_lengths = data_of<std::int64_t>(input_lengths),
          .target_lengths = data_of<std::int64_t>(target_lengths),
          .blank = blank};
}

constexpr double kFar = -1e30;  // stands for −∞ in the ops: it leaves no NaN in any order of gradient

/// The states of all samples, and what holds of them, as constants for the recursion in ops.
struct States {
  std::int64_t count;
  std::vector<std::int64_t> label;
  std::vector<double> start, finish, skip;  // added: 0, or kFar where it is not allowed

  States(const Tensor& targets, const Tensor& target_lengths, std::int64_t blank) : count(2 * targets.size(1) + 1) {
    const std::int64_t *target = data_of<std::int64_t>(targets), *lengths = data_of<std::int64_t>(target_lengths);
    for (std::int64_t n = 0; n < targets.size(0); ++n, target += targets.size(1)) {
      const std::int64_t last = 2 * lengths[n];
      for (std::int64_t s = 0; s < count; ++s) {
        const bool odd = s % 2 == 1 && s < last;
        label.push_back(odd ? target[s / 2] : blank);
        start.push_back(s == 0 || (s == 1 && last > 0) ? 0 : kFar);
        finish.push_back(s == last || s == last - 1 ? 0 : kFar);
        skip.push_back(odd && s >= 3 && target[s / 2] != target[s / 2 - 1] ? 0 : kFar);
      }
    }
  }
};

/// The loss [n] as a composition of ops; anything where no alignment fits.
Tensor composed(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, std::int64_t blank) {
  const std::int64_t steps = log_probs.size(0), samples = log_probs.size(1);
  const States states(targets, target_lengths, blank);
  const TensorOptions real{.dtype = log_probs.dtype()};
  const Shape rows = {samples, states.count};
  const Tensor skip = from_vector(states.skip, rows, real), far = full({samples, 2}, kFar, real);
  const Tensor label = from_vector(states.label, {1, samples, states.count}).expand({steps, samples, states.count});
  const Tensor emission = gather(clamp(log_probs, kFar), 2, label);
  Tensor alpha = emission.select(0, 0) + from_vector(states.start, rows, real);
  for (std::int64_t t = 1; t < steps; ++t) {
    const Tensor shifted = cat({far, alpha}, 1);
    const Tensor from =
        stack({alpha, shifted.narrow(1, 1, states.count), shifted.narrow(1, 0, states.count) + skip}, 0);
    const Tensor running = (input_lengths > t).unsqueeze(1);
    alpha = where(running, logsumexp(from, {0}) + emission.select(0, t), alpha);
  }
  return -logsumexp(alpha + from_vector(states.finish, rows, real), {1});
}

struct CtcGrad {  // −g·γ, γ[t, n, c] = P(class c at t | target n). alpha and nll are functions of log_probs: the
                  // formula of log_probs accounts for them.
  static constexpr const char* name = "ctc_grad";
  static constexpr std::uint32_t kAll = input(0) | input(1) | input(2) | input(3) | input(4) | input(5);
  static constexpr Uses uses = {kAll | input(6), 0, 0, 0, 0, 0, kAll};
  static constexpr std::uint32_t constant_inputs = input(1) | input(2) | input(3) | input(4) | input(5);
  std::int64_t blank;
  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                 const Tensor& target_lengths, const Tensor& alpha, const Tensor&, const Tensor& g) const {
    const Tensor x = log_probs.contiguous(), up = g.contiguous();
    Tensor out = make_tensor(x.shape(), x.dtype());
    kernels::ctc_grad(ctc_of(x, targets, input_lengths, target_lengths, blank), data_of<double>(alpha),
                      data_of<char>(up), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const {  // ∂⟨h, ∂⟨g, loss⟩/∂x⟩/∂x
    if (s.in(0).numel() == 0) return zeros_like(s.in(0));
    const bool record = grad_enabled();
    const GradModeGuard on(true);
    Tensor x = record ? s.in(0) : s.in(0).detach();
    if (!record) x.requires_grad_();
    const Tensor counts = isfinite(s.in(5)) & (s.in(2) > 0);
    const Tensor g = where(counts, record ? s.in(6) : s.in(6).detach(), 0.0);
    const Tensor loss = composed(x, s.in(1), s.in(2), s.in(3), blank);
    const Tensor first = grad({loss}, {x}, {.grad_outputs = {g}, .create_graph = true})[0];
    return grad({first}, {x}, {.grad_outputs = {h}, .create_graph = record})[0];
  }
  Tensor vjp(In<6>, const Saved& s, const Tensor& h) const {  // −Σ h·γ
    const Tensor one = ones({h.size(1)}, {.dtype = h.dtype()});
    return (h * apply(CtcGrad{blank}, s.in(0), s.in(1), s.in(2), s.in(3), s.in(4), s.in(5), one)).sum({0, 2});
  }
};

struct Ctc {  // -> loss [n], log α [n, t, 2·s + 1]
  static constexpr const char* name = "ctc";
  static constexpr Uses uses = {input(0) | input(1) | input(2) | input(3) | output(0) | output(1), 0, 0, 0};
  static constexpr std::uint32_t constant_inputs = input(1) | input(2) | input(3);
  std::int64_t blank;
  std::pair<Tensor, Tensor> forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                                    const Tensor& target_lengths) const {
    const Tensor x = log_probs.contiguous();
    Tensor loss = make_tensor({x.size(1)}, x.dtype());
    Tensor alpha = make_tensor({x.size(1), x.size(0), 2 * targets.size(1) + 1}, float64);
    kernels::ctc_alpha(ctc_of(x, targets, input_lengths, target_lengths, blank), data_of<double>(alpha),
                       data_of<char>(loss));
    return {loss, alpha};
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return apply(CtcGrad{blank}, s.in(0), s.in(1), s.in(2), s.in(3), s.out(1).detach(), s.out(0).detach(), g);
  }
};

constexpr const char* kName = "ctc_loss";

void check_int64(const char* argument, const Tensor& t) {
  if (!t.defined()) fail<Error>(kName, "{} is undefined", argument);
  if (t.dtype() != int64) {
    fail<DTypeError>(kName, "{} must be int64, got {}: convert with .to(int64)", argument, t.dtype());
  }
}

/// Lengths [n] in 0 … most, contiguous.
Tensor checked_lengths(const char* argument, const Tensor& lengths, std::int64_t samples, std::int64_t most) {
  check_int64(argument, lengths);
  if (lengths.shape() != Shape{samples}) {
    fail<ShapeError>(kName, "{} must be [{}], got {}", argument, samples, lengths.shape());
  }
  Tensor row = lengths.detach().contiguous();
  const std::int64_t* values = data_of<std::int64_t>(row);
  for (std::int64_t n = 0; n < samples; ++n) {
    if (values[n] < 0 || values[n] > most) {
      fail<IndexError>(kName, "{} {} of sample {} is out of range [0, {}]", argument, values[n], n, most);
    }
  }
  return row;
}

/// The targets as [n, longest], checked; the blank behind the end of each.
Tensor padded_targets(const Tensor& targets, const Tensor& target_lengths, std::int64_t classes, std::int64_t blank) {
  const std::int64_t samples = target_lengths.size(0), *lengths = data_of<std::int64_t>(target_lengths);
  std::int64_t longest = 0, total = 0;
  for (std::int64_t n = 0; n < samples; ++n) {
    longest = std::max(longest, lengths[n]);
    total += lengths[n];
  }
  if (targets.dim() == 1 && targets.size(0) != total) {
    fail<ShapeError>(kName, "targets one after another must be as long as all target_lengths, got {} for {}",
                     targets.size(0), total);
  }
  const Tensor row_major = targets.contiguous();
  const std::int64_t* from = data_of<std::int64_t>(row_major);
  std::vector<std::int64_t> padded(static_cast<std::size_t>(samples * longest), blank);
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::int64_t i = 0; i < lengths[n]; ++i) {
      if (from[i] < 0 || from[i] >= classes) {
        fail<IndexError>(kName, "class {} at position {} of target {} is out of range [0, {})", from[i], i, n, classes);
      }
      if (from[i] == blank) fail<IndexError>(kName, "class {} at position {} of target {} is the blank", from[i], i, n);
      padded[static_cast<std::size_t>(n * longest + i)] = from[i];
    }
    from += targets.dim() == 1 ? lengths[n] : targets.size(1);
  }
  return from_vector(padded, {samples, longest});
}

}  // namespace

OpList ctc_ops() { return list_of<CtcGrad, Ctc>(); }

}  // namespace autograd

using namespace autograd;

Tensor ctc_rows(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, std::int64_t blank) {
  log_probs.checked(kName);
  if (!log_probs.is_floating_point()) fail<DTypeError>(kName, "log_probs must be floats, got {}", log_probs.dtype());
  if (log_probs.dim() != 3) fail<ShapeError>(kName, "log_probs must be [T, N, C], got {}", log_probs.shape());
  const std::int64_t steps = log_probs.size(0), samples = log_probs.size(1), classes = log_probs.size(2);
  check_int64("targets", targets);
  if (targets.dim() != 1 && !(targets.dim() == 2 && targets.size(0) == samples)) {
    fail<ShapeError>(kName, "targets must be [{}, S] or one after another in one dim, got {}", samples,
                     targets.shape());
  }
  if (blank < 0 || blank >= classes) {
    throw std::invalid_argument(fmt::format("{}: blank must be in [0, {}), got {}", kName, classes, blank));
  }
  const Tensor inputs = checked_lengths("input_lengths", input_lengths, samples, steps);
  const Tensor lengths = checked_lengths("target_lengths", target_lengths, samples, targets.size(-1));
  const Tensor padded = padded_targets(targets.detach(), lengths, classes, blank);
  return apply(Ctc{blank}, log_probs, padded, inputs, lengths).first;
}

}  // namespace descent
