#include "hogwild.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <thread>
#include <unordered_set>

#include "../autograd/autograd.h"
#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/tensor_impl.h"

namespace descent::optim {

/// The parameters that all workers read and write, and what they count.
class Hogwild::Shared {
 public:
  Shared(const std::vector<Tensor>& params, double lr, std::int64_t steps)
      : params_(params), lr_(lr), losses_(static_cast<std::size_t>(steps)) {}

  /// Only element by element: others may be writing.
  void read(const std::vector<Tensor>& copies) const {
    for (std::size_t i = 0; i < params_.size(); ++i) {
      each_type(params_[i], [&]<class T>() {
        T *from = autograd::data_of<T>(params_[i]), *to = autograd::data_of<T>(copies[i]);
        for (std::int64_t k = 0, n = params_[i].numel(); k < n; ++k)
          to[k] = std::atomic_ref<T>(from[k]).load(std::memory_order_relaxed);
      });
      copies[i].impl()->storage->written();
    }
  }

  void subtract(std::size_t i, const Tensor& gradient) const {
    each_type(params_[i], [&]<class T>() {
      T* const x = autograd::data_of<T>(params_[i]);
      const T *const g = autograd::data_of<T>(gradient), lr = T(lr_);
      for (std::int64_t k = 0, n = params_[i].numel(); k < n; ++k) {
        if (g[k] == 0) continue;
        const std::atomic_ref<T> element(x[k]);
        T before = element.load(std::memory_order_relaxed);
        while (!element.compare_exchange_weak(before, before - lr * g[k], std::memory_order_relaxed)) {
        }
      }
    });
  }

  std::int64_t time() const noexcept { return time_.load(std::memory_order_relaxed); }
  void updated(std::int64_t read_at) {
    const std::int64_t staleness = time_.fetch_add(1, std::memory_order_relaxed) - read_at;
    total_.fetch_add(staleness, std::memory_order_relaxed);
    std::int64_t most = most_.load(std::memory_order_relaxed);
    while (staleness > most && !most_.compare_exchange_weak(most, staleness, std::memory_order_relaxed)) {
    }
  }
  /// The number of the next step, −1 after the last.
  std::int64_t next() noexcept {
    const std::int64_t step = next_.fetch_add(1, std::memory_order_relaxed);
    return step < static_cast<std::int64_t>(losses_.size()) ? step : -1;
  }
  void stop() noexcept { next_.store(static_cast<std::int64_t>(losses_.size()), std::memory_order_relaxed); }
  void set_loss(std::int64_t step, double loss) { losses_[static_cast<std::size_t>(step)] = loss; }

  /// After all workers.
  HogwildReport report() {
    for (const Tensor& p : params_) p.impl()->storage->written();
    HogwildReport out{.updates = time(), .max_staleness = most_, .losses = std::move(losses_)};
    if (out.updates > 0) out.mean_staleness = static_cast<double>(total_) / static_cast<double>(out.updates);
    return out;
  }
  const std::vector<Tensor>& params() const noexcept { return params_; }

 private:
  template <class F>
  static void each_type(const Tensor& p, F f) {
    if (p.dtype() == float64)
      f.template operator()<double>();
    else
      f.template operator()<float>();
  }

  const std::vector<Tensor>& params_;
  const double lr_;
  std::vector<double> losses_;
  std::atomic<std::int64_t> next_{0}, time_{0}, total_{0}, most_{0};
};

/// One worker with its copy of the parameters.
class Hogwild::Worker {
 public:
  Worker(Shared& shared, const Loss& loss) : shared_(shared), loss_(loss) {
    for (const Tensor& p : shared.params()) {
      copies_.push_back(zeros(p.shape(), {.dtype = p.dtype(), .requires_grad = p.requires_grad()}));
      if (p.requires_grad()) wanted_.push_back(copies_.back());
    }
  }

  /// False when there is no step left.
  bool read() {
    step_ = shared_.next();
    if (step_ < 0) return false;
    read_at_ = shared_.time();
    shared_.read(copies_);
    return true;
  }

  void write() {
    const GradModeGuard recording(true);
    const Tensor loss = loss_(copies_, step_);
    if (!loss.defined() || loss.numel() != 1) {
      fail<ShapeError>(HogwildOptions::kName, "the loss must have one element, got {}",
                       loss.defined() ? loss.shape().str() : std::string("an undefined tensor"));
    }
    std::vector<Tensor> gradients(wanted_.size());
    if (!wanted_.empty() && loss.requires_grad()) {
      gradients = autograd::grad({loss.sum()}, wanted_, {.allow_unused = true});
    }
    for (Tensor& g : gradients) {
      if (g.defined()) g = g.detach().contiguous();
    }
    shared_.set_loss(step_, loss.item<double>());
    for (std::size_t i = 0, k = 0; i < copies_.size(); ++i) {
      if (!copies_[i].requires_grad()) continue;
      if (gradients[k].defined()) shared_.subtract(i, gradients[k]);
      ++k;
    }
    shared_.updated(read_at_);
  }

