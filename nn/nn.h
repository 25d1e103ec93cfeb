// Every layer, and the initialisers.
#pragma once

#include "activations.h"
#include "dropout.h"
#include "flatten.h"
#include "identity.h"
#include "init.h"
#include "linear.h"
#include "module.h"
#include "sequential.h"
