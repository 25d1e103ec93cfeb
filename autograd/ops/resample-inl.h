// What the lists of pooling.cpp need of resample.cpp.
#pragma once

#include "../op_list.h"

namespace descent::autograd {
OpList resample_ops();
}  // namespace descent::autograd
