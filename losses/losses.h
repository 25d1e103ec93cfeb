// Every loss, as function and as module, and what weighs classes and tasks.
#pragma once

#include "binary_cross_entropy.h"
#include "class_weights.h"
#include "cross_entropy.h"
#include "ctc.h"
#include "dice.h"
#include "focal.h"
#include "likelihood.h"
#include "margin.h"
#include "metric.h"
#include "multi_task.h"
#include "nll.h"
#include "reduction.h"
#include "regression.h"
