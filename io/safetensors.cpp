#include "safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <numeric>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "atomic_file.h"
#include "safetensors_header-inl.h"

namespace descent::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is this code");
constexpr const char* kSave = "save_safetensors";
constexpr const char* kLoad = "load_safetensors";

/// `text` as a JSON string.
std::string quoted(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    fail<IoError>(kSave, "a name or a metadata text is not UTF-8");
  }
}

std::string make_header(const std::vector<TensorEntry>& entries,
                        const std::unordered_map<std::string, std::string>& metadata) {
  std::string json = "{";
  if (!metadata.empty()) {
    json += "\"__metadata__\":{";
    const std::map<std::string, std::string> sorted(metadata.begin(), metadata.end());  // the same file every time
    for (const auto& [key, value] : sorted) json += quoted(key) + ":" + quoted(value) + ",";
    json.back() = '}';
  }
  for (const TensorEntry& e : entries) {
    std::string sizes;
    for (const std::int64_t size : e.shape) sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    if (json.size() > 1) json += ",";
    json += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", quoted(e.name), e.type->name,
                        sizes, e.begin, e.end);
  }
  json += "}";
  json.append((8 - json.size() % 8) % 8, ' ');  // the data starts aligned
  if (json.size() > kMaxHeader)
    fail<IoError>(kSave, "the header needs {} bytes, at most {} are allowed", json.size(), kMaxHeader);
  return json;
}

const void* memory_of(const Tensor& t) {
  return kernels::dispatch(t.dtype(), [&]<class T>() -> const void* { return t.data<T>(); });
}

/// A file open for reading, its size known.
class Input {
 public:
  explicit Input(const std::string& path) : path_(path), file_(nullptr, &std::fclose) {
    namespace fs = std::filesystem;
    std::error_code error;
    const auto type = fs::status(path, error).type();
    if (type == fs::file_type::not_found) fail_with("no such file");
    if (type == fs::file_type::directory) fail_with("is a directory, not a file");
    if (!error && type != fs::file_type::regular) fail_with("is no regular file");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_) fail_with(std::string("cannot be opened: ") + std::strerror(errno));
    size_ = fs::file_size(path, error);
    if (error) fail_with("cannot tell its size: " + error.message());
  }

  std::uint64_t size() const { return size_; }
  void read(void* to, std::size_t count) {
    errno = 0;
    if (std::fread(to, 1, count, file_.get()) == count) return;
    fail_with(std::ferror(file_.get()) ? std::string("cannot be read: ") + std::strerror(errno) : "is cut off");
  }
  [[noreturn]] void fail_with(const std::string& what) const { fail<IoError>(kLoad, "'{}': {}", path_, what); }

 private:
  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::uint64_t size_ = 0;
};

/// Leaves the file at the first byte of the data.
Header read_header(Input& file) {
  if (file.size() < 8) file.fail_with("is shorter than the 8 bytes of the header's length");
  std::uint64_t length;
  file.read(&length, 8);
  if (length > kMaxHeader || length > file.size() - 8) {
    file.fail_with(fmt::format("a header of {} bytes, but the file has {} and at most {} are allowed", length,
                               file.size() - 8, kMaxHeader));
  }
  std::string json(static_cast<std::size_t>(length), '\0');
  file.read(json.data(), json.size());
  Header header;
  if (const std::string error = parse_header(json, file.size() - 8 - length, header); !error.empty()) {
    file.fail_with(error);
  }
  return header;
}

