#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "../autograd/fail-inl.h"
#include "byte_source-inl.h"

namespace descent::data {

ByteSource::ByteSource(const char* op, const std::string& path) : op_(op), path_(path), file_(nullptr, &std::fclose) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) fail_with("no such file");
  if (status.type() == std::filesystem::file_type::directory) fail_with("is a directory, not a file");
  if (!error && status.type() != std::filesystem::file_type::regular) fail_with("is no regular file");
  file_.reset(std::fopen(path.c_str(), "rb"));
  if (!file_) fail_with(std::string("cannot be opened: ") + std::strerror(errno));
  file_size_ = std::filesystem::file_size(path, error);
  if (error) fail_with("cannot tell its size: " + error.message());
  refill();
  gzipped_ = stream_.avail_in >= 2 && buffer_[0] == 0x1f && buffer_[1] == 0x8b;
  if (gzipped_) {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) fail_with("zlib could not start: out of memory");
    member_open_ = true;
  }
}

ByteSource::~ByteSource() {
  if (gzipped_) inflateEnd(&stream_);
}

void ByteSource::fail_with(const std::string& what) const { fail<IoError>(op_, "'{}': {}", path_, what); }

std::uint64_t ByteSource::at_most() const {
  // Deflate packs at most 258 bytes into 2 bits, 1032 to 1; the slack covers what inflate still holds.
  if (gzipped_) return file_size_ > UINT64_MAX / 1040 ? UINT64_MAX : file_size_ * 1032 + 65536;
  return file_size_ - std::min(file_size_, plain_read_);
}

bool ByteSource::refill() {
  const std::size_t count = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (count == 0 && std::ferror(file_.get())) fail_with(std::string("cannot be read: ") + std::strerror(errno));
  stream_.next_in = buffer_.data();
  stream_.avail_in = static_cast<uInt>(count);
  return count != 0;
}

std::size_t ByteSource::read(void* to, std::size_t count) {
  auto* out = static_cast<unsigned char*>(to);
  std::size_t done = 0;
  while (done < count) {
    if (stream_.avail_in == 0 && !refill()) {
      if (member_open_) fail_with("the gzip data is cut off");
      break;
    }
    if (gzipped_) {
      done += inflate_into(out + done, count - done);
    } else {
      const std::size_t piece = std::min<std::size_t>(count - done, stream_.avail_in);
      std::memcpy(out + done, stream_.next_in, piece);
      stream_.next_in += piece;
      stream_.avail_in -= static_cast<uInt>(piece);
      done += piece;
    }
  }
  if (!gzipped_) plain_read_ += done;
  return done;
}

std::size_t ByteSource::inflate_into(unsigned char* to, std::size_t count) {
  if (!member_open_) {  // gzip files may be joined; anything else after the end is an error
    if (inflateReset(&stream_) != Z_OK) fail_with("zlib could not restart");
    member_open_ = true;
  }
  const uInt room = static_cast<uInt>(std::min<std::size_t>(count, 1U << 30));
  stream_.next_out = to;
  stream_.avail_out = room;
  const int result = inflate(&stream_, Z_NO_FLUSH);
  if (result == Z_STREAM_END) {
    member_open_ = false;
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    fail_with(std::string("bad gzip data: ") + (stream_.msg != nullptr ? stream_.msg : "zlib error"));
  }
  return room - stream_.avail_out;
}

}  // namespace descent::data
