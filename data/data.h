// Data sets, readers, samplers and the loader.
#pragma once

#include "dataset.h"
#include "idx.h"
#include "images.h"
#include "loader.h"
#include "sampler.h"
