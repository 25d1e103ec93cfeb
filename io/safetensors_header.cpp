#include "safetensors_header-inl.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace descent::io {
namespace {

constexpr ElementType kTypes[] = {
    {"BOOL", 1, boolean}, {"U8", 1, uint8},  {"I64", 8, int64},   {"F32", 4, float32},
    {"F64", 8, float64},  {"I8", 1, int64},  {"I16", 2, int64},   {"I32", 4, int64},
    {"U16", 2, int64},    {"U32", 4, int64}, {"F16", 2, float32}, {"BF16", 2, float32},
};

/// For messages: a name from a file, cut short, without control characters.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, 60));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  }
  return text + (name.size() > 60 ? "…" : "");
}

/// Walks the JSON as it is parsed and takes nothing but
/// {"name": {"dtype": text, "shape": [n, …], "data_offsets": [begin, end]}, …, "__metadata__": {text: text, …}}.
/// Every handler returns false, with `error` set, at the first thing that does not belong there; so no depth, length
/// or value in a file makes it recurse or hold more than the header's own size.
class Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Reader(Header& header) : header_(header) {}
  std::string error;

  bool start_object(std::size_t) override {
    if (at_ == At::Start) return at_ = At::Top, true;
    if (at_ == At::TopValue && metadata_) return at_ = At::Metadata, true;
    if (at_ == At::TopValue) {
      header_.entries.emplace_back().name = name_;
      has_dtype_ = has_shape_ = has_offsets_ = false;
      return at_ = At::Tensor, true;
    }
    return unexpected("an object");
  }

  bool key(string_t& text) override {
    switch (at_) {
      case At::Top:
        name_ = text;
        metadata_ = text == "__metadata__";
        if (!names_.insert(text).second) return wrong("the name comes twice");
        return at_ = At::TopValue, true;
      case At::Metadata:
        metadata_key_ = text;
        if (header_.metadata.count(text) != 0) return wrong(fmt::format("'{}' comes twice", shown(text)));
        return at_ = At::MetadataValue, true;
      default:
        return tensor_key(text);
    }
  }

  bool string(string_t& text) override {
    if (at_ == At::MetadataValue) {
      header_.metadata.emplace(metadata_key_, text);
      return at_ = At::Metadata, true;
    }
    if (at_ != At::DType) return unexpected("text");
    entry().type = find_element_type(text);
    if (entry().type == nullptr) return wrong(fmt::format("element type '{}' is not supported", shown(text)));
    return at_ = At::Tensor, true;
  }

  bool start_array(std::size_t) override {
    if (at_ == At::ShapeValue) return at_ = At::ShapeItems, true;
    if (at_ == At::OffsetsValue) return at_ = At::OffsetItems, true;
    return unexpected("a list");
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (at_ == At::OffsetItems) {
      if (offsets_ == 2) return wrong("data_offsets must be two numbers");
      (offsets_++ == 0 ? entry().begin : entry().end) = value;
      return true;
    }
    if (at_ != At::ShapeItems) return unexpected("a number");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return wrong(fmt::format("size {} is too large", value));
    }
    if (entry().shape.size() == Shape::kMaxDims) {
      return wrong(fmt::format("has more than {} dimensions", Shape::kMaxDims));
    }
    entry().shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool end_array() override {
    if (at_ == At::OffsetItems && offsets_ != 2) return wrong("data_offsets must be two numbers");
    return at_ = At::Tensor, true;
  }

  bool end_object() override {
    if (at_ == At::Tensor && !has_dtype_) return wrong("dtype is missing");
    if (at_ == At::Tensor && !has_shape_) return wrong("shape is missing");
    if (at_ == At::Tensor && !has_offsets_) return wrong("data_offsets is missing");
    return at_ = At::Top, true;
  }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_integer(number_integer_t value) override { return wrong(fmt::format("number {} is negative", value)); }
  bool number_float(number_float_t, const string_t& text) override {
    return wrong(fmt::format("number {} is no integer", shown(text)));
  }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error = fmt::format("the header is no valid JSON (at byte {})", position);
    return false;
  }

 private:
  enum class At {
    Start,
    Top,
    TopValue,
    Metadata,
    MetadataValue,
    Tensor,
    DType,
    ShapeValue,
    ShapeItems,
    OffsetsValue,
    OffsetItems
  };

  TensorEntry& entry() { return header_.entries.back(); }

  bool tensor_key(const std::string& text) {
    const auto once = [&](bool& seen, At next) {
      if (seen) return wrong(text + " comes twice");
      seen = true;
      at_ = next;
      return true;
    };
    if (text == "dtype") return once(has_dtype_, At::DType);
    if (text == "shape") return once(has_shape_, At::ShapeValue);
    if (text == "data_offsets") return offsets_ = 0, once(has_offsets_, At::OffsetsValue);
    return wrong(fmt::format("unknown key '{}'", shown(text)));
  }

  bool wrong(const std::string& what) {
    error = at_ == At::Start ? what : fmt::format("'{}': {}", shown(name_), what);
    return false;
  }
  bool unexpected(const char* what) { return wrong(fmt::format("{} where the format has none", what)); }

  Header& header_;
  At at_ = At::Start;
  std::string name_, metadata_key_;
  std::unordered_set<std::string> names_;
  bool metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
  int offsets_ = 0;
};

