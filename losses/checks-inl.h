// What the losses have in common: checks of their arguments and the reduction at their end.
#pragma once

#include "../autograd/fail-inl.h"
#include "../autograd/tensor.h"
#include "reduction.h"

namespace descent::losses {

/// Throws DTypeError unless the tensor is floating.
void check_floating(const char* loss, const char* argument, const Tensor& tensor);

/// Both floating (DTypeError) and of one shape (ShapeError): a prediction is never broadcast against its target.
void check_pair(const char* loss, const Tensor& input, const Tensor& target);

/// Throws std::invalid_argument for BatchMean and for values that are none of Reduction's.
void check_reduction(const char* loss, Reduction reduction);

/// The elements, their mean or their sum.
Tensor reduce(const Tensor& elements, Reduction reduction);

/// The dim that holds the classes: 0 of [C], 1 of [N, C, …]. Throws ShapeError for a 0-dim input.
int class_dim(const char* loss, const Tensor& input);

/// The class weights in the input's dtype, or Tensor() if there are none. Throws ShapeError unless they are [classes],
/// DTypeError unless they are floating, AutogradError if a gradient is expected of them.
Tensor class_weight(const char* loss, const Tensor& weight, const Tensor& input);

/// Checked class indices.
struct ClassTarget {
  Tensor index;        ///< shape of the target; 0 where it is ignored
  Tensor ignored;      ///< boolean, undefined when nothing is ignored
  double denominator;  ///< Σ weight[target] of what is not ignored, or its count: what a mean divides by
  bool all_ignored;    ///< nothing remains, or there was nothing
};

/// Throws ShapeError unless target is input's shape without the class dim, DTypeError unless it is int64, IndexError
/// naming the first class out of range. `weight` is class_weight's.
ClassTarget check_classes(const char* loss, const Tensor& input, const Tensor& target, const Tensor& weight,
                          std::int64_t ignore_index);

/// The mean over what is not ignored, weighted: Σ losses / denominator. NaN without gradient over nothing.
Tensor reduce(const Tensor& losses, const ClassTarget& target, Reduction reduction);

}  // namespace descent::losses
