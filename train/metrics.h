// How good predictions are.
#pragma once

#include "../autograd/tensor.h"

namespace descent::train {

/// The fraction of positions where the largest logit is that of the target. logits: float [n, classes] or
/// [n, classes, d1, …]; target: int64 [n] or [n, d1, …]. NaN over nothing. Throws DTypeError, ShapeError.
double accuracy(const Tensor& logits, const Tensor& target);

/// m[i][j] = how many items of class i were predicted as class j: int64 [classes, classes] from two int64 tensors of
/// one shape. Throws DTypeError, ShapeError, IndexError for a class outside [0, classes), std::invalid_argument unless
/// classes >= 1.
Tensor confusion_matrix(const Tensor& prediction, const Tensor& target, std::int64_t classes);

/// Options of precision_recall_f1.
struct PrecisionRecallF1Options {
  double zero_division = 0.0;  ///< what 0/0 gives: a class that was never predicted, or never there
};

/// What precision_recall_f1 gives for each class: float64 [classes].
struct PrecisionRecallF1 {
  Tensor precision;  ///< of the items predicted as this class, the part that is of it
  Tensor recall;     ///< of the items of this class, the part that was predicted as it
  Tensor f1;         ///< 2·precision·recall/(precision + recall), their harmonic mean
  Tensor support;    ///< items of this class
};

/// From a confusion matrix m [classes, classes], rows true and columns predicted:
///   precision_i = m_ii/Σ_j m_ji,   recall_i = m_ii/Σ_j m_ij,   f1_i = 2·m_ii/Σ_j (m_ij + m_ji)
/// `.f1.mean()` is the macro average; the counts may be weighted, so floats will do. As scikit-learn's
/// precision_recall_fscore_support. Throws ShapeError unless m is square with a class at least, DTypeError for
/// booleans, Error naming a count that is negative or not finite, std::invalid_argument for a zero_division that is
/// neither in [0, 1] nor NaN.
PrecisionRecallF1 precision_recall_f1(const Tensor& confusion, const PrecisionRecallF1Options& options = {});

}  // namespace descent::train
