// For io/'s .cpp files: the header of a safetensors file, parsed and checked against the size of the data.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <string>
#include <string_view>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::io {

/// One element type of the format.
struct ElementType {
  const char* name;
  std::size_t bytes;
  DType dtype;  // what it becomes here
};

/// The type of that name, or null for one that is not supported.
const ElementType* find_element_type(std::string_view name);
/// How a tensor of that type is written.
const ElementType& element_type_of(DType dtype);

struct TensorEntry {
  std::string name;
  const ElementType* type = nullptr;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // in the data
};

struct Header {
  std::vector<TensorEntry> entries;  // in the order of the file
  std::unordered_map<std::string, std::string> metadata;
};

/// Longest header that is read or written, as in the reference implementation.
inline constexpr std::uint64_t kMaxHeader = 100'000'000;

/// Parses `json` and checks every rule of the format for a file with `data_bytes` of data. On a violation the returned
/// text says which; empty means the header is sound.
std::string parse_header(std::string_view json, std::uint64_t data_bytes, Header& header);

}  // namespace descent::io
