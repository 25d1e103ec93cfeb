#include "param_group.h"

#include "../autograd/fail-inl.h"

namespace descent::optim {

const Option* ParamGroup::find(std::string_view name) const {
  for (const Option& option : fields_) {
    if (name == option.name) return &option;
  }
  return nullptr;
}

const Option& ParamGroup::number(std::string_view name) const {
  const Option* option = find(name);
  if (!option) fail<std::invalid_argument>(owner_, "has no option named {}", name);
  if (option->size() != 1) fail<std::invalid_argument>(owner_, "option {} is not a single number", name);
  return *option;
}

double ParamGroup::get(std::string_view name) const { return number(name).get(); }

void ParamGroup::set(std::string_view name, double value) { number(name).set(owner_, value); }

// The momentum is the option of that name, or the first of the betas.
const Option& ParamGroup::momentum_option() const {
  const Option* option = find("momentum");
  if (!option) option = find("betas");
  if (!option) fail<std::invalid_argument>(owner_, "has neither momentum nor betas");
  return *option;
}

bool ParamGroup::has_momentum() const { return find("momentum") || find("betas"); }

double ParamGroup::momentum() const { return momentum_option().get(0); }

void ParamGroup::set_momentum(double momentum) { momentum_option().set(owner_, momentum, 0); }

}  // namespace descent::optim
