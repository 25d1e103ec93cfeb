// What a checkpointed function has drawn.
#pragma once

#include <vector>

#include "../../kernels/random.h"

namespace descent::autograd {

/// While it lives, on this thread, what is taken from the random stream is noted in a list, or (`repeat`) taken from
/// the list in place of the stream: the same numbers again, whatever other threads draw meanwhile. Scopes nest: what an
/// inner one notes is noted by those around it as well.
class DrawScope {
 public:
  DrawScope(std::vector<kernels::Philox>& list, bool repeat);
  ~DrawScope();
  DrawScope(const DrawScope&) = delete;
  DrawScope& operator=(const DrawScope&) = delete;

  /// The next one of the list. Throws AutogradError when there is none.
  kernels::Philox next();

  std::vector<kernels::Philox>& draws;
  const bool again;
  DrawScope* const outer;

 private:
  std::size_t position = 0;
};

}  // namespace descent::autograd
