// Sparse gradients: which optimizers take them, and what the others say.
#include "../table.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(sparse)
namespace {

Tensor table() {
  std::vector<double> values;
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 3; ++j) values.push_back(0.1 * (3 * i + j) - 0.8);
  }
  return from_vector(values, {6, 3}).requires_grad_();
}

/// Gradient t of tests/reference/optim_wrappers.py.
Tensor rows(int t) {
  std::vector<std::int64_t> indices;
  std::vector<double> values;
  for (int i = 0; i < 6; ++i) {
    if ((i + t) % 3 != 0 && !(t == 5 && i == 1)) continue;
    indices.push_back(i);
    for (int j = 0; j < 3; ++j) values.push_back(0.7 * ((2 * i + 3 * j + 5 * t) % 7) - 2);
  }
  const auto n = static_cast<std::int64_t>(indices.size());
  return sparse_coo_tensor(from_vector(indices), from_vector(values, {n, 3}), {6, 3});
}

BOOST_AUTO_TEST_CASE(pytorchs_trajectories) {
  const StateDict expected = read_table("optim/wrappers.txt");
  const auto walk = [&](const char* name, o::Optimizer& opt) {
    double worst = 0;
    Tensor p = opt.param_groups()[0].params[0];
    for (int t = 0; t < 12; ++t) {
      Tensor(p).set_grad(rows(t));
      opt.step();
      worst = std::max(worst, max_relative_error(p.detach().reshape({-1}), expected.at(name)[t]));
    }
    BOOST_TEST(worst < 1e-13, name << ": " << worst);
  };
  o::SparseAdam adam({table()}, {.lr = 0.05});
  o::SparseAdam all({table()}, {.lr = 0.02, .betas = {0.8, 0.9}, .eps = 1e-3, .maximize = true});
  o::SGD sgd({table()}, {.lr = 0.1});
  o::Adagrad adagrad({table()}, {.lr = 0.1, .lr_decay = 0.1, .initial_accumulator_value = 0.2});
  walk("sparse_adam", adam);
  walk("sparse_adam_all", all);
  walk("sparse_sgd", sgd);
  walk("sparse_adagrad", adagrad);
}

BOOST_AUTO_TEST_CASE(other_rows_are_not_touched_and_state_is_saved) {
  const Tensor p = table(), q = table();
  o::SparseAdam a({p}), b({q});
  for (int t = 0; t < 3; ++t) {
    const std::string before = bytes_of(p[1]);
    Tensor(p).set_grad(sparse_coo_tensor(tensor({4}), ones({1, 3}, {.dtype = float64}), {6, 3}));
    a.step();
    BOOST_TEST(bytes_of(p[1]) == before);
    BOOST_TEST(a.state_dict().at("state.0.exp_avg")[1].abs().max().item<double>() == 0);
  }
  b.load_state_dict(a.state_dict());
  {
    const NoGradGuard no_grad;
    Tensor(q).copy_(p);
  }
  for (int t = 0; t < 4; ++t) {
    Tensor(p).set_grad(rows(t));
    Tensor(q).set_grad(rows(t));
    a.step();
    b.step();
  }
  BOOST_TEST(same_bits(p.detach(), q.detach()));

  // No rows: a step all the same. Gaps in the parameter, float32, zero_grad.
  Tensor(p).set_grad(sparse_coo_tensor(zeros({0}, {.dtype = int64}), zeros({0, 3}, {.dtype = float64}), {6, 3}));
  const std::string before = bytes_of(p);
  a.step();
  BOOST_TEST(bytes_of(p) == before);
  BOOST_TEST(a.state_dict().at("state.0.step").item<double>() == 8);
  a.zero_grad(false);
  BOOST_TEST(!p.grad().defined());
  Tensor gaps = zeros({3, 6}).transpose(0, 1).requires_grad_();
  Tensor(gaps).set_grad(sparse_coo_tensor(tensor({2}), ones({1, 3}), {6, 3}));
  o::SGD({gaps}, {.lr = 1}).step();
  BOOST_TEST(gaps.detach().sum().item<double>() == -3);
  BOOST_TEST(gaps.detach()[2].sum().item<double>() == -3);
  require_throws<Error>(
      [&] {
        Tensor(p).set_grad(ones_like(p));
        a.step();
      },
      "SparseAdam: the gradient of parameter 0 of shape [6, 3] must be sparse");
  require_throws<std::invalid_argument>([&] { o::SparseAdam({p}, {.eps = 0}); }, "SparseAdam: eps");
  require_throws<std::invalid_argument>([&] { o::SparseAdam({p}, {.lr = -1}); },
                                        "SparseAdam: lr must be finite and at");
}

