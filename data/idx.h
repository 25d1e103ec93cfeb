// IDX, the format of the MNIST family: a four-byte magic, big-endian sizes, then the elements.
#pragma once

#include <string>

#include "../autograd/tensor.h"

namespace descent::data {

/// Reads an IDX file, plain or gzipped (told by its content), into a tensor: unsigned bytes give uint8, the other
/// integers int64, floats float32, doubles float64. Throws IoError, naming the file and what is wrong, for whatever is
/// no complete IDX file; a header alone never makes it allocate more than the file really holds.
Tensor read_idx(const std::string& path);

}  // namespace descent::data
