// For data/'s readers: the bytes of a file, inflated on the way if it is gzipped.
#pragma once

#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace descent::data {

/// Reads front to back. Everything that goes wrong throws IoError("op: 'path': what").
class ByteSource {
 public:
  ByteSource(const char* op, const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fills `to` unless the data ends before; returns how many bytes came.
  std::size_t read(void* to, std::size_t count);
  /// The most bytes that can follow: exact for a plain file, a bound for a gzipped one.
  std::uint64_t at_most() const;
  bool gzipped() const { return gzipped_; }
  [[noreturn]] void fail_with(const std::string& what) const;

 private:
  bool refill();  // the next piece of the file; false at its end
  std::size_t inflate_into(unsigned char* to, std::size_t count);

  const char* op_;
  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::uint64_t file_size_ = 0;
  std::uint64_t plain_read_ = 0;
  bool gzipped_ = false;
  bool member_open_ = false;  // inside a gzip member whose end has not come
  z_stream stream_{};
  std::array<unsigned char, 65536> buffer_;
};

}  // namespace descent::data
