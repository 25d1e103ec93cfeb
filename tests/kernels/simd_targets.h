// Runs a test on each instruction set that the kernels are compiled for and this machine has.
#pragma once

#include "../../kernels/targets.h"
#include "hwy/highway.h"

namespace descent::testing {

/// Calls f(name of the instruction set) with the kernels switched to each in turn, then switches back.
template <class F>
void for_each_target(F&& f) {
  const auto choose = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    choose(target);
    f(hwy::TargetName(target));
  }
  choose(0);
}

}  // namespace descent::testing
