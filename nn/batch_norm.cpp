#include "batch_norm.h"

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/normalization.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

NormBase::NormBase(const NormBase& other) = default;
NormBase& NormBase::operator=(const NormBase& other) = default;
NormBase::~NormBase() = default;

NormBase::NormBase(const char* layer, std::int64_t num_features, double eps, std::optional<double> momentum,
                   bool affine, bool track_running_stats, DType dtype)
    : layer_(layer), num_features_(num_features), eps_(eps), momentum_(momentum) {
  check_at_least(1, num_features, layer, "num_features");
  check_eps(eps, layer);
  if (momentum && !(*momentum >= 0 && *momentum <= 1)) {
    throw std::invalid_argument(fmt::format("{}: momentum must be in [0, 1], got {}", layer, *momentum));
  }
  check_floating(dtype, layer);
  const TensorOptions like{.dtype = dtype};
  const auto given = [&](bool wanted, Tensor (*make)(const Shape&, const TensorOptions&)) {
    return wanted ? make({num_features}, like) : Tensor();
  };
  weight = register_parameter("weight", given(affine, ones));
  bias = register_parameter("bias", given(affine, zeros));
  running_mean = register_buffer("running_mean", given(track_running_stats, zeros));
  running_var = register_buffer("running_var", given(track_running_stats, ones));
  num_batches_tracked =
      register_buffer("num_batches_tracked", track_running_stats ? zeros({}, {.dtype = int64}) : Tensor());
}

void NormBase::reset_running_stats() {
  if (!tracks()) return;
  running_mean.zero_();
  running_var.fill_(1);
  num_batches_tracked.zero_();
}

void NormBase::reset_parameters() {
  reset_running_stats();
  if (!weight.defined()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

std::string NormBase::extra_repr() const {
  return fmt::format("{}, eps={}, momentum={}, affine={}, track_running_stats={}", num_features_, python(eps_),
                     python(momentum_), python(weight.defined()), python(tracks()));
}

BatchNormNd::BatchNormNd(const char* layer, int dims, std::int64_t num_features, const BatchNorm1dOptions& o)
    : NormBase(layer, num_features, o.eps, o.momentum, o.affine, o.track_running_stats, o.dtype), dims_(dims) {}

Tensor BatchNormNd::forward(const Tensor& x) {
  if (x.dim() != dims_ + 2 && !(dims_ == 1 && x.dim() == 2)) {
    fail<ShapeError>(layer_, "takes an input of {} dims, got {}",
                     dims_ == 1   ? "2 or 3"
                     : dims_ == 2 ? "4"
                                  : "5",
                     x.shape());
  }
  const bool update = is_training() && tracks();
  double factor = momentum_.value_or(0);
  if (update && !momentum_) factor = 1 / (num_batches_tracked.item<double>() + 1);  // the average of all batches
  Tensor y = batch_norm(x, running_mean, running_var, weight, bias,
                        {.training = is_training() || !tracks(), .momentum = factor, .eps = eps_});
  if (update) num_batches_tracked.add_(1);
  return y;
}

InstanceNormNd::InstanceNormNd(const char* layer, int dims, std::int64_t num_features, const InstanceNorm1dOptions& o)
    : NormBase(layer, num_features, o.eps, o.momentum, o.affine, o.track_running_stats, o.dtype), dims_(dims) {}

Tensor InstanceNormNd::forward(const Tensor& x) {
  if (x.dim() != dims_ + 2 && x.dim() != dims_ + 1) {
    fail<ShapeError>(layer_, "takes an input of {} or, without a batch, {} dims, got {}", dims_ + 2, dims_ + 1,
                     x.shape());
  }
  const bool batched = x.dim() == dims_ + 2;
  const Tensor y =
      instance_norm(batched ? x : x.unsqueeze(0), running_mean, running_var, weight, bias,
                    {.use_input_stats = is_training() || !tracks(), .momentum = momentum_.value_or(0), .eps = eps_});
  return batched ? y : y.squeeze(0);
}

}  // namespace descent::nn
