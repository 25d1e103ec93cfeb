#include "module_list.h"

namespace descent::nn {

ModuleList ModuleList::slice(std::int64_t begin, std::int64_t end) const {
  ModuleList part;
  part.take(*this, begin, end, false);
  return part;
}

}  // namespace descent::nn