/// IEEE half precision: 1 sign, 5 exponent and 10 fraction bits. Exact.
float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1FU, fraction = half & 0x3FFU;
  if (exponent == 0) return std::bit_cast<float>(sign | 0x3F800000U) * static_cast<float>(fraction) * 0x1p-24F;
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;  // the bias goes from 15 to 127
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// BF16 is the upper half of a float.
float from_bfloat(std::uint16_t value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

/// Reads n elements stored as File and converts each, a piece at a time.
template <class File, class T, class F>
void read_as(Input& file, Tensor& out, F convert) {
  T* to = out.data<T>();
  std::vector<File> piece(static_cast<std::size_t>(std::min<std::int64_t>(out.numel(), 65536)));
  for (std::int64_t done = 0; done < out.numel();) {
    const auto count = static_cast<std::size_t>(std::min<std::int64_t>(out.numel() - done, 65536));
    file.read(piece.data(), count * sizeof(File));
    for (std::size_t i = 0; i < count; ++i) to[done + static_cast<std::int64_t>(i)] = static_cast<T>(convert(piece[i]));
    done += static_cast<std::int64_t>(count);
  }
}

void read_booleans(Input& file, const std::string& name, Tensor& out) {
  read_as<std::uint8_t, bool>(file, out, [&](std::uint8_t byte) {
    if (byte > 1) file.fail_with(fmt::format("'{}': a boolean is stored as {}, only 0 and 1 are allowed", name, byte));
    return byte == 1;
  });
}

Tensor read_tensor(Input& file, const TensorEntry& entry) {
  Tensor out = empty(entry.shape, {.dtype = entry.type->dtype});
  const std::string_view type = entry.type->name;
  const auto same = [](auto value) { return value; };
  if (type == "BOOL")
    read_booleans(file, entry.name, out);
  else if (type == "I8")
    read_as<std::int8_t, std::int64_t>(file, out, same);
  else if (type == "I16")
    read_as<std::int16_t, std::int64_t>(file, out, same);
  else if (type == "I32")
    read_as<std::int32_t, std::int64_t>(file, out, same);
  else if (type == "U16")
    read_as<std::uint16_t, std::int64_t>(file, out, same);
  else if (type == "U32")
    read_as<std::uint32_t, std::int64_t>(file, out, same);
  else if (type == "F16")
    read_as<std::uint16_t, float>(file, out, from_half);
  else if (type == "BF16")
    read_as<std::uint16_t, float>(file, out, from_bfloat);
  else if (out.numel() > 0)
    file.read(const_cast<void*>(memory_of(out)), static_cast<std::size_t>(entry.end - entry.begin));
  return out;
}

StateDict load(const std::string& path) {
  Input file(path);
  const Header header = read_header(file);
  // Read in the order of the data, then hand out in the order of the header.
  std::vector<std::size_t> order(header.entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(header.entries[a].begin, header.entries[a].end) <
           std::pair(header.entries[b].begin, header.entries[b].end);
  });
  std::vector<Tensor> tensors(order.size());
  for (const std::size_t i : order) tensors[i] = read_tensor(file, header.entries[i]);
  StateDict state;
  for (std::size_t i = 0; i < tensors.size(); ++i) state[header.entries[i].name] = tensors[i];
  return state;
}

}  // namespace

void save_safetensors(const std::string& path, const StateDict& state,
                      const std::unordered_map<std::string, std::string>& metadata) {
  const NoGradGuard no_grad;
  std::vector<Tensor> tensors;
  std::vector<TensorEntry> entries;
  for (const auto& [name, tensor] : state) {
    if (name == "__metadata__") fail<IoError>(kSave, "'{}': the format keeps the name __metadata__ for itself", path);
    if (!tensor.defined()) fail<IoError>(kSave, "'{}': tensor '{}' is undefined", path, name);
    tensors.push_back(tensor.detach().contiguous());
    entries.push_back({name, &element_type_of(tensor.dtype()), tensor.shape()});
  }
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return entries[a].type->bytes > entries[b].type->bytes; });
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    entries[i].begin = end;
    end += static_cast<std::uint64_t>(tensors[i].numel()) * entries[i].type->bytes;
    entries[i].end = end;
  }
  const std::string header = make_header(entries, metadata);
  AtomicFile file(kSave, path);
  const std::uint64_t length = header.size();
  file.write(&length, 8);
  file.write(header);
  for (const std::size_t i : order) {
    if (tensors[i].numel() > 0)
      file.write(memory_of(tensors[i]), static_cast<std::size_t>(entries[i].end - entries[i].begin));
  }
  file.commit();
}

StateDict load_safetensors(const std::string& path) {
  try {
    return load(path);
  } catch (const std::bad_alloc&) {
    fail<IoError>(kLoad, "'{}': not enough memory for what it holds", path);
  }
}

std::unordered_map<std::string, std::string> load_safetensors_metadata(const std::string& path) {
  try {
    Input file(path);
    return read_header(file).metadata;
  } catch (const std::bad_alloc&) {
    fail<IoError>(kLoad, "'{}': not enough memory for its header", path);
  }
}

}  // namespace descent::io
