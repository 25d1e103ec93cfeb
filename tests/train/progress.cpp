#include "train/progress.h"

#include <algorithm>
#include <sstream>

#include "../fixture.h"

using namespace descent;
using namespace descent::testing;
using descent::train::Epoch;
using descent::train::kNone;
using descent::train::Progress;

namespace {

/// A clock that stands still until it is told otherwise.
struct Clock {
  double now = 100;
  std::function<double()> read() {
    return [this] { return now; };
  }
};

auto count(const std::string& text, char c) { return std::count(text.begin(), text.end(), c); }

}  // namespace

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(a_terminal_gets_one_line_redrawn) {
  Clock clock;
  std::ostringstream out;
  Progress progress(2, 100, {.out = &out, .terminal = true, .columns = 200, .clock = clock.read()});
  for (int i = 0; i < 50; ++i) {
    clock.now += 0.02;
    progress.step(0.5, 0.875, 1e-3);
  }
  const std::string text = out.str();
  BOOST_TEST(count(text, '\n') == 0);
  BOOST_TEST(count(text, '\r') >= 8);
  BOOST_TEST(count(text, '\r') <= 10);
  const std::string last = text.substr(text.rfind('\r'));
  BOOST_TEST(last.find("epoch 1/2 [=========") == 1u);
  for (const char* part :
       {"/100  ", "loss 0.5000", "accuracy 87.50%", "lr 0.001", "50 steps/s", "0:03 left", "\x1b[K"}) {
    BOOST_TEST(last.find(part) != std::string::npos, part);
  }
  progress.epoch({.epoch = 1,
                  .train_loss = 0.25,
                  .train_accuracy = 0.5,
                  .validation_loss = 0.125,
                  .validation_accuracy = 0.75,
                  .lr = 0.001,
                  .seconds = 1.5});
  const std::string line = out.str().substr(text.size());
  BOOST_TEST(line ==
             "\repoch 1/2  loss 0.2500  accuracy 50.00%  validation loss 0.1250  validation accuracy 75.00%"
             "  lr 0.001  1.5 s\x1b[K\n");
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_is_never_overrun) {
  Clock clock;
  std::ostringstream out;
  {
    Progress progress(1, 10, {.out = &out, .terminal = true, .columns = 30, .clock = clock.read()});
    clock.now += 1;
    progress.step(0.5, kNone, 0.1);
  }
  BOOST_TEST(out.str().find("\x1b[K") == 30u);  // the return and 29 characters
  BOOST_TEST(out.str().back() == '\n');         // an open line is ended
}

BOOST_AUTO_TEST_CASE(elsewhere_plain_lines_come_at_quarters) {
  Clock clock;
  std::ostringstream out;
  Progress progress(1, 8, {.out = &out, .clock = clock.read()});
  for (int i = 0; i < 8; ++i) {
    clock.now += 1.5;
    progress.step(1.0, kNone, 0.1);
  }
  progress.epoch({.epoch = 1, .train_loss = 1.0, .lr = 0.1, .seconds = 12});
  BOOST_TEST(out.str() ==
             "epoch 1/1 step 2/8  loss 1.0000  lr 0.1  0.67 steps/s  0:09 left\n"
             "epoch 1/1 step 4/8  loss 1.0000  lr 0.1  0.67 steps/s  0:06 left\n"
             "epoch 1/1 step 6/8  loss 1.0000  lr 0.1  0.67 steps/s  0:03 left\n"
             "epoch 1/1  loss 1.0000  lr 0.1  12.0 s\n");
}

BOOST_AUTO_TEST_CASE(fast_epochs_do_not_flood) {
  Clock clock;
  std::ostringstream out;
  Progress progress(1000, 1, {.out = &out, .terminal = false, .clock = clock.read()});
  for (int i = 0; i < 1000; ++i) {
    clock.now += 1.0 / 512;
    progress.step(1.0, kNone, 0.1);
    progress.epoch({.epoch = i + 1, .train_loss = 1.0, .lr = 0.1});
  }
  BOOST_TEST(count(out.str(), '\n') >= 11);
  BOOST_TEST(count(out.str(), '\n') <= 21);
  BOOST_TEST(out.str().find("epoch 10/1000 ") != std::string::npos);
  BOOST_TEST(out.str().find("epoch 1000/1000 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(long_runs) {
  Clock clock;
  std::ostringstream out;
  Progress progress(10, 100, {.out = &out, .terminal = true, .columns = 200, .clock = clock.read()});
  clock.now += 10;
  progress.step(1.0, kNone, 0.1);
  BOOST_TEST(out.str().find("2:46:30 left") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_numbers) {
  require_throws<std::invalid_argument>([] { Progress(-1, 3); }, "epochs");
  require_throws<std::invalid_argument>([] { Progress(1, -3); }, "steps_per_epoch");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
