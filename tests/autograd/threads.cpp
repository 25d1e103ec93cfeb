// Several threads, each with a graph of its own: what each computes is what one thread alone computes. Small, so that
// it can run under ThreadSanitizer; nothing here depends on who is first.
#include <atomic>
#include <cstring>
#include <exception>
#include <latch>
#include <thread>

#include "../fixture.h"
#include "autograd/checkpoint.h"
#include "losses/cross_entropy.h"
#include "optim/adamw.h"
#include "optim/clip.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(threads)

namespace {

using namespace descent::testing;

constexpr int kThreads = 4;

/// f(0), f(1) … on a thread each, started together; what one throws comes out here. f makes no Boost.Test checks.
template <class F>
void on_threads(F&& f) {
  std::vector<std::thread> threads;
  std::exception_ptr errors[kThreads];
  std::latch start(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      try {
        f(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

Tensor network(const Tensor& x, const Tensor& w, const Tensor& b) {
  const Tensor h = (x.matmul(w) + b).tanh();
  return (h.softmax(1) * h.t().exp().reshape(h.shape())).sum({0}).square().mean();
}

/// A graph from nothing: forward, backward, gradient of the gradient.
std::string whole_life(std::uint64_t seed) {
  const Tensor w = random_tensor({5, 4}, seed, {.requires_grad = true}),
               b = random_tensor({4}, seed + 50, {.requires_grad = true}), x = random_tensor({4, 5}, seed + 100);
  const Tensor y = network(x, w, b);
  const Tensor d = grad({y}, {w}, {.create_graph = true})[0];
  (d.square().sum() + y).backward();
  return bytes_of(w.grad()) + bytes_of(b.grad());
}

}  // namespace

BOOST_AUTO_TEST_CASE(separate_graphs) {
  std::string expected[kThreads], found[kThreads];
  for (std::uint64_t i = 0; i < kThreads; ++i) expected[i] = whole_life(i);
  on_threads([&](int i) {
    for (int round = 0; round < 5; ++round) found[i] = whole_life(static_cast<std::uint64_t>(i));
  });
  for (int i = 0; i < kThreads; ++i) BOOST_TEST((found[i] == expected[i]));
}

// One model, several threads that ask for gradients of their own data; nobody writes.
BOOST_AUTO_TEST_CASE(shared_parameters) {
  const Tensor w = random_tensor({5, 4}, 1, {.requires_grad = true}),
               b = random_tensor({4}, 2, {.requires_grad = true});
  const auto gradients = [&](int i) {
    const Tensor x = random_tensor({4, 5}, static_cast<std::uint64_t>(i));
    std::string bits;
    for (const Tensor& g : grad({network(x, w, b)}, {w, b})) bits += bytes_of(g);
    return bits;
  };
  std::string expected[kThreads], found[kThreads];
  for (int i = 0; i < kThreads; ++i) expected[i] = gradients(i);
  on_threads([&](int i) {
    for (int round = 0; round < 20; ++round) found[i] = gradients(i);
  });
  for (int i = 0; i < kThreads; ++i) BOOST_TEST((found[i] == expected[i]));
  BOOST_TEST(!w.grad().defined());
  BOOST_TEST(!b.grad().defined());
}

// The thread that computed forward is gone when backward runs on another; memory is freed on a third.
BOOST_AUTO_TEST_CASE(backward_on_another_thread) {
  Tensor w, y;
  std::thread([&] {
    w = random_tensor({5, 4}, 1, {.requires_grad = true});
    y = network(random_tensor({4, 5}, 3), w, random_tensor({4}, 2));
  }).join();
  std::thread([&] {
    y.backward();
    y = Tensor();
  }).join();
  const Tensor again = random_tensor({5, 4}, 1, {.requires_grad = true});
  network(random_tensor({4, 5}, 3), again, random_tensor({4}, 2)).backward();
  BOOST_TEST(same_bits(w.grad(), again.grad()));
}

// A graph to which several threads have added, one after the other.
BOOST_AUTO_TEST_CASE(a_graph_from_several_threads) {
  Tensor x = full({}, 0.5, {.dtype = float64, .requires_grad = true}), y = x;
  for (int i = 0; i < 8; ++i) std::thread([&] { y = y * 2.0 + x; }).join();
  y.backward();
  BOOST_TEST(x.grad().item<double>() == 511);
}

// The last handle of a leaf goes while a backward pass on another thread looks for it.
BOOST_AUTO_TEST_CASE(a_leaf_that_goes_meanwhile) {
  for (int round = 0; round < 50; ++round) {
    Tensor leaf = ones({3}, {.requires_grad = true}), y = (leaf * 2.0).sum();
    std::latch start(2);
    std::thread other([&] {
      start.arrive_and_wait();
      leaf = Tensor();
    });
    start.arrive_and_wait();
    y.backward();
    other.join();
  }
}

// The last two handles of a leaf go at the same moment: one of them frees it (the fixture counts).
BOOST_AUTO_TEST_CASE(the_last_two_handles) {
  constexpr int kRounds = 20000;
  std::atomic<int> turn = 0;
  Tensor shared;
  std::thread other([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (turn != 2 * i - 1) {
      }
      Tensor mine = std::move(shared);
      turn = 2 * i;
      mine = Tensor();
    }
  });
  for (int i = 1; i <= kRounds; ++i) {
    Tensor leaf = ones({1}, {.requires_grad = true});
    shared = leaf;
    turn = 2 * i - 1;
    while (turn != 2 * i) {
    }
    leaf = Tensor();
  }
  other.join();
}

// Passes of several threads that reach the same leaves: every gradient arrives.
BOOST_AUTO_TEST_CASE(one_leaf_collects_from_all) {
  constexpr int kRounds = 100;
  Tensor w = full({3}, 2.0, {.dtype = float64, .requires_grad = true}), b = zeros({1}, {.requires_grad = true});
  on_threads([&](int i) {
    for (int round = 0; round < kRounds; ++round) (w * double(i + 1) + b).sum().backward();
  });
  BOOST_TEST((w.grad().to_vector<double>() == std::vector<double>(3, 10.0 * kRounds)));
  BOOST_TEST(b.grad().item<double>() == 3.0 * kThreads * kRounds);
}

// A checkpointed function draws the same numbers again, whoever draws meanwhile.
BOOST_AUTO_TEST_CASE(a_checkpoint_beside_other_draws) {
  const auto inside = [&](const Tensor& t) { return dropout(dropout(t, 0.5) * 2.0, 0.25); };
  on_threads([&](int) {
    for (int round = 0; round < 10; ++round) {
      const Tensor x = full({40}, 3.0, {.dtype = float64, .requires_grad = true});
      const Tensor y = checkpoint(inside, {x});
      const Tensor g = grad({y.sum()}, {x})[0];
      if (!same_bits(g * 3.0, y.detach())) throw std::runtime_error("other numbers the second time");
    }
  });
}

BOOST_AUTO_TEST_CASE(modes_belong_to_their_thread) {
  std::atomic<int> wrong = 0;
  const NoGradGuard here;
  on_threads([&](int i) {
    wrong += !grad_enabled();  // a new thread records, whatever its parent does
    for (int round = 0; round < 50; ++round) {
      const Tensor x = ones({2}, {.requires_grad = true});
      const GradModeGuard mode(i % 2 == 0);
      const Tensor y = x * 2.0;
      wrong += y.requires_grad() != (i % 2 == 0);
    }
  });
  BOOST_TEST(wrong == 0);
  BOOST_TEST(!grad_enabled());
}

BOOST_AUTO_TEST_CASE(a_failure_stays_in_its_thread) {
  std::string found[kThreads];
  int threw[kThreads] = {};
  on_threads([&](int i) {
    for (int round = 0; round < 10; ++round) {
      const Tensor x = random_tensor({4}, 7, {.requires_grad = true});
      bool fail = i % 2 == 0;
      const Tensor h = x.exp();
      h.register_hook([&](const Tensor&) {
        if (fail) throw std::runtime_error("on purpose");
      });
      const Tensor y = (h * x).sum();
      try {
        y.backward();
      } catch (const std::runtime_error&) {
        ++threw[i];
        fail = false;
        y.backward();
      }
      found[i] = bytes_of(x.grad());
    }
  });
  for (int i = 0; i < kThreads; ++i) {
    BOOST_TEST(threw[i] == (i % 2 == 0 ? 10 : 0));
    BOOST_TEST((found[i] == found[0]));
  }
}

// Every number of the stream is drawn once, whichever thread draws it.
BOOST_AUTO_TEST_CASE(one_stream_of_random_numbers) {
  constexpr int kDraws = 25;
  const auto sorted = [](std::vector<std::string> all) {
    std::sort(all.begin(), all.end());
    return all;
  };
  manual_seed(11);
  std::vector<std::string> alone, together(kThreads * kDraws);
  for (int i = 0; i < kThreads * kDraws; ++i) alone.push_back(bytes_of(rand({6}, {.dtype = float64})));
  manual_seed(11);
  on_threads([&](int i) {
    for (int k = 0; k < kDraws; ++k)
      together[static_cast<std::size_t>(i * kDraws + k)] = bytes_of(rand({6}, {.dtype = float64}));
  });
  BOOST_TEST((sorted(alone) == sorted(together)));
}

// ---- The library's own threads: the same bits for 1, 2, 3 and 4
// ------------------------------------------------------

namespace {

/// A net of every expensive kind of op, each large enough to be shared out.
struct LargeNet {
  Tensor table, q, k, v, gain, shift, filter, scale, offset, head;
  Tensor tokens, target;
  LargeNet() {
    const auto parameter = [](const Shape& shape, std::uint64_t seed) {
      return random_tensor(shape, seed, {.low = -0.2, .high = 0.2, .dtype = float32, .requires_grad = true});
    };
    table = parameter({300, 64}, 1);
    q = parameter({64, 64}, 2), k = parameter({64, 64}, 3), v = parameter({64, 64}, 4);
    gain = parameter({64}, 5), shift = parameter({64}, 6);
    filter = parameter({8, 1, 3, 3}, 7);
    scale = parameter({8}, 8), offset = parameter({8}, 9);
    head = parameter({50, 8 * 32 * 32}, 10);
    tokens = random_tensor({12, 64}, 11, {.low = 0, .high = 300, .dtype = int64});
    target = random_tensor({12}, 12, {.low = 0, .high = 50, .dtype = int64});
  }
  std::vector<Tensor> parameters() const { return {table, q, k, v, gain, shift, filter, scale, offset, head}; }
  Tensor loss() const {
    const Tensor x = embedding(tokens, table);  // [12, 64, 64]
    const auto heads = [&](const Tensor& w) { return linear(x, w).reshape({12, 64, 4, 16}).transpose(1, 2); };
    const Tensor seen = scaled_dot_product_attention(heads(q), heads(k), heads(v), {.is_causal = true});
    const Tensor h = layer_norm(x + seen.transpose(1, 2).reshape({12, 64, 64}), {64}, gain, shift);
    const Tensor image = conv2d(h.unsqueeze(1), filter, {}, {.padding = 1});
    const Tensor normal = batch_norm(image, {}, {}, scale, offset, {.training = true});
    const Tensor pooled = max_pool2d(gelu(normal), 2);
    return losses::cross_entropy(linear(dropout(pooled.flatten(1), 0.1), head), target);
  }
};

}  // namespace

// Each optimizer by itself: tests/optim/update.cpp.
BOOST_AUTO_TEST_CASE(a_step_of_a_net) {
  std::string first;
  for (int n = 1; n <= 4; ++n) {
    const ThreadsGuard guard(n);
    manual_seed(5);
    const LargeNet net;
    const Tensor loss = net.loss();
    loss.backward();
    std::string bits = bytes_of(loss);
    for (const Tensor& p : net.parameters()) bits += bytes_of(p.grad());
    optim::clip_grad_norm_(net.parameters(), 0.5);
    optim::AdamW adam(net.parameters(), {.lr = 0.01});
    adam.step();
    for (const Tensor& p : net.parameters()) bits += bytes_of(p);
    if (n == 1) first = bits;
    BOOST_TEST((bits == first), "other bits with " << n << " threads");
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
