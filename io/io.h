// Saving and loading.
#pragma once

#include "atomic_file.h"
#include "safetensors.h"
