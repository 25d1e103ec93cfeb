// A backward pass that fails at any of its nodes, hooks or requests for memory leaves everything as it was, and can be
// run again. transactions.cpp has the simple cases and what memory is handed out.
#include <cstdlib>
#include <new>
#include <utility>
#if !defined(DESCENT_SANITIZE)
#include <malloc.h>
#endif

#include "../fixture.h"
#include "autograd/op.h"

#if !defined(DESCENT_SANITIZE)
// What the library asks memory of, for the whole test program: the i-th request of an armed thread is refused. The
// sanitizers bring their own.
namespace {

constinit thread_local long refuse_new_in = -1;    // operator new: that one request
constinit thread_local long refuse_block_in = -1;  // aligned_alloc, of the library's allocator: from that one on

bool refused(long& left, bool stay) {
  if (left < 0) return false;
  if (left == 0) {
    if (!stay) left = -1;
    return true;
  }
  --left;
  return false;
}

}  // namespace

void* operator new(std::size_t bytes) {
  void* block = refused(refuse_new_in, false) ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
  if (!block) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

extern "C" void* aligned_alloc(std::size_t align, std::size_t bytes) noexcept {
  return refused(refuse_block_in, true) ? nullptr : memalign(align, bytes);
}
#endif

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(failures)

namespace {

using namespace descent::testing;

struct Failure : std::runtime_error {
  Failure() : std::runtime_error("on purpose") {}
};

/// Counts what a pass visits and throws at the chosen visit.
struct Probe {
  int visited = 0, fail_at = -1;
  bool as_bad_alloc = false;
  void visit() {
    if (visited++ != fail_at) return;
    if (as_bad_alloc) throw std::bad_alloc();
    throw Failure();
  }
};

struct Watched {  // the identity; every order of its gradient visits the probe
  static constexpr const char* name = "test_watched";
  Probe* probe;
  Tensor forward(const Tensor& a) const { return a.clone(); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const {
    probe->visit();
    return apply(Watched{probe}, g);
  }
};

struct Fragile {
  static constexpr const char* name = "test_fragile";
  Fragile() = default;
  Fragile(const Fragile&) { throw std::bad_alloc(); }
  Tensor forward(const Tensor& a) const { return a.clone(); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

/// Branches that meet again, a broadcast, views, a write in place, hooks on leaves and results, retained gradients; a
/// leaf with a gradient of its own, one whose gradient somebody else holds, one without.
struct Network {
  Probe probe;
  std::int64_t n;
  Tensor a, b, c, x, kept;
  Tensor retained, result;

  explicit Network(std::int64_t size = 3) : n(size) {
    a = random_tensor({n, n}, 1, {.requires_grad = true});
    b = random_tensor({n}, 2, {.requires_grad = true});
    c = random_tensor({1}, 3, {.requires_grad = true});
    x = random_tensor({n, n}, 4);
    a.set_grad(random_tensor({n, n}, 5));
    kept = random_tensor({n}, 6);
    b.set_grad(kept);
    a.register_hook([this](const Tensor& g) {
      probe.visit();
      return g * 0.5;
    });
    c.register_hook([this](const Tensor&) { probe.visit(); });
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Tensor watched(const Tensor& t) { return autograd::apply(Watched{&probe}, t); }
  void forward() {
    const Tensor h = watched(watched(x.matmul(a)) + b);
    h.register_hook([this](const Tensor&) { probe.visit(); });
    Tensor left = watched(h.tanh());
    left.mul_(c);
    retained = watched(left.t().reshape({n * n}));
    retained.retain_grad();
    retained.register_hook([this](const Tensor& g) {
      probe.visit();
      return g + 0.25;
    });
    const Tensor right = watched((h * watched(b.exp())).slice(1, 0, n).expand({2, n, n}));
    result = watched(watched(right.mean({0}).sum()) + watched(retained.square()).sum() + c.sum());
    probe.visited = 0;
  }
  /// After create_graph: gradients hold the graph, whose hooks and formulas know this object.
  void forget() {
    for (Tensor t : {a, b, c, retained}) t.zero_grad();
  }
  std::vector<Tensor> leaves() const { return {a, b, c}; }
  /// What a pass may change, as bytes.
  std::string state() const {
    std::string bits;
    for (const Tensor& t : {a.grad(), b.grad(), c.grad(), retained.grad()})
      bits += t.defined() ? bytes_of(t) + "|" : "none|";
    return bits + bytes_of(kept);
  }
};

/// A way to pass through the network, and what it returns.
struct Way {
  const char* name;
  std::function<std::vector<Tensor>(Network&)> pass;
  bool all_leaves = true;
};
const Way kWays[] = {
    {"backward", [](Network& net) { return net.result.backward(), std::vector<Tensor>(); }},
    {"backward retain_graph",
     [](Network& net) { return net.result.backward({.retain_graph = true}), std::vector<Tensor>(); }},
    {"backward create_graph",
     [](Network& net) { return net.result.backward({.create_graph = true}), std::vector<Tensor>(); }},
    {"grad", [](Network& net) { return grad({net.result}, net.leaves()); }},
    {"grad of an inner tensor",
     [](Network& net) {
       return grad({net.result}, {net.retained, net.b});
     },
     false},
    {"grad create_graph", [](Network& net) { return grad({net.result}, net.leaves(), {.create_graph = true}); }},
    {"grad twice",
     [](Network& net) {
       const std::vector<Tensor> first = grad({net.result}, net.leaves(), {.create_graph = true});
       const GradModeGuard on(true);
       return grad({first[0].square().sum() + first[2].sum()}, net.leaves(), {.retain_graph = true});
     }},
};

std::string bits_of(Network& net, const std::vector<Tensor>& returned) {
  std::string bits = net.state();
  for (const Tensor& t : returned) bits += bytes_of(t) + (t.requires_grad() ? "on tape|" : "|");
  return bits;
}

/// Fails the way at every point that `arm` offers (true while there is one) and compares with an undisturbed run.
template <class Error>
int fail_everywhere(const Way& way, std::int64_t size, const std::function<void(Network&, int)>& arm,
                    const std::function<void(Network&)>& disarm) {
  std::string expected;
  {
    Network net(size);
    net.forward();
    expected = bits_of(net, way.pass(net));
    net.forget();
  }
  for (int i = 0;; ++i) {
    BOOST_TEST_CONTEXT(way.name << ", failing at " << i) {
      Network net(size);
      net.forward();
      const std::string state = net.state();
      const Snapshot before = take_snapshot();
      const bool recording = i % 2 == 0;  // the caller's mode comes back, whichever it was
      bool threw = false;
      std::vector<Tensor> returned;
      {
        const GradModeGuard mode(recording);
        arm(net, i);
        try {
          returned = way.pass(net);
        } catch (const Error&) {
          threw = true;
        }
        disarm(net);
        BOOST_TEST(grad_enabled() == recording);
      }
      if (!threw) {
        BOOST_TEST((bits_of(net, returned) == expected));
        net.forget();
        return i;
      }
      BOOST_TEST(differences(before, take_snapshot()) == "");
      BOOST_TEST((net.state() == state));
      BOOST_TEST((bits_of(net, way.pass(net)) == expected), "the same graph again gives other bits");
      net.forget();
    }
    BOOST_TEST_REQUIRE(i < 1000);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(at_every_node_and_hook) {
  for (const Way& way : kWays) {
    const int points = fail_everywhere<Failure>(
        way, 3, [](Network& net, int i) { net.probe.fail_at = i; },
        [](Network& net) { net.probe.fail_at = -1, net.probe.visited = 0; });
    BOOST_TEST(points >= (way.all_leaves ? 12 : 9), way.name << ": " << points);
  }
}

BOOST_AUTO_TEST_CASE(out_of_memory_in_an_op) {
  for (const Way& way : kWays) {
    fail_everywhere<std::bad_alloc>(
        way, 3, [](Network& net, int i) { net.probe.as_bad_alloc = true, net.probe.fail_at = i; },
        [](Network& net) { net.probe.fail_at = -1, net.probe.visited = 0; });
  }
}

// The list of what has been visited, the heap of what waits and all else that the engine keeps.
BOOST_AUTO_TEST_CASE(at_every_request_for_memory) {
#if !defined(DESCENT_SANITIZE)
  for (const Way& way : kWays) {
    const int points = fail_everywhere<std::bad_alloc>(
        way, 3, [](Network&, int i) { refuse_new_in = i; }, [](Network&) { refuse_new_in = -1; });
    BOOST_TEST(points > 10, way.name << ": " << points);
  }
#endif
}

// Tensors too large for what the allocator holds: from the i-th on there is no memory.
BOOST_AUTO_TEST_CASE(when_memory_runs_out) {
#if !defined(DESCENT_SANITIZE)
  const ThreadsGuard one(1);
  for (const Way& way : {kWays[0], kWays[2], kWays[6]}) {
    const int points = fail_everywhere<std::bad_alloc>(
        way, 192,
        [](Network&, int i) {
          empty_cache();
          refuse_block_in = i;
        },
        [](Network&) { refuse_block_in = -1; });
    BOOST_TEST(points >= 3, way.name << ": " << points);
  }
#endif
}

// A node that cannot be made leaves nothing behind; under AddressSanitizer not even its memory.
BOOST_AUTO_TEST_CASE(when_an_op_cannot_be_kept) {
  const Tensor x = ones({2}, {.requires_grad = true});
  const Snapshot before = take_snapshot();
  BOOST_CHECK_THROW(apply(Fragile{}, x), std::bad_alloc);
  BOOST_TEST(differences(before, take_snapshot()) == "");
}

// A formula that returns something of a wrong shape or type is found before anything is written.
BOOST_AUTO_TEST_CASE(hooks_that_return_nonsense) {
  for (const Way& way : kWays) {
    if (!way.all_leaves) continue;
    Network net;
    net.forward();
    const std::string state = net.state();
    HookHandle handle = net.a.register_hook([](const Tensor&) { return ones({1, 7}, {.dtype = float64}); });
    require_throws<AutogradError>([&] { way.pass(net); }, "[1, 7]");
    handle.remove();
    handle = net.c.register_hook([](const Tensor&) { return ones({1}, {.dtype = float32}); });
    require_throws<AutogradError>([&] { way.pass(net); }, "float32");
    handle.remove();
    BOOST_TEST((net.state() == state));
    way.pass(net);
    net.forget();
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
