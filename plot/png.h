// PNG files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canvas.h"

namespace descent::plot {

/// The bytes of an 8-bit RGB PNG file.
std::vector<std::uint8_t> encode_png(const Canvas& canvas);

/// Writes a file that appears complete or not at all. Throws IoError naming the path and the reason.
void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes);

}  // namespace descent::plot
