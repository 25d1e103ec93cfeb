#include "io/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "../fixture.h"
#include "files.h"
#include "io/safetensors.h"

using namespace descent;
using namespace descent::io;
using namespace descent::testing;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const TempDir& dir) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()));
}

/// No file may grow beyond `bytes` while it lives; a write beyond fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(io)
BOOST_AUTO_TEST_SUITE(atomic_file)

BOOST_AUTO_TEST_CASE(appears_on_commit) {
  const TempDir dir;
  AtomicFile file("test", dir / "target");
  file.write("one ");
  file.write("two");
  BOOST_TEST(!fs::exists(dir / "target"));
  file.commit();
  BOOST_TEST(read_file(dir / "target") == "one two");
  BOOST_TEST(files_in(dir) == 1u);
  require_throws<IoError>([&] { file.commit(); }, "was committed already");
}

BOOST_AUTO_TEST_CASE(without_commit_nothing_changes) {
  const TempDir dir;
  write_file(dir / "target", "old");
  {
    AtomicFile file("test", dir / "target");
    file.write("new");
    BOOST_TEST(read_file(dir / "target") == "old");
  }
  BOOST_TEST(read_file(dir / "target") == "old");
  BOOST_TEST(files_in(dir) == 1u);
}

BOOST_AUTO_TEST_CASE(a_failing_save_leaves_the_old_file) {
  const TempDir dir;
  StateDict state;
  state["w"] = ones({1000});
  save_safetensors(dir / "net", state);
  const std::string before = read_file(dir / "net");
  state["w"] = zeros({100'000});
  {
    const FileSizeLimit limit(8192);
    require_throws<IoError>([&] { save_safetensors(dir / "net", state); }, "net' cannot be written: File too large");
  }
  BOOST_TEST((read_file(dir / "net") == before));
  state["bad"] = Tensor();
  require_throws<IoError>([&] { save_safetensors(dir / "net", state); }, "undefined");
  BOOST_TEST((read_file(dir / "net") == before));
  BOOST_TEST(files_in(dir) == 1u);
  state.erase("bad");
  save_safetensors(dir / "net", state);
  BOOST_TEST(load_safetensors(dir / "net").at("w").numel() == 100'000);
}

BOOST_AUTO_TEST_CASE(paths_that_cannot_be_written) {
  const TempDir dir;
  const auto open = [](const std::string& path) { AtomicFile("test", path); };
  require_throws<IoError>([&] { open(dir / "no/such/folder"); },
                          "test: '" + dir / "no/such/folder" + "' cannot be written: No such file");
  require_throws<IoError>([&] { open(dir.path().string()); }, "Is a directory");
  require_throws<IoError>([&] { open(""); }, "cannot be written");
  require_throws<IoError>([&] { open("/dev/null"); }, "no regular file");
  require_throws<IoError>([&] { open("/proc/none"); }, "cannot be written");
  require_throws<IoError>([&] { open(std::string("a\0b", 3)); }, "cannot be written");
  write_file(dir / "file", "");
  require_throws<IoError>([&] { open(dir / "file/below"); }, "Not a directory");
  require_throws<IoError>([&] { open(dir / std::string(300, 'x')); }, "cannot be written");
  BOOST_TEST(files_in(dir) == 1u);
}

BOOST_AUTO_TEST_CASE(a_name_as_long_as_can_be) {
  const TempDir dir;
  const std::string path = dir / std::string(255, 'x');
  AtomicFile file("test", path);
  file.write("text");
  file.commit();
  BOOST_TEST(read_file(path) == "text");
}

BOOST_AUTO_TEST_CASE(links_are_followed_and_modes_kept) {
  const TempDir dir;
  write_file(dir / "real", "old");
  ::chmod((dir / "real").c_str(), 0640);
  fs::create_symlink("real", dir.path() / "link");
  AtomicFile file("test", dir / "link");
  file.write("new");
  file.commit();
  BOOST_TEST(fs::is_symlink(dir / "link"));
  BOOST_TEST(read_file(dir / "real") == "new");
  struct stat status {};
  ::stat((dir / "real").c_str(), &status);
  BOOST_TEST((status.st_mode & 0777) == 0640u);
}

BOOST_AUTO_TEST_CASE(two_writers_do_not_mix) {
  const TempDir dir;
  AtomicFile a("test", dir / "target"), b("test", dir / "target");
  a.write("aaaa");
  b.write("bb");
  a.commit();
  BOOST_TEST(read_file(dir / "target") == "aaaa");
  b.commit();
  BOOST_TEST(read_file(dir / "target") == "bb");
  BOOST_TEST(files_in(dir) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
