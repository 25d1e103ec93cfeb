// LBFGS against PyTorch's (tests/reference/optim.py), saving, errors.
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "../fixture.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

const std::map<std::string, o::LBFGSOptions>& cases() {
  static const std::map<std::string, o::LBFGSOptions> all = {
      {"plain", {.lr = 0.5, .max_iter = 4}},
      {"wolfe", {.max_iter = 4, .line_search_fn = "strong_wolfe"}},
      {"wolfe_short", {.lr = 0.8, .max_iter = 6, .max_eval = 5, .history_size = 2, .line_search_fn = "strong_wolfe"}},
      {"wolfe_default", {.line_search_fn = "strong_wolfe"}},
      {"tolerant",
       {.max_iter = 50,
        .max_eval = 100,
        .tolerance_grad = 1e-2,
        .tolerance_change = 1e-3,
        .line_search_fn = "strong_wolfe"}},
  };
  return all;
}

Tensor step(o::LBFGS& opt, const Problem& problem, double sign = 1) {
  return opt.step([&] {
    opt.zero_grad();
    Tensor loss = problem.loss() * sign;
    loss.backward();
    return loss;
  });
}

std::vector<double> flat(const Problem& problem) {
  std::vector<double> out;
  for (const Tensor& p : problem.params) {
    const auto values = p.detach().to_vector<double>();
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

Problem make(const std::string& name) {
  return name == "rosenbrock" ? rosenbrock() : name == "quadratic" ? quadratic() : mlp();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(lbfgs_is_pytorchs) {
  std::ifstream file(DESCENT_TEST_DATA "/optim/lbfgs.txt");
  BOOST_TEST_REQUIRE(file.good());
  std::map<std::string, std::vector<std::vector<double>>> expected;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string problem, name, word;
    words >> problem >> name >> word;
    auto& rows = expected[problem + " " + name];
    rows.emplace_back();
    while (words >> word) rows.back().push_back(std::strtod(word.c_str(), nullptr));
  }
  BOOST_TEST(expected.size() == 3 * cases().size());
  for (const auto& [name, rows] : expected) {
    const std::size_t space = name.find(' ');
    const Problem problem = make(name.substr(0, space));
    const o::LBFGSOptions options = cases().at(name.substr(space + 1));
    o::LBFGS opt(problem.params, options);
    const Problem mirrored = make(name.substr(0, space));
    o::LBFGSOptions up = options;
    up.maximize = true;
    o::LBFGS climb(mirrored.params, up);
    for (const std::vector<double>& row : rows) {
      const double loss = step(opt, problem).item<double>();
      BOOST_TEST(std::abs(loss - row[1]) <= 1e-9 * std::max(1.0, std::abs(row[1])), name);
      BOOST_TEST(opt.state_dict().at("state.0.func_evals").item<double>() == row[0], name);
      const std::vector<double> values = flat(problem);
      double error = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        error = std::max(error, std::abs(values[i] - row[i + 2]) / std::max(1.0, std::abs(row[i + 2])));
      }
      BOOST_TEST(error <= 1e-9, name << " after " << row[0] << " evaluations: " << error);
      BOOST_TEST(step(climb, mirrored, -1).item<double>() == -loss);
      BOOST_TEST((flat(mirrored) == values), name);
    }
  }
}

BOOST_AUTO_TEST_CASE(lbfgs_continues_to_the_same_bits) {
  for (const auto& [name, options] : cases()) {
    for (const int saved_at : {0, 1, 3}) {
      const Problem a = mlp(), b = mlp();
      o::LBFGS whole(a.params, options), resumed(b.params, {.lr = 9, .history_size = 1});
      for (int t = 0; t < saved_at; ++t) step(whole, a);
      const StateDict state = whole.state_dict();
      {
        const NoGradGuard no_grad;
        for (std::size_t i = 0; i < a.params.size(); ++i) Tensor(b.params[i]).copy_(a.params[i]);
      }
      resumed.load_state_dict(state);
      BOOST_TEST(resumed.state_bytes() == whole.state_bytes());
      for (int t = 0; t < 2; ++t) {
        step(whole, a);
        step(resumed, b);
      }
      BOOST_TEST((flat(a) == flat(b)), name);
      if (saved_at == 0) continue;
      BOOST_TEST(whole.state_bytes() > 0);
      StateDict bad = resumed.state_dict();
      bad.erase("state.0.d");
      require_throws<Error>([&] { resumed.load_state_dict(bad); }, "'state.0.d' is missing");
      StateDict wide = resumed.state_dict();
      wide["state.0.d"] = zeros({3});
      require_throws<Error>([&] { resumed.load_state_dict(wide); }, "'state.0.d' must have the shape");
      StateDict odd = resumed.state_dict();
      odd["state.0.junk"] = zeros({3});
      require_throws<Error>([&] { resumed.load_state_dict(odd); }, "'state.0.junk' is unexpected");
    }
  }
}

BOOST_AUTO_TEST_CASE(lbfgs_threads_do_not_change_bits) {
  const auto run = [](int threads) {
    const ThreadsGuard guard(threads);
    const Tensor p = random_tensor({70001}, 3, {.requires_grad = true});
    const Problem problem{{p}, [p] { return (p.square().square() + p.square()).sum(); }};
    o::LBFGS opt({p}, {.max_iter = 3, .line_search_fn = "strong_wolfe"});
    step(opt, problem);
    return p.detach().clone();
  };
  const Tensor one = run(1);
  BOOST_TEST(same_bits(run(3), one));
}

BOOST_AUTO_TEST_CASE(lbfgs_stays_inside_the_domain) {
  // −log x + x: a first step that is too long meets a NaN; the line search shortens it.
  const Tensor x = leaf({0.01});
  const Problem problem{{x}, [x] { return (x - log(x)).sum(); }};
  o::LBFGS opt({x}, {.lr = 500, .line_search_fn = "strong_wolfe"});
  for (int t = 0; t < 3; ++t) step(opt, problem);
  BOOST_TEST(std::abs(x.detach().item<double>() - 1) < 1e-4);
  const Tensor y = leaf({0.019});
  const Problem edge{{y}, [y] { return (-100.0 * y - log(0.02 - y)).sum(); }};
  o::LBFGS right({y}, {.lr = 500, .line_search_fn = "strong_wolfe"});
  for (int t = 0; t < 3; ++t) step(right, edge);
  BOOST_TEST(std::abs(y.detach().item<double>() - 0.01) < 1e-4);
}

BOOST_AUTO_TEST_CASE(lbfgs_errors_leave_everything_alone) {
  const Tensor p = leaf({1.0, 2.0});
  const Problem bowl{{p}, [p] { return p.square().square().sum(); }};
  o::LBFGS opt({p}, {.lr = 0.1, .max_iter = 3});
  step(opt, bowl);
  const std::string before = bytes_of(p);
  const StateDict state = opt.state_dict();
  int calls = 0;
  const auto refuse = [&](auto closure, const char* part) {
    calls = 0;
    require_throws<std::runtime_error>([&] { opt.step(closure); }, part);
    BOOST_TEST(bytes_of(p) == before);
    const StateDict after = opt.state_dict();
    for (const auto& [key, value] : state) BOOST_TEST(same_bits(after.at(key), value), key);
  };
  refuse(
      [&]() -> Tensor {
        if (++calls == 3) throw std::runtime_error("no more data");
        opt.zero_grad();
        Tensor l = bowl.loss();
        l.backward();
        return l;
      },
      "no more data");
  refuse(
      [&] {
        opt.zero_grad();
        Tensor l = bowl.loss() * (++calls == 2 ? std::numeric_limits<double>::infinity() : 1.0);
        l.backward();
        return l;
      },
      "must be finite");
  refuse([&] { return bowl.loss() * std::nan(""); }, "must be finite");
  refuse([&] { return p.square(); }, "must return the loss, one number, got [2]");
  refuse([&] { return Tensor(); }, "must return the loss");
  require_throws<Error>([&] { opt.step(); }, "LBFGS: step needs a closure");
  opt.set_clip_norm(1);
  refuse([&] { return bowl.loss(); }, "cannot be clipped");
  require_throws<std::invalid_argument>([&] { o::LBFGS({p}, {.line_search_fn = "wolfe"}); },
                                        "LBFGS: line_search_fn must be one of '', 'strong_wolfe', got 'wolfe'");
  require_throws<std::invalid_argument>([&] { o::LBFGS({p}, {.max_iter = 0}); }, "LBFGS: max_iter");
  require_throws<std::invalid_argument>([&] { o::LBFGS({p}, {.max_eval = 0}); }, "LBFGS: max_eval");
}

BOOST_AUTO_TEST_SUITE_END()
