// Training and what is measured on the way.
#pragma once

#include "diagnostics.h"
#include "evaluate.h"
#include "fit.h"
#include "history.h"
#include "metrics.h"
#include "progress.h"
#include "sharpness.h"