/// Shape, element type and offsets of one tensor agree, and lie in the data.
std::string check_entry(const TensorEntry& e, std::uint64_t data_bytes) {
  // The product of the sizes that are not 0 is bounded, so that no order of the sizes overflows.
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t product = e.type->bytes;
  bool empty = false;
  for (const std::int64_t signed_size : e.shape) {
    const auto size = static_cast<std::uint64_t>(signed_size);
    if (size == 0) {
      empty = true;
    } else {
      if (product > most / 8 / size) return fmt::format("'{}': sizes {} overflow", shown(e.name), e.shape.str());
      product *= size;
    }
  }
  if (empty) product = 0;
  if (e.begin > e.end || e.end > data_bytes) {
    return fmt::format("'{}': data_offsets [{}, {}] do not lie in the {} bytes of data", shown(e.name), e.begin, e.end,
                       data_bytes);
  }
  if (e.end - e.begin != product) {
    return fmt::format("'{}': sizes {} of {} need {} bytes, data_offsets [{}, {}] give {}", shown(e.name),
                       e.shape.str(), e.type->name, product, e.begin, e.end, e.end - e.begin);
  }
  return {};
}

}  // namespace

const ElementType* find_element_type(std::string_view name) {
  for (const ElementType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const ElementType& element_type_of(DType dtype) {
  return *std::find_if(std::begin(kTypes), std::end(kTypes),
                       [&](const ElementType& type) { return type.dtype == dtype; });
}

std::string parse_header(std::string_view json, std::uint64_t data_bytes, Header& header) {
  if (json.empty() || json[0] != '{') return "the header does not start with '{'";
  if (json.find('\0') != json.npos) return "the header holds a NUL byte";  // which would end it for the parser
  Reader reader(header);
  if (!nlohmann::json::sax_parse(json, &reader)) return reader.error;
  std::vector<const TensorEntry*> by_offset;
  for (const TensorEntry& e : header.entries) {
    if (std::string error = check_entry(e, data_bytes); !error.empty()) return error;
    by_offset.push_back(&e);
  }
  std::sort(by_offset.begin(), by_offset.end(), [](const TensorEntry* a, const TensorEntry* b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
  });
  std::uint64_t end = 0;
  for (const TensorEntry* e : by_offset) {
    if (e->begin != end) {
      return fmt::format("'{}': its data starts at {}, the data before it ends at {}", shown(e->name), e->begin, end);
    }
    end = e->end;
  }
  if (end != data_bytes) return fmt::format("the tensors end at byte {} of {} bytes of data", end, data_bytes);
  return {};
}

}  // namespace descent::io
