// Random programs over tensors: their instructions, the rules that say how each is drawn, run on the tape and run on
// arrays of dual numbers, and the generator.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../fixture.h"
#include "dual_array.h"

namespace descent::testing::fuzz {

using List = std::vector<Tensor>;

/// splitmix64: the same numbers on every machine.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// An integer on [low, high].
  int between(int low, int high) { return low + static_cast<int>(bits() % static_cast<unsigned>(high - low + 1)); }
  double real(double low, double high) { return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53; }
  bool one_in(int n) { return bits() % static_cast<unsigned>(n) == 0; }

 private:
  std::uint64_t state_;
};

struct Rule;

/// One instruction: new registers = rule(registers `in`), or register in[0] overwritten.
struct Step {
  const Rule* rule = nullptr;
  std::vector<int> in = {};
  int dim = 0;
  bool flag = false;  ///< keepdim, or another choice
  Shape dims = {};    ///< dims, sizes or positions
  double real = 0, real2 = 0;
  Shape index_shape = {};
  std::vector<std::int64_t> index = {};  ///< of an int64 tensor, or a mask
  bool no_grad = false;                  ///< run under NoGradGuard

  Tensor index_tensor() const { return from_vector(index, index_shape); }
  Tensor mask_tensor() const { return index_tensor().to(boolean); }
};

class Maker;

/// What in-place writes depend on: whatever a rule does not rule out is assumed.
struct Traits {
  bool saves_input = true;   ///< the backward pass may read the inputs
  bool saves_output = true;  ///< … the output
  bool view = false;         ///< the output may share the input's memory
  bool in_place = false;     ///< register in[0] is overwritten
  bool constant = false;     ///< the output never requires grad
  int unused = -1;           ///< this input is compared or ranked only: it gets no gradient
};

/// A kind of instruction.
struct Rule {
  std::string name;
  /// Chooses operands and attributes; false when nothing suits.
  std::function<bool(Maker&, Step&)> plan;
  std::function<List(const List&, const Step&)> tape;
  std::function<Arrays<Bound>(const Arrays<Bound>&, const Step&)> bound;
  std::function<Arrays<First>(const Arrays<First>&, const Step&)> first;
  std::function<Arrays<Second>(const Arrays<Second>&, const Step&)> second;
  Traits traits;
};

template <class S>
Arrays<S> as_arrays(Array<S> one) {
  return {std::move(one)};
}
template <class S>
Arrays<S> as_arrays(Arrays<S> all) {
  return all;
}

/// `oracle(arrays, step)` is written once for every kind of dual number.
template <class Tape, class Oracle>
Rule make_rule(std::string name, std::function<bool(Maker&, Step&)> plan, Tape tape, Oracle oracle,
               const Traits& traits = {}) {
  const auto list = [tape](const List& in, const Step& s) -> List {
    if constexpr (std::is_same_v<decltype(tape(in, s)), List>)
      return tape(in, s);
    else
      return {tape(in, s)};
  };
  const auto numbers = [oracle](const auto& in, const Step& s) { return as_arrays(oracle(in, s)); };
  return {std::move(name), std::move(plan), list, numbers, numbers, numbers, traits};
}

std::vector<Rule> pointwise_rules();
std::vector<Rule> reduction_rules();
std::vector<Rule> view_rules();
std::vector<Rule> index_rules();
std::vector<Rule> in_place_rules();
/// All of them; made once.
const std::vector<Rule>& all_rules();

/// A leaf of the graph. Its values and directions are uniform on [−1.5, 1.5), [−1, 1).
struct Leaf {
  Shape shape;
  std::vector<double> values = {}, direction = {}, direction2 = {};
  DType dtype = float64;
  bool requires_grad = true;
};

/// A term Σ weights · register of the loss.
struct Output {
  int of;
  std::vector<double> weights;
};

struct Program {
  std::uint64_t seed = 0;
  std::vector<Leaf> leaves = {};
  std::vector<Step> steps = {};
  std::vector<Output> outputs = {};
  std::vector<bool> requires_grad = {};  ///< of every register, in the end
  bool mixed = false;                    ///< float32 takes part
  bool reckless = false;                 ///< writes in place what the tape may have saved: AutogradError is right too
  std::uint64_t checks = 0;              ///< random bits: which checks are made

  /// In words, one instruction a line.
  std::string str() const;
};

/// What the generator knows of a register.
struct Register {
  Array<Bound> a;
  bool requires_grad = false;
  bool leaf = false, aliased = false, saved = false;
};

/// Draws a program.
class Maker {
 public:
  explicit Maker(std::uint64_t seed);
  Program make();

  // For the rules' plans.
  Draw draw;
  const Array<Bound>& array(int i) const { return registers[static_cast<std::size_t>(i)].a; }
  const Shape& shape(int i) const { return array(i).shape; }
  /// Some register, rather a recent one.
  int any();
  /// One that suits, −1 if none was found.
  int find(const std::function<bool(int)>& suits);
  /// One with at least `dims` dims; with no size of 0 along `step.dim`, which is drawn.
  bool pick_dim(Step& step, bool nonempty = false, int dims = 1);
  /// Register i, or a new one lo + (hi − lo)·sigmoid(i) if its values leave [lo, hi].
  int inside(int i, double lo, double hi);
  /// One that broadcasts with register i.
  int partner(int i);
  /// Adds the instruction; false (and nothing is added) when a value would be out of bounds.
  bool add(const Step& step);

  std::vector<Register> registers;
  Program program;
};

/// True when no element comes near `kink`, whichever way the leaves move by a finite difference's step.
bool clear_of(const Array<Bound>& a, double kink);
/// True when all elements stay apart from each other.
bool all_apart(const Array<Bound>& a);
/// True when broadcast elements of the two stay apart.
bool apart(const Array<Bound>& a, const Array<Bound>& b);

Program make_program(std::uint64_t seed);

/// Replaces what a rule runs on the tape: a negative control.
using Substitute = std::function<List(const Rule&, const List&, const Step&)>;

/// What many checks have in common.
struct Statistics {
  int refused = 0;                           ///< programs that the tape refused, as it may where they are reckless
  std::map<std::string, double> worst = {};  ///< of each kind of check: the largest error over what is allowed
};
/// Runs the checks that the program asks for; what is wrong in words, empty if nothing is.
std::string check(const Program& program, const Substitute& substitute = {}, Statistics* statistics = nullptr);

}  // namespace descent::testing::fuzz
