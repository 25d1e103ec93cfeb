// What the losses have in common: checks of their arguments and the reduction at their end.
#pragma once

#include <optional>
#include <string>

#include "../autograd/fail-inl.h"
#include "../autograd/tensor.h"
#include "reduction.h"

namespace descent::losses {

/// Throws DTypeError unless the tensor is floating.
void check_floating(const char* loss, const char* argument, const Tensor& tensor);

/// Both floating (DTypeError) and of one shape (ShapeError): a prediction is never broadcast against its target.
void check_pair(const char* loss, const Tensor& input, const Tensor& target);

/// "[1, 0, 2]": where the flat row-major position lies.
std::string position(std::int64_t flat, const Shape& shape);

/// Throws Error naming the first element that is not in [0, 1] (NaN is not).
void check_unit_interval(const char* loss, const char* argument, const Tensor& tensor);

/// Throws Error naming the first negative element; NaN passes.
void check_not_negative(const char* loss, const char* argument, const Tensor& tensor);

/// Targets that are 1 or −1, in the input's dtype and without gradient. Throws ShapeError unless they have the shape
/// given, IndexError naming the first one that is neither.
Tensor check_signs(const char* loss, const Tensor& target, const Shape& shape, DType dtype);

/// An elementwise weight: floating, and of a shape that broadcasts to the input's.
void check_weight(const char* loss, const char* option, const Tensor& weight, const Tensor& input);

/// Throws std::invalid_argument unless low <= value (low < value if `open`) and finite.
void check_option(const char* loss, const char* option, double value, double low, bool open = false);

/// Throws std::invalid_argument for BatchMean and for values that are none of Reduction's.
void check_reduction(const char* loss, Reduction reduction);

/// The elements, their mean or their sum. Sample weights have one meaning in all losses: the shape of the unreduced
/// loss, or of its first dims ([N] weighs the samples of a loss [N, D]); they multiply the elements, and a mean stays
/// over the number of elements: Σ w·l / n. Throws ShapeError for another shape, DTypeError unless floating.
Tensor reduce(const char* loss, const Tensor& elements, Reduction reduction, const Tensor& sample_weight = {});

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
                          std::optional<std::int64_t> ignore_index);

/// The mean over what is not ignored, weighted: Σ losses / denominator, which sample weights leave alone. NaN without
/// gradient over nothing.
Tensor reduce(const char* loss, const Tensor& losses, const ClassTarget& target, Reduction reduction,
              const Tensor& sample_weight);

}  // namespace descent::losses
