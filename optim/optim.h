// All of optim.
#pragma once

#include "adagrad.h"
#include "adam.h"
#include "adamw.h"
#include "clip.h"
#include "cosine_annealing_lr.h"
#include "optimizer.h"
#include "penalty.h"
#include "rmsprop.h"
#include "scheduler.h"
#include "sgd.h"
#include "step_lr.h"
