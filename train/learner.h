// What fit and evaluate need of a network and a criterion, whatever their types: the thin seam between the templates
// that users call and the code behind them.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::train {

/// A network and a criterion, by reference.
struct Learner {
  std::function<Tensor(const Tensor&)> forward;
  std::function<Tensor(const Tensor&, const Tensor&)> criterion;
  std::function<void(bool)> set_training;                 ///< may be empty
  std::function<std::function<void()>()> remember_modes;  ///< yields what restores today's modes; may be empty
};

/// Any callable as network; train(bool) is used where there is one, modules() or is_training() to restore.
template <class Net, class Criterion>
Learner make_learner(Net& net, Criterion& criterion) {
  Learner learner;
  learner.forward = [&net](const Tensor& x) -> Tensor { return net(x); };
  learner.criterion = [&criterion](const Tensor& output, const Tensor& y) -> Tensor { return criterion(output, y); };
  if constexpr (requires { net.train(true); }) learner.set_training = [&net](bool mode) { net.train(mode); };
  if constexpr (requires { net.modules().front()->is_training(); }) {
    learner.remember_modes = [&net]() -> std::function<void()> {
      std::vector<std::pair<typename decltype(net.modules())::value_type, bool>> modes;
      for (auto* module : net.modules()) modes.emplace_back(module, module->is_training());
      return [modes] {  // parents first: a child's own mode comes after its parent's
        for (const auto& [module, mode] : modes) module->train(mode);
      };
    };
  } else if constexpr (requires { net.is_training(); }) {
    learner.remember_modes = [&net]() -> std::function<void()> {
      return [&net, mode = net.is_training()] { net.train(mode); };
    };
  }
  return learner;
}

/// Gives the network the modes back that it had, when the scope ends.
class ModeGuard {
 public:
  explicit ModeGuard(const Learner& learner) {
    if (learner.remember_modes) restore_ = learner.remember_modes();
  }
  ~ModeGuard() {
    if (restore_) restore_();
  }
  ModeGuard(const ModeGuard&) = delete;
  ModeGuard& operator=(const ModeGuard&) = delete;

 private:
  std::function<void()> restore_;
};

}  // namespace descent::train
