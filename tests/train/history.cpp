#include "train/history.h"

#include <cmath>

#include "../fixture.h"
#include "../io/files.h"
#include "../plot/picture.h"

using namespace descent;
using namespace descent::testing;
using descent::train::Epoch;
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

BOOST_AUTO_TEST_CASE(a_picture) {
  const TempDir dir;
  const auto drawn = [&](const History& h) {
    h.save_plot(dir / "history.png");
    return decode_file(dir / "history.png");
  };
  const int width = picture_of(plot::Figure()).width;
  History h = sample();
  h.step_loss = {0.5, 0.25, 0.2, 0.1};
  const Picture both = drawn(h);
  BOOST_TEST(both.width == 2 * width);
  BOOST_TEST(both.count(0x0072b2, 2, 0, 0, width, both.height) > 1000);  // training, validation; a loss of each step
  BOOST_TEST(both.count(0xd55e00, 2, 0, 0, width, both.height) > 100);
  BOOST_TEST(both.count(0xd0d0d0, 2, 0, 0, width, both.height) > 1000);
  BOOST_TEST(both.count(0x0072b2, 2, width, 0, 2 * width, both.height) > 100);

  for (Epoch& e : h.epochs) e.validation_loss = e.train_accuracy = e.validation_accuracy = descent::train::kNone;
  const Picture loss = drawn(h);
  BOOST_TEST(loss.width == width);
  BOOST_TEST(loss.count(0xd55e00, 2) == 0);
  BOOST_TEST(drawn(History()).width == width);

  const auto above = [&](double least) {  // half of the way down from 1: pixels of the line in the upper third
    History one;
    one.epochs.push_back({.epoch = 1});
    one.step_loss = {1, 0.5, least};
    const Picture p = drawn(one);
    return p.count(0xd0d0d0, 2, p.width * 9 / 20, p.height / 10, p.width * 11 / 20, p.height / 3);  // below the title
  };
  BOOST_TEST(above(1e-4) > 0);
  BOOST_TEST(above(0) == 0);  // linear
}

BOOST_AUTO_TEST_CASE(csv_that_cannot_be_written) {
  const TempDir dir;
  require_throws<IoError>([&] { sample().save_csv(dir / "no/h.csv"); },
                          "History::save_csv: '" + dir / "no/h.csv" + "'");
  require_throws<IoError>([&] { sample().save_csv(dir.path().string()); }, "directory");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