BOOST_AUTO_TEST_CASE(a_gradient_of_embedding) {
  const Tensor dense = table(), few = table();
  o::SGD a({dense}, {.lr = 0.5}), b({few}, {.lr = 0.5});
  for (int t = 0; t < 3; ++t) {
    const auto loss = [](const Tensor& w, bool is_sparse) {
      return embedding(tensor({1, 4, 1}), w, {.sparse = is_sparse}).square().sum();
    };
    a.zero_grad();
    b.zero_grad();
    loss(dense, false).backward();
    loss(few, true).backward();
    BOOST_TEST(few.grad().is_sparse());
    a.step();
    b.step();
  }
  BOOST_TEST(max_relative_error(dense.detach(), few.detach()) < 1e-14);
}

BOOST_AUTO_TEST_CASE(everything_else_refuses_and_changes_nothing) {
  const Tensor first = leaf({1, 2}), p = table();
  const std::string before = bytes_of(first) + bytes_of(p);
  const auto set = [&] {
    Tensor(first).set_grad(ones_like(first));
    Tensor(p).set_grad(rows(0));
  };
  const auto refuses = [&](o::Optimizer& opt, const std::string& name) {
    set();
    require_throws<Error>([&] { opt.step([&] { return first.sum().detach(); }); }, name + ": ");
    require_throws<Error>([&] { opt.step([&] { return first.sum().detach(); }); }, "sparse");
    BOOST_TEST(bytes_of(first) + bytes_of(p) == before, name);
  };
  for (const std::string& name : o::optimizer_names()) {
    if (name == "SGD" || name == "Adagrad" || name == "SparseAdam") continue;
    const auto opt = o::create(name, {first, p});
    refuses(*opt, name);
  }
  o::SGD momentum({first, p}, {.momentum = 0.9}), decay({first, p}, {.weight_decay = 0.1}), l1({first, p}, {.l1 = 0.1}),
      group({first, p}, {.group_lasso = 0.1}), clips({first, p}), adaptive({first, p}), plain({first, p});
  o::Adagrad adagrad({first, p}, {.weight_decay = 0.1});
  clips.set_clip_norm(1);
  adaptive.set_clip_agc(1);
  for (o::SGD* opt : {&momentum, &decay, &l1, &group, &clips, &adaptive}) refuses(*opt, "SGD");
  refuses(adagrad, "Adagrad");
  o::SAM sam(plain);
  o::ASAM asam(plain);
  o::GradientCentralization centralized(plain);
  refuses(sam, "SAM");
  refuses(asam, "ASAM");
  refuses(centralized, "GradientCentralization");

  set();
  const std::vector<Tensor> params = {first, p};
  const auto clip = [&](auto f, const char* part) {
    require_throws<Error>(f, part);
    BOOST_TEST(max_relative_error(first.grad(), {1, 1}) == 0);
  };
  clip([&] { o::clip_grad_norm_(params, 0.1); }, "clip_grad_norm_: a sparse tensor is not supported");
  clip([&] { o::clip_grad_value_(params, 0.1); }, "clip_grad_value_: a sparse tensor is not supported");
  clip([&] { o::clip_grad_agc_(params, 0.1); }, "clip_grad_agc_: a sparse tensor is not supported");
  clip([&] { o::grad_norm(params); }, "grad_norm: a sparse tensor is not supported");
  clip([&] { o::l1_penalty({rows(0)}, 0.1); }, "l1_penalty: a sparse tensor is not supported");
  clip([&] { o::group_lasso_penalty({rows(0)}, 0.1); }, "group_lasso_penalty: a sparse tensor is not supported");
  clip([&] { o::sparsity({rows(0)}); }, "a sparse tensor is not supported");
}

BOOST_AUTO_TEST_CASE(lookahead_around_sgd_takes_them) {
  const Tensor p = table();
  o::SGD sgd({p}, {.lr = 0.1});
  o::Lookahead ahead(sgd, {.k = 1, .alpha = 0.5});
  Tensor(p).set_grad(rows(0));
  ahead.step();
  const Tensor expected = table().detach() - 0.05 * rows(0).to_dense();
  BOOST_TEST(max_relative_error(p.detach(), expected) < 1e-15);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
