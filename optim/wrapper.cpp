#include "wrapper.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "sparse-inl.h"

namespace descent::optim {

Wrapper::Wrapper(const char* name, Optimizer& inner, std::shared_ptr<AnyOptions> options)
    : Optimizer(name, inner), options_(std::move(options)) {
  options_->check();
  for (const Optimizer* o = &inner; o; o = o->wrapped_) {
    if (std::string_view(o->name()) == name) {
      fail<std::invalid_argument>(name, "the optimizer must not be wrapped in another {} already", name);
    }
  }
}

std::string Wrapper::key(const char* what) const { return fmt::format("{}.{}", name(), what); }

std::string Wrapper::key(const char* what, std::size_t i) const { return fmt::format("{}.{}.{}", name(), what, i); }

StateDict Wrapper::state_dict() const {
  StateDict out = wrapped_->state_dict();
  for (const Option& option : options_->fields()) out[key(option.name)] = option_to_tensor(option);
  save_more(out);
  return out;
}

void Wrapper::load_state_dict(const StateDict& state) {
  NoGradGuard no_grad;
  std::vector<std::string> known;
  const std::unique_ptr<AnyOptions> options = options_->clone();
  for (const Option& option : options->fields()) {
    known.push_back(key(option.name));
    if (!state.contains(known.back())) fail<Error>(name(), "load_state_dict: '{}' is missing", known.back());
    option_from_tensor(name(), option, state.at(known.back()));
  }
  options->check();
  const std::function<void()> more = load_more(state, known);
  StateDict rest;
  for (const auto& [entry, tensor] : state) {
    if (std::find(known.begin(), known.end(), entry) == known.end()) rest[entry] = tensor;
  }
  wrapped_->load_state_dict(rest);
  options_->assign(*options);
  if (more) more();
}

std::int64_t Wrapper::load_count(const StateDict& state, const char* what, std::vector<std::string>& known) const {
  known.push_back(key(what));
  if (!state.contains(known.back())) fail<Error>(name(), "load_state_dict: '{}' is missing", known.back());
  const Tensor& t = state.at(known.back());
  const double value = t.defined() && t.numel() == 1 ? t.item<double>() : -1;
  if (!(value >= 0 && value < 9e15 && value == std::floor(value))) {
    fail<Error>(name(), "load_state_dict: '{}' must be one whole number", known.back());
  }
  return static_cast<std::int64_t>(value);
}

Tensor Wrapper::load_like(const StateDict& state, const std::string& entry, const Tensor& p,
                          std::vector<std::string>& known) const {
  known.push_back(entry);
  if (!state.contains(entry)) fail<Error>(name(), "load_state_dict: '{}' is missing", entry);
  const Tensor& t = state.at(entry);
  if (!t.defined() || !(t.shape() == p.shape())) {
    fail<Error>(name(), "load_state_dict: '{}' must have the parameter's shape {}, got {}", entry, p.shape(),
                t.defined() ? t.shape().str() : std::string("an undefined tensor"));
  }
  return t.detach().to(p.dtype()).contiguous().clone();
}

void Wrapper::step_scaled(double factor) {
  struct Factor {
    Optimizer& o;
    ~Factor() { o.factor_ = 1; }
  };
  Optimizer* innermost = wrapped_;
  while (innermost->wrapped_) innermost = innermost->wrapped_;
  const Factor guard{*innermost};
  innermost->factor_ = factor;
  wrapped_->step();
}

std::vector<Tensor> Wrapper::parameters() const {
  std::vector<Tensor> all;
  for (const ParamGroup& group : param_groups()) all.insert(all.end(), group.params.begin(), group.params.end());
  return all;
}

void Wrapper::refuse_sparse() const {
  for (const Tensor& p : parameters()) detail::refuse_sparse(name(), p.grad());
}

}  // namespace descent::optim