 private:
  Shared& shared_;
  const Loss& loss_;
  std::vector<Tensor> copies_, wanted_;
  std::int64_t step_ = 0, read_at_ = 0;
};

namespace {

/// splitmix64, Steele, Lea and Flood 2014.
std::uint64_t mix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

}  // namespace

Hogwild::Hogwild(const std::vector<Tensor>& params, const HogwildOptions& options)
    : params_(params), options_(options) {
  constexpr const char* kName = HogwildOptions::kName;
  check_options(kName, options_.fields());
  if (options.workers > 4096)
    fail<std::invalid_argument>(kName, "workers must be at most 4096, got {}", options.workers);
  if (params.empty()) fail<std::invalid_argument>(kName, "the list of parameters must not be empty");
  std::unordered_set<const TensorImpl*> seen;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Tensor& p = params[i];
    if (!p.defined()) fail<std::invalid_argument>(kName, "parameter {} must be defined", i);
    const auto refuse = [&](const char* rule) {
      fail<std::invalid_argument>(kName, "parameter {} of shape {} must {}", i, p.shape(), rule);
    };
    if (!p.is_leaf()) refuse("be a leaf");
    if (!p.is_contiguous()) refuse("be contiguous");
    if (!p.is_floating_point()) refuse("be float32 or float64");
    if (!seen.insert(p.impl()).second) refuse("be given once");
  }
}

HogwildReport Hogwild::run(std::int64_t steps, const Loss& loss) {
  constexpr const char* kName = HogwildOptions::kName;
  if (steps < 0) fail<std::invalid_argument>(kName, "steps must be at least 0, got {}", steps);
  if (!loss) fail<std::invalid_argument>(kName, "loss must be a function");
  Shared shared(params_, options_.lr, steps);
  std::vector<Worker> workers;
  for (std::int64_t w = std::min(options_.workers, steps); w > 0; --w) workers.emplace_back(shared, loss);

  std::exception_ptr error;
  if (options_.simulate || workers.size() <= 1) {
    try {
      std::uint64_t state = static_cast<std::uint64_t>(options_.seed) + static_cast<std::uint64_t>(updates_) * 0x10001u;
      std::vector<Worker*> busy;
      for (Worker& worker : workers) {
        if (worker.read()) busy.push_back(&worker);
      }
      while (!busy.empty()) {
        const auto k = static_cast<std::ptrdiff_t>(mix(state) % busy.size());
        busy[static_cast<std::size_t>(k)]->write();
        if (!busy[static_cast<std::size_t>(k)]->read()) busy.erase(busy.begin() + k);
      }
    } catch (...) {
      error = std::current_exception();
    }
  } else {
    std::atomic_flag failed;
    const auto work = [&](Worker& worker) {
      try {
        while (worker.read()) worker.write();
      } catch (...) {
        shared.stop();
        if (!failed.test_and_set()) error = std::current_exception();  // read after all have been joined
      }
    };
    std::vector<std::thread> threads;
    threads.reserve(workers.size());
    try {
      for (Worker& worker : workers) threads.emplace_back([&work, &worker] { work(worker); });
    } catch (...) {  // no more threads
      shared.stop();
      if (!failed.test_and_set()) error = std::current_exception();
    }
    for (std::thread& thread : threads) thread.join();
  }
  HogwildReport report = shared.report();
  updates_ += report.updates;
  if (error) std::rethrow_exception(error);
  return report;
}

void Hogwild::set_lr(double lr) {
  check_option(HogwildOptions::kName, "lr", Range::AtLeastZero, lr);
  options_.lr = lr;
}

StateDict Hogwild::state_dict() const {
  const NoGradGuard no_grad;
  StateDict out;
  HogwildOptions copy = options_;
  for (const Option& option : copy.fields()) out[option.name] = option_to_tensor(option);
  out["updates"] = full(Shape(), static_cast<double>(updates_), {.dtype = float64});
  return out;
}

void Hogwild::load_state_dict(const StateDict& state) {
  constexpr const char* kName = HogwildOptions::kName;
  const NoGradGuard no_grad;
  HogwildOptions loaded;
  std::int64_t updates = 0;
  std::vector<Option> fields = loaded.fields();
  fields.emplace_back("updates", &updates, Range::AtLeastZero);
  for (const Option& option : fields) {
    if (!state.contains(option.name)) fail<Error>(kName, "load_state_dict: '{}' is missing", option.name);
    option_from_tensor(kName, option, state.at(option.name));
  }
  for (const auto& entry : state) {
    const std::string& key = entry.first;
    const bool known = std::any_of(fields.begin(), fields.end(), [&](const Option& o) { return key == o.name; });
    if (!known) fail<Error>(kName, "load_state_dict: '{}' is unexpected", key);
  }
  options_ = loaded;
  updates_ = updates;
}

}  // namespace descent::optim
