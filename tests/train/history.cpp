#include "train/history.h"

#include <cmath>

#include "../fixture.h"
#include "../io/files.h"

using namespace descent;
using namespace descent::testing;
using descent::train::History;

namespace {

History sample() {
  History h;
  h.epochs.push_back({.epoch = 1, .train_loss = 0.1, .lr = 1e-3, .seconds = 2});
  h.epochs.push_back({.epoch = 2,
                      .train_loss = 1.0 / 3,
                      .train_accuracy = 0.5,
                      .validation_loss = 1e-20,
                      .validation_accuracy = 1,
                      .lr = 0.5,
                      .seconds = 0.25});
  return h;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(history)

BOOST_AUTO_TEST_CASE(columns) {
  const History h = sample();
  using Column = std::vector<double>;
  BOOST_TEST((h.train_loss() == Column{0.1, 1.0 / 3}));
  BOOST_TEST(std::isnan(h.train_accuracy()[0]));
  BOOST_TEST(h.train_accuracy()[1] == 0.5);
  BOOST_TEST(h.validation_loss()[1] == 1e-20);
  BOOST_TEST(h.validation_accuracy()[1] == 1.0);
  BOOST_TEST((h.lr() == Column{1e-3, 0.5}));
  BOOST_TEST((h.seconds() == Column{2, 0.25}));
}

BOOST_AUTO_TEST_CASE(csv) {
  const TempDir dir;
  sample().save_csv(dir / "history.csv");
  BOOST_TEST(read_file(dir / "history.csv") ==
             "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,lr,seconds\n"
             "1,0.1,,,,0.001,2\n"
             "2,0.3333333333333333,0.5,1e-20,1,0.5,0.25\n");
  History().save_csv(dir / "history.csv");
  BOOST_TEST(read_file(dir / "history.csv").find('\n') == read_file(dir / "history.csv").size() - 1);
}

BOOST_AUTO_TEST_CASE(csv_that_cannot_be_written) {
  const TempDir dir;
  require_throws<IoError>([&] { sample().save_csv(dir / "no/h.csv"); },
                          "History::save_csv: '" + dir / "no/h.csv" + "'");
  require_throws<IoError>([&] { sample().save_csv(dir.path().string()); }, "directory");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
