// Optimizers whose step depends on more than one element, against plain references (tests/reference/optim_matrix.py):
// rates found from all parameters together, factors and bases of tensors.
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "../fixture.h"
#include "cases.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

using Table = std::map<std::string, std::map<int, std::vector<double>>>;

Table read_table() {
  std::ifstream file(DESCENT_TEST_DATA "/optim/whole.txt");
  BOOST_TEST_REQUIRE(file.good());
  Table out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string problem, name, number;
    int step = 0;
    words >> problem >> name >> step;
    auto& values = out[problem + " " + name][step];
    while (words >> number) values.push_back(std::strtod(number.c_str(), nullptr));
  }
  return out;
}

std::vector<double> flat(const std::vector<Tensor>& params) {
  std::vector<double> out;
  for (const Tensor& p : params) {
    const auto values = p.to_vector<double>();
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

double error(const std::vector<double>& values, const std::vector<double>& expected) {
  BOOST_TEST_REQUIRE(values.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double e = std::abs(values[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
    if (!(e <= worst)) worst = e;
  }
  return worst;
}

Tensor wave2(int first, const Shape& shape, bool requires_grad = false) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(0.5 * std::sin(first + static_cast<double>(i * i)));
  return from_vector(values, shape, {.requires_grad = requires_grad});
}

Problem tensors() {
  const Tensor a = wave2(1, {5, 3}), b = wave2(2, {3, 4}), y = wave2(3, {5, 4}), c = wave2(4, {2, 3, 2});
  const Tensor w = wave2(5, {3, 3}, true), k = wave2(6, {2, 3, 2}, true), v = wave2(7, {4}, true),
               u = wave2(8, {2}, true);
  return {{w, k, v, u}, [=] {
            const Tensor bowl = (tanh(matmul(matmul(a, w), b)) * exp(v) - y).square().sum();
            return bowl + (sin(k) - c).square().square().sum() + (k.square() * c).sum() +
                   (u.square().sum() - u[0] - 0.3).square();
          }};
}

using Make = std::unique_ptr<o::Optimizer> (*)(const std::vector<Tensor>&);
struct Case {
  const char* name;
  Make make;
  bool maximize = false, tensors_only = false;
};

const std::vector<Case>& cases() {
  using P = const std::vector<Tensor>&;
  static const std::vector<Case> all = {
      {"prodigy", [](P p) -> std::unique_ptr<o::Optimizer> { return std::make_unique<o::Prodigy>(p); }},
      {"prodigy_all",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::Prodigy>(p, o::ProdigyOptions{.lr = 0.7,
                                                                  .betas = {0.8, 0.95},
                                                                  .beta3 = 0.9,
                                                                  .eps = 1e-4,
                                                                  .weight_decay = 0.1,
                                                                  .use_bias_correction = true,
                                                                  .safeguard_warmup = true,
                                                                  .d0 = 1e-3,
                                                                  .d_coef = 0.5,
                                                                  .growth_rate = 1.5,
                                                                  .maximize = true});
       },
       true},
      {"prodigy_coupled",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::Prodigy>(p, o::ProdigyOptions{.weight_decay = 0.1, .decouple = false, .d0 = 1e-2});
       }},
      {"dadapt_adam", [](P p) -> std::unique_ptr<o::Optimizer> { return std::make_unique<o::DAdaptAdam>(p); }},
      {"dadapt_adam_all",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::DAdaptAdam>(p, o::DAdaptAdamOptions{.lr = 0.7,
                                                                        .betas = {0.8, 0.95},
                                                                        .eps = 1e-4,
                                                                        .weight_decay = 0.1,
                                                                        .decouple = true,
                                                                        .use_bias_correction = true,
                                                                        .d0 = 1e-3,
                                                                        .growth_rate = 1.5,
                                                                        .maximize = true});
       },
       true},
      {"dadapt_adam_coupled",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::DAdaptAdam>(p, o::DAdaptAdamOptions{.weight_decay = 0.1, .d0 = 1e-2});
       }},
      {"dog", [](P p) -> std::unique_ptr<o::Optimizer> { return std::make_unique<o::DoG>(p); }},
      {"dog_all",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::DoG>(
             p, o::DoGOptions{.lr = 0.5, .reps_rel = 1e-3, .eps = 1e-2, .weight_decay = 0.1, .maximize = true});
       },
       true},
      {"polyak", [](P p) -> std::unique_ptr<o::Optimizer> { return std::make_unique<o::PolyakSGD>(p); }},
      {"polyak_all",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::PolyakSGD>(p, o::PolyakSGDOptions{.lr = 0.5, .f_star = -0.05, .max_lr = 1.5});
       }},
      {"sophia_hessian",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::SophiaG>(p, o::SophiaGOptions{.lr = 0.01, .rho = 0.1, .bs = 100});
       }},
      {"soap_tensors",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::SOAP>(p,
                                          o::SOAPOptions{.lr = 0.3, .shampoo_beta = 0.3, .precondition_frequency = 2});
       },
       false, true},
      {"soap_tensors_1d",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::SOAP>(p, o::SOAPOptions{.lr = 0.02,
                                                            .shampoo_beta = 0.8,
                                                            .precondition_frequency = 3,
                                                            .max_precond_dim = 3,
                                                            .precondition_1d = true});
       },
       false, true},
      {"muon_tensors", [](P p) -> std::unique_ptr<o::Optimizer> { return std::make_unique<o::Muon>(p); }, false, true},
      {"shampoo_tensors",
       [](P p) -> std::unique_ptr<o::Optimizer> {
         return std::make_unique<o::Shampoo>(p, o::ShampooOptions{.lr = 0.05});
       },
       false, true},
  };
  return all;
}

