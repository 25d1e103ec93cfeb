// Every loss, as function and as module.
#pragma once

#include "binary_cross_entropy.h"
#include "cross_entropy.h"
#include "nll.h"
#include "reduction.h"
#include "regression.h"
