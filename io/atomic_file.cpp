#include "atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "../autograd/fail-inl.h"

namespace descent::io {
namespace fs = std::filesystem;

namespace {

std::string folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

/// Opens a new file of a name that nobody has; -1 with errno set when that fails.
int create_beside(const std::string& target, mode_t mode, std::string& name) {
  static std::atomic<unsigned> count{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    // Short, and independent of the target's name, which may be as long as the system allows.
    name = fmt::format("{}/.descent-{}-{}.tmp", folder_of(target), ::getpid(), count++);
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

}  // namespace

AtomicFile::AtomicFile(const char* op, const std::string& path) : op_(op), path_(path), target_(path) {
  if (path.empty()) fail_with("cannot be written", ENOENT);
  if (path.find('\0') != std::string::npos) fail<IoError>(op_, "a path with a NUL character cannot be written");
  std::error_code ignored;
  if (fs::is_symlink(path, ignored)) {
    const fs::path real = fs::weakly_canonical(path, ignored);
    if (!ignored) target_ = real.string();
  }
  struct stat status {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail_with("cannot be written", errno);
  if (exists && S_ISDIR(status.st_mode)) fail_with("cannot be written", EISDIR);
  if (exists && !S_ISREG(status.st_mode)) fail<IoError>(op_, "'{}' cannot be written: it is no regular file", path_);
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail_with("cannot be written", errno);
  descriptor_ = create_beside(target_, 0666, temporary_);
  if (descriptor_ < 0) {
    temporary_.clear();
    fail_with("cannot be written", errno);
  }
  if (exists) (void)::fchmod(descriptor_, status.st_mode & 07777);  // best effort: another owner's file may refuse
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail_with(const char* action, int error) const {
  fail<IoError>(op_, "'{}' {}: {}", path_, action, std::strerror(error));
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  const auto* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, from, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_with("cannot be written", written < 0 ? errno : ENOSPC);
    from += written;
    count -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (temporary_.empty()) fail<IoError>(op_, "'{}' was committed already", path_);
  while (::fsync(descriptor_) != 0) {
    if (errno != EINTR) fail_with("cannot be written to disk", errno);
  }
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0 && errno != EINTR) fail_with("cannot be closed", errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with("cannot be replaced", errno);
  temporary_.clear();
  // The rename itself lasts once the folder is on disk. Not every file system or folder allows this.
  const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const int error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (error == EIO) fail_with("was written, but its folder cannot be brought to disk", error);
}

}  // namespace descent::io
