#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "../fixture.h"
#include "picture.h"

using namespace descent;
using descent::plot::Figure;
using descent::plot::save_grid;
using testing::decode_file;
using testing::Picture;
using testing::require_throws;
using testing::TempDir;

namespace {

std::size_t files_in(const TempDir& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

Figure some_figure() {
  Figure figure({.title = "loss", .width = 400, .height = 300, .scale = 1});
  figure.line({3, 2, 1});
  return figure;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plot)
BOOST_AUTO_TEST_SUITE(save)

BOOST_AUTO_TEST_CASE(the_file_is_the_picture) {
  const TempDir folder;
  const Figure figure = some_figure();
  figure.save(folder / "loss.png");
  BOOST_TEST(decode_file(folder / "loss.png").width == 400);
  figure.save(folder / "loss.png");  // replaces it
  BOOST_TEST((decode_file(folder / "loss.png").rgb == testing::picture_of(figure).rgb));
  BOOST_TEST(files_in(folder) == 1u);
}

BOOST_AUTO_TEST_CASE(an_unwritable_path_is_named) {
  const TempDir folder;
  const Figure figure = some_figure();
  const std::string missing = folder / "no/such/loss.png";
  require_throws<IoError>([&] { figure.save(missing); }, "save: '" + missing + "' cannot be written: No such file");
  std::filesystem::create_directory(folder / "taken.png");
  require_throws<IoError>([&] { figure.save(folder / "taken.png"); }, "taken.png' cannot be written: ");
  std::ofstream(folder / "file") << "x";
  require_throws<IoError>([&] { figure.save(folder / "file/loss.png"); },
                          "file/loss.png' cannot be written: Not a directory");
  BOOST_TEST(files_in(folder) == 2u);  // no temporary file stays behind
}

BOOST_AUTO_TEST_CASE(a_failed_write_keeps_the_old_file) {
  const TempDir folder;
  const Figure figure = some_figure();
  figure.save(folder / "loss.png");
  const auto before = decode_file(folder / "loss.png").rgb;
  // The disk is full after 1000 bytes, so to speak.
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  rlimit tight = limit;
  tight.rlim_cur = 1000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &tight);
  bool failed = false;
  try {
    Figure other = figure;
    other.line({1, 2, 3});
    other.save(folder / "loss.png");
  } catch (const IoError& error) {
    failed = std::string_view(error.what()).find("File too large") != std::string_view::npos;
  }
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  BOOST_TEST(failed);
  BOOST_TEST((decode_file(folder / "loss.png").rgb == before));
  BOOST_TEST(files_in(folder) == 1u);
}

BOOST_AUTO_TEST_CASE(grids_hold_their_figures) {
  const TempDir folder;
  const Figure a = some_figure();
  const Figure b({.width = 200, .height = 350, .scale = 1});
  save_grid(folder / "row.png", {&a, &b});
  const Picture row = decode_file(folder / "row.png");
  BOOST_TEST(row.width == 600);
  BOOST_TEST(row.height == 350);
  save_grid(folder / "grid.png", {&a, &b, &a}, 2);
  save_grid(folder / "panels.png", std::vector<Figure>{a, b, a}, 2);
  BOOST_TEST((decode_file(folder / "panels.png").rgb == decode_file(folder / "grid.png").rgb));
  const Picture grid = decode_file(folder / "grid.png");
  BOOST_TEST(grid.width == 600);
  BOOST_TEST(grid.height == 650);
  const Picture alone = testing::picture_of(a);
  for (int y = 0; y < 300; y += 7) {
    for (int x = 0; x < 400; x += 3) BOOST_TEST_REQUIRE(grid.at(x, 350 + y) == alone.at(x, y));
  }
  require_throws<std::invalid_argument>([&] { save_grid(folder / "x.png", {}); }, "at least one");
  require_throws<std::invalid_argument>([&] { save_grid(folder / "x.png", std::vector<Figure>{}); }, "at least one");
  require_throws<std::invalid_argument>([&] { save_grid(folder / "x.png", {&a, nullptr}); }, "null");
  require_throws<std::invalid_argument>([&] { save_grid(folder / "x.png", {&a}, -1); }, "columns");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
