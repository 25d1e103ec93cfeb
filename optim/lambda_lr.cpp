#include "lambda_lr.h"

namespace descent::optim {

LambdaLR::LambdaLR(Optimizer& optimizer, const LambdaLROptions& options)
    : Scheduler(LambdaLROptions::kName, optimizer, std::make_shared<OptionsOf<LambdaLROptions>>(options),
                options.last_epoch),
      lambdas_(options.lr_lambda.expand(name(), groups())) {
  start();
}

double LambdaLR::next_lr(std::size_t group, double, double base_lr) const {
  return base_lr * lambdas_[group](last_epoch());
}

}  // namespace descent::optim
