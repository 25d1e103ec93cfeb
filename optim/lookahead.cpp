#include "lookahead.h"

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"

namespace descent::optim {

Lookahead::Lookahead(Optimizer& inner, const LookaheadOptions& options)
    : Wrapper(LookaheadOptions::kName, inner, std::make_shared<OptionsOf<LookaheadOptions>>(options)) {}

void Lookahead::prepare() {
  const NoGradGuard no_grad;
  const std::vector<Tensor> params = parameters();
  for (std::size_t i = 0; i < slow_.size(); ++i) {
    if (!(slow_[i].shape() == params[i].shape()) || slow_[i].dtype() != params[i].dtype()) {
      fail<Error>(name(), "the slow weights of parameter {} are {} of shape {}, it is {} of shape {}", i,
                  slow_[i].dtype(), slow_[i].shape(), params[i].dtype(), params[i].shape());
    }
  }
  for (std::size_t i = slow_.size(); i < params.size(); ++i) slow_.push_back(params[i].detach().clone());
}

void Lookahead::advance() {
  const auto& o = options<LookaheadOptions>();
  if (++count_ < o.k) return;
  count_ = 0;
  const NoGradGuard no_grad;
  std::vector<Tensor> params = parameters();
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].is_floating_point()) continue;
    slow_[i] = slow_[i] + (params[i].detach() - slow_[i]) * o.alpha;
    params[i].copy_(slow_[i]);
  }
}

void Lookahead::do_step() {
  prepare();
  inner().step();
  advance();
}

Tensor Lookahead::do_step(const std::function<Tensor()>& closure) {
  prepare();
  const Tensor loss = inner().step(closure);
  advance();
  return loss;
}

void Lookahead::copy_slow_weights() {
  const NoGradGuard no_grad;
  prepare();
  std::vector<Tensor> params = parameters();
  for (std::size_t i = 0; i < params.size(); ++i) params[i].copy_(slow_[i]);
}

std::int64_t Lookahead::state_bytes() const {
  std::int64_t bytes = inner().state_bytes();
  for (const Tensor& s : slow_) bytes += s.numel() * static_cast<std::int64_t>(size_of(s.dtype()));
  return bytes;
}

void Lookahead::save_more(StateDict& out) const {
  const NoGradGuard no_grad;
  out[key("count")] = full(Shape(), static_cast<double>(count_), {.dtype = float64});
  for (std::size_t i = 0; i < slow_.size(); ++i) out[key("slow", i)] = slow_[i].clone();
}

std::function<void()> Lookahead::load_more(const StateDict& state, std::vector<std::string>& known) {
  const std::int64_t count = load_count(state, "count", known);
  const std::vector<Tensor> params = parameters();
  std::vector<Tensor> slow;
  if (state.contains(key("slow", 0))) {
    for (std::size_t i = 0; i < params.size() && (i == 0 || state.contains(key("slow", i))); ++i)
      slow.push_back(load_like(state, key("slow", i), params[i], known));
  }
  if (count > 0 && slow.size() < params.size()) {
    fail<Error>(name(), "load_state_dict: '{}' is missing", key("slow", slow.size()));
  }
  return [this, count, slow = std::move(slow)]() mutable {
    count_ = count;
    slow_ = std::move(slow);
  };
}

}  // namespace descent::optim
