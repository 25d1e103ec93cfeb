#include "png.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>

#include "../autograd/fail-inl.h"

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
namespace {

std::string reason() { return std::generic_category().message(errno); }

// A name beside `path` that no other process or thread uses.
std::string temporary_name(const std::string& path) {
  static const unsigned process = std::random_device{}();
  static std::atomic<unsigned> count = 0;
  return fmt::format("{}.{:08x}-{}.tmp", path, process, count++);
}

}  // namespace

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
  const std::string temporary = temporary_name(path);
  std::FILE* file = std::fopen(temporary.c_str(), "wbx");
  if (!file) fail<IoError>("save", "cannot write {}: {}", path, reason());
  std::string error;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) error = reason();
  if (std::fclose(file) != 0 && error.empty()) error = reason();
  if (error.empty() && std::rename(temporary.c_str(), path.c_str()) != 0) error = reason();
  if (error.empty()) return;
  std::remove(temporary.c_str());
  fail<IoError>("save", "cannot write {}: {}", path, error);
}

}  // namespace descent::plot
