// Row-sparse gradients: the same values as dense ones, kept as rows, refused where they are not understood.
#include "../fixture.h"
#include "autograd/checkpoint.h"
#include "autograd/function.h"
#include "optim/optim.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(sparse)

namespace {

using namespace descent::testing;

Tensor weight() { return random_tensor({6, 3}, 1).requires_grad_(); }

/// The dense and the sparse gradient of one loss on the same weight.
struct Both {
  Tensor dense = weight(), sparse = weight();
  template <class Loss>
  Both& backward(Loss loss) {
    loss(dense, false).backward();
    loss(sparse, true).backward();
    return *this;
  }
};

const auto look_up = [](const Tensor& w, bool sparse) {
  const Tensor rows = embedding(tensor({{4, 1}, {1, 5}}), w, {.sparse = sparse});
  return (rows * random_tensor({2, 2, 3}, 2)).sum();
};

}  // namespace

BOOST_AUTO_TEST_CASE(it_holds_each_row_once) {
  const Both both = Both().backward(look_up);
  const Tensor g = both.sparse.grad();
  BOOST_TEST(g.is_sparse());
  BOOST_TEST(!both.dense.grad().is_sparse());
  BOOST_TEST(g.shape() == Shape({6, 3}));
  BOOST_TEST(g.numel() == 18);
  BOOST_TEST((g.dtype() == float64));
  BOOST_TEST(same_bits(g.indices(), tensor({{1, 4, 5}})));
  BOOST_TEST(g.values().shape() == Shape({3, 3}));
  BOOST_TEST(same_bits(g.to_dense(), both.dense.grad()));
  BOOST_TEST(same_bits(g.values(), index_select(both.dense.grad(), 0, tensor({1, 4, 5}))));
}

BOOST_AUTO_TEST_CASE(options_of_embedding_hold) {
  const auto loss = [](const Tensor& w, bool sparse) {
    const Tensor rows =
        embedding(tensor({0, 2, 2, 5, 2}), w, {.padding_idx = 5, .scale_grad_by_freq = true, .sparse = sparse});
    return rows.square().sum();
  };
  const Both both = Both().backward(loss);
  BOOST_TEST(same_bits(both.sparse.grad().indices(), tensor({{0, 2}})));
  BOOST_TEST(max_relative_error(both.sparse.grad().to_dense(), both.dense.grad()) < 1e-15);
  const auto bags = [](const Tensor& w, bool sparse) {
    return embedding_bag(tensor({{0, 2}, {2, 3}}), w, {.mode = "mean", .sparse = sparse}).square().sum();
  };
  const Both bagged = Both().backward(bags);
  BOOST_TEST(same_bits(bagged.sparse.grad().indices(), tensor({{0, 2, 3}})));
  BOOST_TEST(max_relative_error(bagged.sparse.grad().to_dense(), bagged.dense.grad()) < 1e-15);
}

