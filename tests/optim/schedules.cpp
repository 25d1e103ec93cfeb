// Schedules: the rates of PyTorch to the last bit (tests/reference/optim.py), saving, wrong options.
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

using Schedules = std::vector<std::unique_ptr<o::Scheduler>>;

template <class S, class Options>
std::unique_ptr<o::Scheduler> make(o::Optimizer& opt, const Options& options) {
  return std::make_unique<S>(opt, options);
}

const std::map<std::string, std::function<Schedules(o::Optimizer&)>>& schedule_cases() {
  const auto step = [](o::StepLROptions options) {
    return [=](o::Optimizer& opt) {
      Schedules s;
      s.push_back(make<o::StepLR>(opt, options));
      return s;
    };
  };
  const auto cosine = [](o::CosineAnnealingLROptions options) {
    return [=](o::Optimizer& opt) {
      Schedules s;
      s.push_back(make<o::CosineAnnealingLR>(opt, options));
      return s;
    };
  };
  static const std::map<std::string, std::function<Schedules(o::Optimizer&)>> cases = {
      {"step_3_0.5", step({.step_size = 3, .gamma = 0.5})},
      {"step_1_0.9", step({.step_size = 1, .gamma = 0.9})},
      {"step_resumed", step({.step_size = 3, .gamma = 0.5, .last_epoch = 4})},
      {"cosine_10", cosine({.T_max = 10})},
      {"cosine_10_min", cosine({.T_max = 10, .eta_min = 1e-5})},
      {"cosine_7_above", cosine({.T_max = 7, .eta_min = 0.5})},
      {"cosine_1", cosine({.T_max = 1, .eta_min = 0.01})},
      {"cosine_resumed", cosine({.T_max = 10, .eta_min = 1e-5, .last_epoch = 4})},
      {"chained",
       [](o::Optimizer& opt) {
         Schedules s;
         s.push_back(make<o::CosineAnnealingLR>(opt, o::CosineAnnealingLROptions{.T_max = 12, .eta_min = 1e-3}));
         s.push_back(make<o::StepLR>(opt, o::StepLROptions{.step_size = 4, .gamma = 0.7}));
         return s;
       }},
  };
  return cases;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(schedules_are_pytorchs) {
  std::ifstream file(DESCENT_TEST_DATA "/optim/schedules.txt");
  BOOST_TEST_REQUIRE(file.good());
  std::size_t seen = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, number;
    words >> name;
    std::vector<double> rates;
    while (words >> number) rates.push_back(std::strtod(number.c_str(), nullptr));
    BOOST_TEST_REQUIRE(rates.size() == 31u);
    ++seen;

    for (const int reload_at : {-1, 13}) {  // through a saved state, too
      o::SGD opt({leaf({1})}, {.lr = 0.3});
      auto& group = opt.param_groups()[0];
      if (name.ends_with("resumed")) group.initial_lr = 0.7;
      Schedules schedules = schedule_cases().at(name)(opt);
      for (std::size_t epoch = 0; epoch < rates.size(); ++epoch) {
        if (epoch > 0) {
          for (auto& s : schedules) s->step();
        }
        BOOST_TEST(group.lr() == rates[epoch], name << ", epoch " << epoch);
        BOOST_TEST(schedules.back()->get_last_lr() == std::vector<double>{group.lr()},
                   boost::test_tools::per_element());
        if (static_cast<int>(epoch) == reload_at) {
          std::vector<StateDict> saved;
          for (auto& s : schedules) saved.push_back(s->state_dict());
          const StateDict state = opt.state_dict();
          schedules = schedule_cases().at(name)(opt);
          for (std::size_t i = 0; i < saved.size(); ++i) schedules[i]->load_state_dict(saved[i]);
          opt.load_state_dict(state);
        }
      }
    }
  }
  BOOST_TEST(seen == schedule_cases().size());
}

BOOST_AUTO_TEST_CASE(each_group_has_its_own_rate) {
  o::Adam opt({{.params = {leaf({1})}}, {.params = {leaf({1})}, .change = [](o::AdamOptions& x) { x.lr = 1.0; }}},
              {.lr = 0.5});
  o::StepLR schedule(opt, {.step_size = 2, .gamma = 0.5});
  opt.add_param_group({.params = {leaf({2})}});
  schedule.step();
  schedule.step();
  BOOST_TEST(schedule.get_last_lr() == (std::vector<double>{0.25, 0.5}), boost::test_tools::per_element());
  BOOST_TEST(schedule.last_epoch() == 2);
  BOOST_TEST(opt.param_groups()[2].lr() == 0.5);  // came later: left alone
}

BOOST_AUTO_TEST_CASE(wrong_schedules) {
  o::SGD opt({leaf({1})}, {.lr = 0.1});
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([&] { o::StepLR(opt, {}); }, "StepLR: step_size must be at least 1, got 0");
  refuse([&] { o::StepLR(opt, {.step_size = 1, .gamma = -1}); }, "StepLR: gamma");
  refuse([&] { o::CosineAnnealingLR(opt, {.T_max = -5}); }, "CosineAnnealingLR: T_max must be at least 1, got -5");
  refuse([&] { o::CosineAnnealingLR(opt, {.T_max = 5, .eta_min = NAN}); }, "CosineAnnealingLR: eta_min");
  refuse([&] { o::StepLR(opt, {.step_size = 1, .last_epoch = 3}); }, "StepLR: last_epoch must be -1 unless");
  BOOST_TEST(opt.param_groups()[0].lr() == 0.1);

  o::StepLR schedule(opt, {.step_size = 1});
  StateDict state = schedule.state_dict();
  state.erase("gamma");
  require_throws<Error>([&] { schedule.load_state_dict(state); }, "StepLR: load_state_dict: 'gamma' is missing");
  state["gamma"] = tensor(0.5);
  state["T_max"] = tensor(5);
  require_throws<Error>([&] { schedule.load_state_dict(state); }, "'T_max' is unexpected");
  state.erase("T_max");
  state["base_lrs"] = zeros({2});
  require_throws<Error>([&] { schedule.load_state_dict(state); }, "'base_lrs' must hold 1 numbers");
  state["base_lrs"] = tensor({0.1});
  state["step_size"] = tensor(0);
  require_throws<std::invalid_argument>([&] { schedule.load_state_dict(state); }, "StepLR: step_size");
  schedule.step();
  BOOST_TEST(opt.param_groups()[0].lr() == 0.1 * 0.1);
}

BOOST_AUTO_TEST_SUITE_END()
