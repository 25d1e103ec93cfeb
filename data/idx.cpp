#include "idx.h"

#include <algorithm>
#include <bit>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "byte_source-inl.h"

namespace descent::data {
namespace {

constexpr const char* kOp = "read_idx";
constexpr std::size_t kChunk = std::size_t{1} << 20;  // a multiple of every element size

/// What the third byte of the magic says.
struct Element {
  unsigned char code;
  std::size_t bytes;
  DType dtype;
};
constexpr Element kElements[] = {{0x08, 1, uint8}, {0x09, 1, int64},   {0x0B, 2, int64},
                                 {0x0C, 4, int64}, {0x0D, 4, float32}, {0x0E, 8, float64}};

/// A big-endian unsigned integer.
template <class U>
U big_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(U); ++i) value = value << 8 | bytes[i];
  return static_cast<U>(value);
}

/// Converts `count` elements of the file's type, and returns where the next ones go.
template <class File, class T>
T* convert(const unsigned char* bytes, std::size_t count, T* to) {
  using U = std::conditional_t<sizeof(File) == 1, std::uint8_t,
                               std::conditional_t<sizeof(File) == 2, std::uint16_t,
                                                  std::conditional_t<sizeof(File) == 4, std::uint32_t, std::uint64_t>>>;
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<T>(std::bit_cast<File>(big_endian<U>(bytes + i * sizeof(File))));
  }
  return to + count;
}

template <class File, class T>
void convert_all(std::vector<std::vector<unsigned char>>& chunks, Tensor& out) {
  T* to = out.data<T>();
  for (auto& chunk : chunks) {
    to = convert<File>(chunk.data(), chunk.size() / sizeof(File), to);
    std::vector<unsigned char>().swap(chunk);
  }
}

struct Header {
  Element element;
  Shape shape;
  std::uint64_t bytes;  // of the elements
};

Header read_header(ByteSource& source) {
  unsigned char magic[4];
  if (source.read(magic, 4) != 4) source.fail_with("is shorter than the 4 bytes of an IDX magic");
  const Element* element = nullptr;
  for (const Element& e : kElements) {
    if (e.code == magic[2]) element = &e;
  }
  if (magic[0] != 0 || magic[1] != 0 || element == nullptr) {
    source.fail_with(
        fmt::format("no IDX file: the magic is {:02x} {:02x} {:02x} {:02x}", magic[0], magic[1], magic[2], magic[3]));
  }
  if (magic[3] > Shape::kMaxDims) {
    source.fail_with(fmt::format("has {} dimensions, at most {} are supported", magic[3], Shape::kMaxDims));
  }
  Header header{*element, {}, element->bytes};
  std::uint64_t product = element->bytes;  // of the sizes that are not 0, so that no order of them overflows
  for (int d = 0; d < magic[3]; ++d) {
    unsigned char bytes[4];
    if (source.read(bytes, 4) != 4) source.fail_with("ends inside its header");
    const std::uint64_t size = big_endian<std::uint32_t>(bytes);
    header.shape.push_back(static_cast<std::int64_t>(size));
    header.bytes *= size;
    if (size != 0 && product > static_cast<std::uint64_t>(INT64_MAX) / 8 / size) source.fail_with("its sizes overflow");
    if (size != 0) product *= size;
  }
  return header;
}

/// Exactly the promised bytes, in chunks: memory grows only as data really comes.
std::vector<std::vector<unsigned char>> read_elements(ByteSource& source, const Header& header) {
  const auto wrong = [&](const char* what, const std::string& got) {
    source.fail_with(fmt::format("{}: sizes {} of {} bytes each need {} bytes, {} follow the header", what,
                                 header.shape, header.element.bytes, header.bytes, got));
  };
  const std::uint64_t at_most = source.at_most();
  const std::string bound = (source.gzipped() ? "at most " : "") + std::to_string(at_most);
  if (at_most < header.bytes) wrong("is cut off", bound);
  if (!source.gzipped() && at_most > header.bytes) wrong("has trailing bytes", bound);
  std::vector<std::vector<unsigned char>> chunks;
  for (std::uint64_t done = 0; done < header.bytes;) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, header.bytes - done));
    auto& chunk = chunks.emplace_back(want);
    const std::size_t got = source.read(chunk.data(), want);
    done += got;
    if (got != want) wrong("is cut off", std::to_string(done));
  }
  unsigned char more;
  if (source.read(&more, 1) != 0) {
    source.fail_with(fmt::format("has trailing bytes after the {} that sizes {} need", header.bytes, header.shape));
  }
  return chunks;
}

Tensor read(const std::string& path) {
  ByteSource source(kOp, path);
  const Header header = read_header(source);
  auto chunks = read_elements(source, header);
  Tensor out = empty(header.shape, {.dtype = header.element.dtype});
  switch (header.element.code) {
    case 0x08:
      convert_all<std::uint8_t, std::uint8_t>(chunks, out);
      break;
    case 0x09:
      convert_all<std::int8_t, std::int64_t>(chunks, out);
      break;
    case 0x0B:
      convert_all<std::int16_t, std::int64_t>(chunks, out);
      break;
    case 0x0C:
      convert_all<std::int32_t, std::int64_t>(chunks, out);
      break;
    case 0x0D:
      convert_all<float, float>(chunks, out);
      break;
    default:
      convert_all<double, double>(chunks, out);
      break;
  }
  return out;
}

}  // namespace

Tensor read_idx(const std::string& path) {
  try {
    return read(path);
  } catch (const std::bad_alloc&) {
    fail<IoError>(kOp, "'{}': not enough memory for what it holds", path);
  }
}

}  // namespace descent::data
