// descent: deep learning for people who write and train models in C++. This header is all that a program includes.
#pragma once

#include "autograd/anomaly.h"
#include "autograd/autograd.h"
#include "autograd/checkpoint.h"
#include "autograd/function.h"
#include "autograd/gradcheck.h"
#include "autograd/memory_report.h"
#include "autograd/ops.h"
#include "autograd/tensor.h"
#include "data/data.h"
#include "io/io.h"
#include "kernels/parallel.h"
#include "losses/losses.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "plot/figure.h"
#include "train/train.h"
