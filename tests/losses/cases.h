// The losses of tests/data/losses/vocabulary.txt, under the names that tests/reference/losses.py gives them.
#pragma once

#include <functional>

#include "../fixture.h"
#include "autograd/state_dict.h"
#include "losses/losses.h"

namespace descent::testing {

/// One loss with its options; inputs and options are read from the table as `<set>/<input>`.
struct LossCase {
  /// in: the inputs of the set by name.
  using Function = std::function<Tensor(const StateDict& in, Reduction reduction, const Tensor& sample_weight)>;
  std::string name, set;
  std::vector<std::string> leaves;  ///< inputs with a gradient
  Function f;
  bool smooth = true;      ///< no kink at or near these inputs: finite differences hold
  bool plain_mean = true;  ///< a mean is over the elements alone
};

std::vector<LossCase> loss_cases();

/// The inputs of a case; those in `leaves` require grad.
StateDict inputs_of(const LossCase& loss_case, const StateDict& table);

}  // namespace descent::testing