BOOST_AUTO_TEST_CASE(they_add_up_without_becoming_dense) {
  const auto twice = [](const Tensor& w, bool sparse) {
    const auto rows = [&](const Tensor& index) { return embedding(index, w, {.sparse = sparse}).square().sum(); };
    return rows(tensor({0, 3})) + rows(tensor({3, 2})) * 2.0;
  };
  Both both = Both().backward(twice);
  BOOST_TEST(both.sparse.grad().is_sparse());
  BOOST_TEST(same_bits(both.sparse.grad().indices(), tensor({{0, 2, 3}})));
  both.backward(look_up);  // a second backward adds to .grad
  BOOST_TEST(both.sparse.grad().is_sparse());
  BOOST_TEST(same_bits(both.sparse.grad().indices(), tensor({{0, 1, 2, 3, 4, 5}})));
  BOOST_TEST(max_relative_error(both.sparse.grad().to_dense(), both.dense.grad()) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_dense_one_makes_the_sum_dense) {
  const auto mixed = [](const Tensor& w, bool sparse) { return look_up(w, sparse) + w.square().sum(); };
  const auto other_way = [](const Tensor& w, bool sparse) { return w.square().sum() + look_up(w, sparse); };
  for (const auto& loss : {std::function<Tensor(const Tensor&, bool)>(mixed), {other_way}}) {
    Both both = Both().backward(loss);
    BOOST_TEST(!both.sparse.grad().is_sparse());
    BOOST_TEST(max_relative_error(both.sparse.grad(), both.dense.grad()) < 1e-15);
    both.backward(look_up);
    BOOST_TEST(max_relative_error(both.sparse.grad(), both.dense.grad()) < 1e-15);
  }
  Both first_sparse = Both().backward(look_up).backward([](const Tensor& w, bool) { return w.square().sum(); });
  BOOST_TEST(!first_sparse.sparse.grad().is_sparse());
  BOOST_TEST(max_relative_error(first_sparse.sparse.grad(), first_sparse.dense.grad()) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_gradient_kept_from_before_stays_as_it_was) {
  Both both = Both().backward(look_up);
  const Tensor kept = both.sparse.grad();
  const std::string values = bytes_of(kept.values());
  both.backward(look_up);
  BOOST_TEST(bytes_of(kept.values()) == values);
  BOOST_TEST(max_relative_error(both.sparse.grad().to_dense(), kept.to_dense() * 2.0) < 1e-15);
}

BOOST_AUTO_TEST_CASE(the_functional_form_gives_it_too) {
  const Tensor w = weight();
  const Tensor g = autograd::grad({look_up(w, true)}, {w})[0];
  BOOST_TEST(g.is_sparse());
  BOOST_TEST(!w.grad().defined());
  BOOST_TEST(same_bits(g.detach().indices(), g.indices()));
}

BOOST_AUTO_TEST_CASE(nothing_looked_up_is_no_row) {
  Tensor w = weight();
  embedding(zeros({0}, {.dtype = int64}), w, {.sparse = true}).sum().backward();
  BOOST_TEST(w.grad().is_sparse());
  BOOST_TEST(w.grad().indices().shape() == Shape({1, 0}));
  BOOST_TEST(w.grad().values().shape() == Shape({0, 3}));
  BOOST_TEST(same_bits(w.grad().to_dense(), zeros({6, 3}, {.dtype = float64})));
}

// On its way through ops that come before the look-up a sparse gradient is dense.
BOOST_AUTO_TEST_CASE(a_weight_that_was_computed) {
  const Tensor index = tensor({1, 2, 1});
  const auto gradient = [&](bool sparse, auto f) {
    const Tensor w = random_tensor({4, 6}, 1, {.requires_grad = true});
    return grad({embedding(index, f(w), {.sparse = sparse}).square().sum()}, {w})[0];
  };
  const auto both = [&](auto f) { return same_bits(gradient(true, f), gradient(false, f)); };
  BOOST_TEST(both([](const Tensor& w) { return w * 2.0; }));
  BOOST_TEST(both([](const Tensor& w) { return w.reshape({8, 3}); }));
  BOOST_TEST(both([](const Tensor& w) { return w.t().exp(); }));
  BOOST_TEST(both([](const Tensor& w) { return w.unbind(1)[3].unsqueeze(1); }));
  BOOST_TEST(both([](const Tensor& w) { return svd(w).S.unsqueeze(1); }));
  BOOST_TEST(both([](const Tensor& w) { return autograd::checkpoint([](const Tensor& a) { return a.sin(); }, {w}); }));
}

BOOST_AUTO_TEST_CASE(what_does_not_understand_it_says_so) {
  Tensor w = weight();
  look_up(w, true).backward();
  const Tensor g = w.grad();
  require_throws<Error>([&] { g * 2.0; }, "a sparse tensor is not supported");
  require_throws<Error>([&] { g + g; }, "add: a sparse tensor");
  require_throws<Error>([&] { cat({g, g}, 0); }, "cat: a sparse tensor");
  require_throws<Error>([&] { g.sum(); }, "a sparse tensor");
  require_throws<Error>([&] { g.to_vector<double>(); }, "a sparse tensor");
  require_throws<Error>([&] { g.data<double>(); }, "a sparse tensor");
  require_throws<Error>([&] { g.clone(); }, "a sparse tensor");
  require_throws<Error>([&] { g.contiguous(); }, "a sparse tensor");
  require_throws<Error>([&] { g[0]; }, "a sparse tensor");
  require_throws<Error>([&] { g.detach().add_(1.0); }, "add_: a sparse tensor");
  require_throws<Error>([&] { g.detach().zero_(); }, "a sparse tensor");
  require_throws<Error>([&] { g.detach().requires_grad_(); }, "requires_grad_: a sparse tensor");
  require_throws<Error>([&] { optim::clip_grad_norm_({w}, 1.0); }, "clip_grad_norm_: a sparse");
  require_throws<Error>([&] { optim::clip_grad_value_({w}, 1.0); }, "clip_grad_value_: a sparse");
  const std::string before = bytes_of(w);
  optim::Adam adam({w}, {});
  require_throws<Error>([&] { adam.step(); }, "sparse");
  BOOST_TEST(bytes_of(w) == before);
  require_throws<AutogradError>([&] { autograd::grad({look_up(w, true)}, {w}, {.create_graph = true}); },
                                "embedding: a sparse gradient cannot itself be differentiated");
  require_throws<Error>([&] { w.indices(); }, "the tensor is dense");
  require_throws<Error>([&] { w.values(); }, "the tensor is dense");
}

BOOST_AUTO_TEST_CASE(made_by_hand) {
  const Tensor values = random_tensor({3, 2}, 4);
  const Tensor s = sparse_coo_tensor(tensor({{3, 0, 3}}), values, {4, 2});
  BOOST_TEST(same_bits(s.indices(), tensor({{0, 3}})));
  BOOST_TEST(same_bits(s.to_dense(), index_add(zeros({4, 2}, {.dtype = float64}), 0, tensor({3, 0, 3}), values)));
  Tensor w = zeros({4, 2}, {.dtype = float64, .requires_grad = true});
  w.set_grad(s);
  BOOST_TEST(w.grad().is_sparse());
  require_throws<IndexError>([&] { sparse_coo_tensor(tensor({4}), ones({1, 2}), {4, 2}); }, "index 4 at position 0");
  require_throws<ShapeError>(
      [&] {
        sparse_coo_tensor(tensor({0}), ones({2, 2}), {4, 2});
      },
      "need values of shape [1, 2]");
  require_throws<ShapeError>(
      [&] {
        sparse_coo_tensor(tensor({{0}, {0}}), ones({1}), {4, 2});
      },
      "rows alone are sparse");
  require_throws<DTypeError>([&] { sparse_coo_tensor(tensor({0}), tensor({{1, 2}}), {4, 2}); }, "floats");
  std::ostringstream out;
  out << sparse_coo_tensor(tensor({1}), ones({1, 2}), {2, 2});
  BOOST_TEST(out.str().find("sparse_coo_tensor(indices=tensor([[1]])") == 0u);
}

BOOST_AUTO_TEST_CASE(a_compressed_matrix_equals_its_dense_form) {
  const Tensor values = random_tensor({5}, 7).requires_grad_(), b = random_tensor({4, 2}, 8).requires_grad_();
  const SparseCsrTensor a = sparse_csr_tensor(tensor({0, 2, 2, 5}), tensor({3, 0, 1, 1, 2}), values, {3, 4});
  const Tensor dense = index_put(zeros({3, 4}, {.dtype = float64}), {tensor({0, 0, 2, 2, 2}), tensor({3, 0, 1, 1, 2})},
                                 values, {.accumulate = true});
  BOOST_TEST(max_relative_error(a.to_dense(), dense) < 1e-15);
  const Tensor cotangent = random_tensor({3, 2}, 9);
  const auto sparse = autograd::grad({matmul(a, b)}, {values, b}, {.grad_outputs = {cotangent}});
  const auto expected = autograd::grad({matmul(dense, b)}, {values, b}, {.grad_outputs = {cotangent}});
  BOOST_TEST(max_relative_error(sparse[0], expected[0]) < 1e-14);
  BOOST_TEST(max_relative_error(sparse[1], expected[1]) < 1e-14);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
