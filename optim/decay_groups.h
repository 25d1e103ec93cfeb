// Parameters with and without weight decay.
#pragma once

#include "optimizer.h"

namespace descent::optim {

/// Two param groups: the parameters with dim() > 1, and without weight decay (and SGD's penalties) those with dim() <=
/// 1, biases and norms. A group that would be empty is left out. For every optimizer whose options have `weight_decay`;
/// where they have `exclude_1d` this does the same within one group, and the order of the parameters stays.
///
///     optim::Lion opt(optim::decay_groups<optim::LionOptions>(net.parameters()), {.weight_decay = 0.1});
template <class O>
std::vector<Group<O>> decay_groups(const std::vector<Tensor>& params) {
  Group<O> decay, plain;
  plain.change = [](O& o) {
    o.weight_decay = 0;
    if constexpr (requires { o.l1; }) o.l1 = 0;
    if constexpr (requires { o.group_lasso; }) o.group_lasso = 0;
  };
  for (const Tensor& p : params) (p.defined() && p.dim() <= 1 ? plain : decay).params.push_back(p);
  std::vector<Group<O>> groups;
  for (Group<O>* group : {&decay, &plain}) {
    if (!group->params.empty()) groups.push_back(std::move(*group));
  }
  return groups;
}

}  // namespace descent::optim
