#include "png.h"

#include <new>

#include "../io/atomic_file.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wshadow"
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace descent::plot {

std::vector<std::uint8_t> encode_png(const Canvas& canvas) {
  const std::vector<std::uint8_t> pixels = canvas.bytes();
  std::vector<std::uint8_t> out;
  const auto append = [](void* context, void* data, int size) {
    auto* bytes = static_cast<std::uint8_t*>(data);
    static_cast<std::vector<std::uint8_t>*>(context)->insert(static_cast<std::vector<std::uint8_t>*>(context)->end(),
                                                             bytes, bytes + size);
  };
  if (!stbi_write_png_to_func(append, &out, canvas.width(), canvas.height(), 3, pixels.data(), 3 * canvas.width())) {
    throw std::bad_alloc();  // the only way in which it fails
  }
  return out;
}

void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  io::AtomicFile file("save", path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace descent::plot