void steps(const Case& c, o::Optimizer& opt, const Problem& problem, int from, int to) {
  for (int t = from; t <= to; ++t) {
    opt.step([&] {
      opt.zero_grad();
      const Tensor loss = c.maximize ? -problem.loss() : problem.loss();
      loss.backward();
      return loss;
    });
    if (auto* sophia = dynamic_cast<o::SophiaG*>(&opt); sophia && t % 3 == 0) sophia->update_hessian();
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(whole_tensors_are_the_papers) {
  const Table table = read_table();
  const std::pair<const char*, Problem (*)()> problems[] = {{"mlp", mlp}, {"tensors", tensors}};
  for (const auto& [problem, make] : problems) {
    for (const Case& c : cases()) {
      if (c.tensors_only && std::string(problem) == "mlp") continue;
      const auto& expected = table.at(std::string(problem) + " " + c.name);
      const Problem p = make();
      const auto opt = c.make(p.params);
      int done = 0;
      for (const auto& [t, values] : expected) {
        steps(c, *opt, p, done + 1, t);
        done = t;
        const double e = error(flat(p.params), values);
        const double allowed = c.tensors_only ? 1e-8 : t <= 3 ? 1e-12 : 1e-9;  // eigenvectors amplify rounding
        BOOST_TEST(e <= allowed, problem << " " << c.name << " step " << t << " " << e);
      }
      BOOST_TEST(done >= 10);
    }
  }
}

BOOST_AUTO_TEST_CASE(whole_tensors_resume_and_ignore_threads) {
  for (const Case& c : cases()) {
    const Problem a = tensors(), b = tensors();
    const ThreadsGuard one(1);
    const auto whole = c.make(a.params);
    for (const int saved_at : {0, 3}) {
      steps(c, *whole, a, 1, saved_at);
      const StateDict state = whole->state_dict();
      {
        const NoGradGuard no_grad;
        for (std::size_t i = 0; i < a.params.size(); ++i) Tensor(b.params[i]).copy_(a.params[i]);
      }
      const auto resumed = c.make(b.params);
      resumed->load_state_dict(state);
      const StateDict again = resumed->state_dict();
      BOOST_TEST(again.size() == state.size(), c.name);
      for (const auto& [key, value] : state) BOOST_TEST(same_bits(again.at(key), value), c.name << " " << key);
      const ThreadsGuard threads(3);
      steps(c, *whole, a, saved_at + 1, saved_at + 4);
      const ThreadsGuard two(2);
      steps(c, *resumed, b, saved_at + 1, saved_at + 4);
      for (std::size_t i = 0; i < a.params.size(); ++i) {
        BOOST_TEST(same_bits(a.params[i].detach(), b.params[i].detach()), c.name);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(large_factors_ignore_threads) {
  for (const char* name : {"Muon", "Shampoo", "SOAP", "Prodigy", "DAdaptAdam", "DoG"}) {
    std::vector<Tensor> ends;
    for (const int n : {1, 3}) {
      const ThreadsGuard threads(n);
      Tensor p = random_tensor({90, 7, 20}, 1, {.dtype = float32, .requires_grad = true});
      const auto opt = o::create(name, {p});
      for (int t = 0; t < 3; ++t) {
        p.set_grad(some_gradient(p, t));
        opt->step();
      }
      ends.push_back(p.detach());
    }
    BOOST_TEST(same_bits(ends[0], ends[1]), name);
    BOOST_TEST(!same_bits(ends[0], random_tensor({90, 7, 20}, 1, {.dtype = float32})), name);
  }
}

// Without a rate: a bowl is left far behind from where d0 is 10⁻⁶ of the way.
BOOST_AUTO_TEST_CASE(rates_are_found) {
  for (const char* name : {"Prodigy", "DAdaptAdam", "DoG", "PolyakSGD"}) {
    const Tensor p = leaf({3, -2, 5, 1}), target = from_vector(std::vector<double>{1, 1, 1, 1});
    const auto opt = o::create(name, {p});
    Tensor loss;
    for (int t = 0; t < 600; ++t) {
      loss = opt->step([&] {
        opt->zero_grad();
        const Tensor l = (p - target).square().sum();
        l.backward();
        return l;
      });
    }
    BOOST_TEST(loss.item<double>() < 0.1, name << " " << loss.item<double>());  // from 30
  }
}

// Muon's step has singular values near 1, whatever the gradient's.
BOOST_AUTO_TEST_CASE(muon_makes_singular_values_equal) {
  Tensor p = zeros({6, 3}, {.dtype = float64, .requires_grad = true});
  o::Muon opt({p}, {.lr = 1});
  p.set_grad(random_tensor({6, 3}, 3));
  opt.step();
  for (const double s : svdvals(p.detach()).to_vector<double>()) {
    BOOST_TEST((s > 0.6 * std::sqrt(2) && s < 1.3 * std::sqrt(2)), s);
  }
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_changes_nothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* name : {"Shampoo", "SOAP"}) {
    Tensor p = random_tensor({3, 4}, 1, {.requires_grad = true}), q = random_tensor({3, 4}, 2, {.requires_grad = true});
    const auto opt = o::create(name, {p, q}, {{"lr", 0.1}});
    for (Tensor* x : {&p, &q}) x->set_grad(random_tensor({3, 4}, 5));
    if (std::string(name) == "Shampoo") opt->step();
    const StateDict before = opt->state_dict();
    const std::string value = bytes_of(p);
    q.set_grad(full({3, 4}, nan, {.dtype = float64}));
    BOOST_CHECK_THROW(opt->step(), Error);
    BOOST_TEST(bytes_of(p) == value);
    const StateDict after = opt->state_dict();
    BOOST_TEST(after.size() == before.size());
    for (const auto& [key, x] : before) BOOST_TEST(same_bits(after.at(key), x), name << " " << key);
  }

  const Tensor p = leaf({1, 2}), q = leaf({3});
  o::Prodigy two({{.params = {p}}, {.params = {q}, .change = [](o::ProdigyOptions& x) { x.lr = 0.5; }}});
  for (Tensor x : {p, q}) x.set_grad(ones_like(x));
  require_throws<Error>([&] { two.step(); }, "Prodigy: param groups must share one lr, or have 0, got 1 and 0.5");
  BOOST_TEST(p.detach().to_vector<double>()[0] == 1);
  BOOST_TEST(!two.state_dict().contains("state.0.step"));
  two.param_groups()[1].set_lr(0);
  two.step();
  BOOST_TEST(p.detach().to_vector<double>()[0] < 1);
  BOOST_TEST(q.detach().item<double>() == 3);
}

BOOST_AUTO_TEST_CASE(steps_by_polyak_refuse) {
  const Tensor p = leaf({1, 2});
  o::PolyakSGD opt({p});
  Tensor(p).set_grad(ones_like(p));
  require_throws<Error>([&] { opt.step(); }, "PolyakSGD: step needs a closure");
  require_throws<Error>([&] { opt.step([&] { return p * 1.0; }); }, "one finite number, got the shape [2]");
  require_throws<Error>([&] { opt.step([&] { return p.sum() / 0.0; }); }, "one finite number, got inf");
  require_throws<Error>([&] { opt.step([] { return Tensor(); }); }, "an undefined tensor");
  opt.set_clip_norm(1);
  require_throws<Error>([&] { opt.step([&] { return p.sum(); }); }, "PolyakSGD: gradients cannot be clipped");
  BOOST_TEST(p.detach().to_vector<double>()[0] == 1);
}

BOOST_AUTO_TEST_CASE(wrong_options_of_whole_tensors) {
  const std::vector<Tensor> p = {leaf({1})};
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([&] { o::Muon(p, {.ns_steps = 0}); }, "Muon: ns_steps must be at least 1, got 0");
  refuse([&] { o::Shampoo(p, {.epsilon = 0}); }, "Shampoo: epsilon must be finite and above 0");
  refuse([&] { o::SOAP(p, {.shampoo_beta = 1}); }, "SOAP: shampoo_beta must be below 1, got 1");
  refuse([&] { o::Prodigy(p, {.beta3 = 1.5}); }, "Prodigy: beta3 must be below 1");
  refuse([&] { o::Prodigy(p, {.d0 = 0}); }, "Prodigy: d0");
  refuse([&] { o::DAdaptAdam(p, {.growth_rate = 0.5}); }, "DAdaptAdam: growth_rate must be at least 1");
  refuse([&] { o::DoG(p, {.reps_rel = 0}); }, "DoG: reps_rel");
  refuse([&] { o::SophiaG(p, {.rho = 0}); }, "SophiaG: rho");
  refuse([&] { o::ScheduleFreeSGD(p, {.momentum = 0}); }, "ScheduleFreeSGD: momentum must be above 0");
  refuse([&] { o::ScheduleFreeAdamW(p, {.betas = {0, 0.9}}); }, "ScheduleFreeAdamW: betas[0] must be above 0");
}

BOOST_AUTO_TEST_CASE(numbers_of_groups_are_saved) {
  Tensor p = leaf({1, 2});
  p.set_grad(ones_like(p));
  o::Prodigy opt({p});
  BOOST_TEST(opt.d() == 1e-6);
  for (int t = 0; t < 3; ++t) opt.step();
  BOOST_TEST(opt.d() > 1e-6);
  StateDict state = opt.state_dict();
  BOOST_TEST(state.at("param_groups.0.d").item<double>() == opt.d());
  BOOST_TEST(state.at("param_groups.0.k").item<double>() == 3);
  state.erase("param_groups.0.d_max");
  require_throws<Error>([&] { opt.load_state_dict(state); }, "'param_groups.0.d_max' is missing");
  state["param_groups.0.d_max"] = zeros({2});
  require_throws<Error>([&] { opt.load_state_dict(state); }, "'param_groups.0.d_max' must be one finite number");
  // An estimate that came before the first step is kept.
  o::SophiaG sophia({p});
  sophia.update_hessian();
  const StateDict early = sophia.state_dict();
  BOOST_TEST(std::abs(early.at("state.0.hessian").to_vector<double>()[0] - 0.01) < 1e-15);
  o::SophiaG other({p});
  other.load_state_dict(early);
  BOOST_TEST(other.state_dict().contains("state.0.hessian"));
}

BOOST_AUTO_TEST_CASE(schedule_free_averages) {
  const Table table = read_table();
  const auto run = [&](auto& opt, const Problem& p, const char* name, bool maximize) {
    const auto step = [&] {
      opt.zero_grad();
      (maximize ? -p.loss() : p.loss()).backward();
      opt.step();
    };
    for (int t = 0; t < 20; ++t) {
      if (t == 7) {  // looking in between changes nothing but last bits
        opt.eval();
        opt.train();
      }
      step();
    }
    const std::vector<double> y = flat(p.params);
    opt.train();
    BOOST_TEST(error(flat(p.params), y) == 0);
    opt.eval();
    BOOST_TEST(error(flat(p.params), table.at(std::string("x ") + name).at(20)) <= 1e-12, name);
    BOOST_TEST(error(flat(p.params), y) > 1e-6);
    require_throws<Error>([&] { opt.step(); }, "call train() after eval()");
    const StateDict state = opt.state_dict();
    BOOST_TEST(state.at("param_groups.0.train_mode").template item<double>() == 0);
    opt.train();
    BOOST_TEST(error(flat(p.params), y) <= 1e-15);
    opt.load_state_dict(state);
    BOOST_TEST(!opt.is_training());
  };
  const Problem a = mlp(), b = mlp();
  o::ScheduleFreeSGD sgd(a.params, {.lr = 1e-3});
  run(sgd, a, "schedule_free_sgd", false);
  o::ScheduleFreeAdamW adam(b.params, {.lr = 0.05,
                                       .betas = {0.8, 0.9},
                                       .eps = 1e-3,
                                       .weight_decay = 0.2,
                                       .warmup_steps = 7,
                                       .r = 0.5,
                                       .weight_lr_power = 1,
                                       .maximize = true});
  run(adam, b, "schedule_free_adamw_all", true);
}

BOOST_AUTO_TEST_SUITE_END()
