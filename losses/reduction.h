// How a loss of many elements becomes one number.
#pragma once

namespace descent {

/// None: a loss for every element or sample. Mean: their mean (NaN over nothing). Sum: their sum. BatchMean: their sum
/// divided by the batch size, for kl_div only; other losses throw std::invalid_argument.
enum class Reduction { None, Mean, Sum, BatchMean };

}  // namespace descent
