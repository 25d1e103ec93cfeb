// Triangles of matrices.
#pragma once

#include <cstddef>
#include <cstdint>

namespace descent::kernels {

/// out = the elements of each [rows, cols] matrix on and above (`upper`) or on and below diagonal k, zeros elsewhere.
/// Row-major without gaps; `element` is the size of one in bytes. k may be any number.
void triangle(bool upper, std::int64_t k, std::int64_t batch, std::int64_t rows, std::int64_t cols, std::size_t element,
              const void* in, void* out);

}  // namespace descent::kernels
