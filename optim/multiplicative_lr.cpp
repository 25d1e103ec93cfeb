#include "multiplicative_lr.h"

namespace descent::optim {

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, const MultiplicativeLROptions& options)
    : Scheduler(MultiplicativeLROptions::kName, optimizer,
                std::make_shared<OptionsOf<MultiplicativeLROptions>>(options), options.last_epoch),
      lambdas_(options.lr_lambda.expand(name(), groups())) {
  start();
}

double MultiplicativeLR::next_lr(std::size_t group, double lr, double) const {
  return last_epoch() > 0 ? lr * lambdas_[group](last_epoch()) : lr;
}

}  // namespace descent::optim
