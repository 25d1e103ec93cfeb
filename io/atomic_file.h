// Files that appear complete or not at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace descent::io {

/// Writes beside the target, and takes its place in commit(): write, fsync, rename, fsync of the folder. Until then,
/// and whenever anything fails, the target stays as it was; a destructor without commit() removes what was written.
/// A symbolic link is followed; the mode of a file that is replaced stays. Every failure throws IoError with `op`, the
/// path and the reason.
class AtomicFile {
 public:
  /// `op` names the function in error messages; it must outlive the object.
  AtomicFile(const char* op, const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn]] void fail_with(const char* action, int error) const;

  const char* op_;
  std::string path_;       // as given, for messages
  std::string target_;     // without symbolic links
  std::string temporary_;  // in the target's folder; empty when there is none (any more)
  int descriptor_ = -1;
};

}  // namespace descent::io
