#include "fit.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../optim/optimizer.h"
#include "../optim/scheduler.h"
#include "diagnostics.h"
#include "evaluate.h"
#include "means-inl.h"
#include "progress.h"

namespace descent::train {
namespace {

constexpr const char* kOp = "fit";

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Clipping is on while it lives.
class ClipGuard {
 public:
  ClipGuard(optim::Optimizer& opt, std::optional<double> max_norm) : opt_(opt), on_(max_norm.has_value()) {
    if (on_) opt_.set_clip_norm(*max_norm);
  }
  ~ClipGuard() {
    if (on_) opt_.set_clip_norm(std::numeric_limits<double>::infinity());
  }
  ClipGuard(const ClipGuard&) = delete;
  ClipGuard& operator=(const ClipGuard&) = delete;

 private:
  optim::Optimizer& opt_;
  bool on_;
};

/// The parameters are those to be evaluated while it lives.
class EvalGuard {
 public:
  explicit EvalGuard(optim::Optimizer& opt) : opt_(opt) { opt_.eval(); }
  ~EvalGuard() { opt_.train(); }
  EvalGuard(const EvalGuard&) = delete;
  EvalGuard& operator=(const EvalGuard&) = delete;

 private:
  optim::Optimizer& opt_;
};

/// A step that an exception breaks off is given up.
struct WatchGuard {
  Diagnostics* watch;
  ~WatchGuard() {
    if (watch != nullptr) watch->cancel_step();
  }
};

/// One run of fit.
class Run {
 public:
  Run(const Learner& learner, optim::Optimizer& opt, data::DataLoader& loader, const FitOptions& options)
      : learner_(learner), opt_(opt), loader_(loader), options_(options) {
    if (options.progress) progress_.emplace(options.epochs, loader.size(), ProgressOptions{.out = options.log});
  }

  History history;

  void epoch(std::int64_t number) {
    const auto start = std::chrono::steady_clock::now();
    Epoch result{.epoch = number, .lr = lr()};
    opt_.train();
    if (learner_.set_training) learner_.set_training(true);
    Means means;
    for (auto [x, y] : loader_) {
      if (!y.defined()) fail<Error>(kOp, "the data set has no targets: its batches hold {} alone", x.shape());
      step(x, y, number, means);
      if (progress_) progress_->step(means.loss(), means.accuracy(), history.step_lr.back());
      if (options_.scheduler != nullptr && each_step()) options_.scheduler->step();
    }
    result.train_loss = means.loss();
    result.train_accuracy = means.accuracy();
    if (options_.validation != nullptr) {
      const EvalGuard at_average(opt_);
      const Evaluation v = evaluate(learner_, *options_.validation);
      result.validation_loss = v.loss;
      result.validation_accuracy = v.accuracy;
    }
    result.seconds = seconds_since(start);
    history.epochs.push_back(result);
    if (progress_) progress_->epoch(result);
    if (options_.scheduler == nullptr || each_step()) return;
    options_.scheduler->step_with(options_.scheduler->needs_metric() ? metric(result) : kNone);
  }

 private:
  bool each_step() const { return options_.scheduler_interval == "step"; }
  double metric(const Epoch& epoch) const {
    if (options_.metric) return options_.metric(epoch);
    return options_.validation != nullptr ? epoch.validation_loss : epoch.train_loss;
  }
  double lr() const { return opt_.param_groups().empty() ? kNone : opt_.param_groups()[0].lr(); }

  void step(const Tensor& x, const Tensor& y, std::int64_t epoch, Means& means) {
    Diagnostics* const watch = options_.diagnostics;
    bool first = true;  // an optimizer may evaluate more than once a step; what counts is where the step started
    opt_.step([&]() -> Tensor {
      opt_.zero_grad();
      const Tensor output = learner_.forward(x);
      const Tensor loss = learner_.criterion(output, y);
      const double value = loss.item<double>();
      if (first) {
        if (!std::isfinite(value)) {
          fail<Error>(kOp, "the loss is {} at step {} (epoch {}): a learning rate below {} or clip_norm may help",
                      value, history.step_loss.size() + 1, epoch, lr());
        }
        history.step_loss.push_back(value);
        history.step_lr.push_back(lr());
        means.add(value, output, y, x.size(0));
        first = false;
      }
      if (watch != nullptr) watch->before_backward(loss);
      loss.backward();
      if (watch != nullptr) watch->before_step();
      return loss;
    });
    if (watch != nullptr) watch->after_step(history.step_loss.back());
  }

  const Learner& learner_;
  optim::Optimizer& opt_;
  data::DataLoader& loader_;
  const FitOptions& options_;
  std::optional<Progress> progress_;
};

}  // namespace

History fit(const Learner& learner, optim::Optimizer& opt, data::DataLoader& loader, const FitOptions& options) {
  if (options.epochs < 0) {
    throw std::invalid_argument(fmt::format("{}: epochs must not be negative, got {}", kOp, options.epochs));
  }
  if (options.clip_norm && !(*options.clip_norm > 0)) {
    throw std::invalid_argument(fmt::format("{}: clip_norm must be positive, got {}", kOp, *options.clip_norm));
  }
  if (options.scheduler_interval != "epoch" && options.scheduler_interval != "step") {
    throw std::invalid_argument(fmt::format("{}: scheduler_interval must be \"epoch\" or \"step\", got \"{}\"", kOp,
                                            options.scheduler_interval));
  }
  if (options.scheduler != nullptr && options.scheduler->needs_metric() && options.scheduler_interval == "step") {
    throw std::invalid_argument(
        fmt::format("{}: scheduler_interval must be \"epoch\" for a schedule that needs a metric", kOp));
  }
  if (loader.size() == 0 && options.epochs > 0) fail<Error>(kOp, "the loader has no batches");
  const ModeGuard modes(learner);
  const ClipGuard clip(opt, options.clip_norm);
  const WatchGuard watch{options.diagnostics};
  Run run(learner, opt, loader, options);
  for (std::int64_t number = 1; number <= options.epochs; ++number) run.epoch(number);
  return std::move(run.history);
}

}  // namespace descent::train
