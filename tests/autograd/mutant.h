// A wrong backward pass for any function: to see that a check of gradients fails.
#pragma once

#include <string>

#include "ops/row.h"

namespace descent::testing {

/// What is done to the true gradient of an input.
enum class Mutation {
  Sign,          ///< −g
  Factor,        ///< 1.01·g
  MissingEntry,  ///< the largest entry is zero
  MissingRow,    ///< so is everything at the place of the largest entry along dim 0
  MissingInput,  ///< the gradient of one input is lost; of the largest
  Transposed,    ///< the last two dims swapped where that gives other entries, else these in reverse order
  Extra,         ///< 0.01 too much
};
inline constexpr Mutation kMutations[] = {Mutation::Sign,       Mutation::Factor,       Mutation::MissingEntry,
                                          Mutation::MissingRow, Mutation::MissingInput, Mutation::Transposed,
                                          Mutation::Extra};
std::string name_of(Mutation mutation);

/// The mutation of all gradients of one function; undefined ones stay so.
List mutated(Mutation mutation, const List& gradients);

/// f with its own value and a wrong gradient; in second order only the gradient's own gradient is wrong. `f` computes
/// the same when it is called again.
Function mutant(Function f, Mutation mutation, int order = 1);
/// The same with the right gradient: a control.
Function unmutated(Function f);

}  // namespace descent::testing
