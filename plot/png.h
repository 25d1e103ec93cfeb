// PNG files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canvas.h"

namespace descent::plot {

/// The bytes of an 8-bit RGB PNG file.
std::vector<std::uint8_t> encode_png(const Canvas& canvas);

/// Writes a file beside its place under a name of its own, then renames it: the path holds the old file or the complete
/// new one, never a part. Throws IoError naming the path and the reason, and leaves nothing behind.
void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes);

}  // namespace descent::plot
