// Whole files in and out of strings, for the tests of readers and writers.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace descent::testing {

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The lowest `count` bytes of a number, lowest first.
inline std::string little_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

/// The same, highest first.
inline std::string big_endian(std::uint64_t value, int count) {
  const std::string bytes = little_endian(value, count);
  return {bytes.rbegin(), bytes.rend()};
}

}  // namespace descent::testing
