#include "parameter_average.h"

#include <cmath>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops.h"

namespace descent::optim {

ParameterAverage::ParameterAverage(const char* name, const char* count_name, const std::vector<Tensor>& params,
                                   std::shared_ptr<AnyOptions> options)
    : name_(name), count_name_(count_name), params_(params), options_(std::move(options)) {
  options_->check();
  if (params.empty()) fail<std::invalid_argument>(name, "the list of parameters must not be empty");
  std::unordered_set<const TensorImpl*> seen;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(name, "parameter {} must be defined", i);
    if (!seen.insert(params[i].impl()).second) {
      fail<std::invalid_argument>(name, "a parameter must be given once, got parameter {} of shape {} again", i,
                                  params[i].shape());
    }
  }
  const NoGradGuard no_grad;
  for (const Tensor& p : params) averages_.push_back(p.detach().clone());
}

void ParameterAverage::check_free(const char* what) const {
  if (swapped_) fail<Error>(name_, "{} must not come while the averages are swapped in", what);
}

void ParameterAverage::check_fit(const std::vector<Tensor>& params) const {
  if (params.size() != averages_.size()) {
    fail<Error>(name_, "there are {} averages, got {} parameters", averages_.size(), params.size());
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Tensor &p = params[i], &a = averages_[i];
    if (!p.defined()) fail<Error>(name_, "parameter {} must be defined", i);
    if (!(p.shape() == a.shape()) || p.dtype() != a.dtype()) {
      fail<Error>(name_, "parameter {} must be {} of shape {} as its average, got {} of shape {}", i, a.dtype(),
                  a.shape(), p.dtype(), p.shape());
    }
  }
}

void ParameterAverage::check_update() const {
  check_free("update");
  check_fit(params_);
}

void ParameterAverage::take(double weight) {
  const NoGradGuard no_grad;
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const Tensor p = params_[i].detach();
    if (weight == 1 || !p.is_floating_point()) {
      averages_[i].copy_(p);
    } else {
      averages_[i].copy_(averages_[i] + (p - averages_[i]) * weight);
    }
  }
}

void ParameterAverage::copy_to() {
  check_free("copy_to");
  copy_to(params_);
}

void ParameterAverage::copy_to(const std::vector<Tensor>& params) {
  check_free("copy_to");
  check_fit(params);
  const NoGradGuard no_grad;
  for (std::size_t i = 0; i < params.size(); ++i) Tensor(params[i]).copy_(averages_[i]);
}

void ParameterAverage::swap() {
  check_fit(params_);
  exchange();
}

void ParameterAverage::exchange() noexcept {
  const NoGradGuard no_grad;
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const Tensor value = params_[i].detach().clone();
    params_[i].copy_(averages_[i]);
    averages_[i].copy_(value);
  }
  swapped_ = !swapped_;
}

ParameterAverage::Scope ParameterAverage::apply() {
  check_free("apply");
  return Scope(*this);
}

StateDict ParameterAverage::state_dict() const {
  check_free("state_dict");
  const NoGradGuard no_grad;
  StateDict out;
  for (const Option& option : options_->fields()) out[option.name] = option_to_tensor(option);
  out[count_name_] = full(Shape(), static_cast<double>(count_), {.dtype = float64});
  if (calls_name_) out[calls_name_] = full(Shape(), static_cast<double>(calls_), {.dtype = float64});
  for (std::size_t i = 0; i < averages_.size(); ++i) out[fmt::format("average.{}", i)] = averages_[i].clone();
  return out;
}

void ParameterAverage::load_state_dict(const StateDict& state) {
  check_free("load_state_dict");
  const NoGradGuard no_grad;
  std::unordered_set<std::string> known;
  const auto take_entry = [&](const std::string& key) -> const Tensor& {
    known.insert(key);
    if (!state.contains(key)) fail<Error>(name_, "load_state_dict: '{}' is missing", key);
    return state.at(key);
  };
  const auto whole = [&](const char* key) {
    const Tensor& t = take_entry(key);
    const double value = t.defined() && t.numel() == 1 ? t.item<double>() : -1;
    if (!(value >= 0 && value < 9e15 && value == std::floor(value))) {
      fail<Error>(name_, "load_state_dict: '{}' must be one whole number", key);
    }
    return static_cast<std::int64_t>(value);
  };
  const std::unique_ptr<AnyOptions> options = options_->clone();
  for (const Option& option : options->fields()) {  // one that is missing keeps its value, as in Optimizer
    if (state.contains(option.name)) option_from_tensor(name_, option, take_entry(option.name));
  }
  options->check();
  const std::int64_t count = whole(count_name_), calls = calls_name_ ? whole(calls_name_) : 0;
  std::vector<Tensor> averages;
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    const std::string key = fmt::format("average.{}", i);
    const Tensor& t = take_entry(key);
    if (!t.defined() || !(t.shape() == params_[i].shape())) {
      fail<Error>(name_, "load_state_dict: '{}' must have the parameter's shape {}, got {}", key, params_[i].shape(),
                  t.defined() ? t.shape().str() : std::string("an undefined tensor"));
    }
    averages.push_back(t.detach().to(params_[i].dtype()).contiguous().clone());
  }
  for (const auto& [key, tensor] : state) {
    if (!known.count(key)) fail<Error>(name_, "load_state_dict: '{}' is unexpected", key);
  }
  options_->assign(*options);
  count_ = count;
  calls_ = calls;
  averages_ = std::move(averages);
}

}  // namespace descent::optim
