// What training does to each layer: gradients, steps, dead units, and warnings where these look wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../autograd/state_dict.h"
#include "../plot/figure.h"
#include "history.h"

namespace descent::nn {
class Module;
}
namespace descent::optim {
class Optimizer;
class ParamGroup;
}  // namespace descent::optim

namespace descent::train {

/// What Diagnostics warns of, once a layer and kind.
struct Warning {
  std::string kind;  ///< "vanishing", "exploding", "dead" or "rate"
  std::string layer;
  std::int64_t step = 0;  ///< when it arose
  std::string message;    ///< what was seen
  std::string advice;     ///< what to try
};

/// Options of Diagnostics: how often it looks, and from where on it warns. Only parameters of two dims and more are
/// judged, biases and norms are recorded alone. But for numbers that are not finite, something has to hold for
/// `patience` records in a row: single batches are noisy.
struct DiagnosticsOptions {
  std::int64_t every = 1;            ///< record every n-th step; the others cost nothing
  std::int64_t sharpness_every = 0;  ///< measure the sharpness in every n-th record, 0: never. See before_backward
  std::int64_t patience = 10;        ///< records
  /// A gradient vanishes below this part of the last layer's, by the root mean square of the elements that are not 0;
  /// where all are 0, too.
  /// σ' <= 1/4, so five sigmoid layers in a row lose a factor of 4⁵ ≈ 1000, while a net that was initialised to keep
  /// variances keeps gradients within a factor of ten or so (Glorot and Bengio 2010).
  double vanishing = 1e-3;
  double exploding = 1e3;  ///< the same upwards
  /// A gradient explodes, too, when it is so many times as long as the longest of all records before: the cliffs of
  /// Pascanu, Mikolov and Bengio (2013). Batches differ by less than ten times.
  double jump = 100;
  /// The rate is too large for a layer whose steps are longer than this part of its weights. 1e-3 is usual; at 0.1 ten
  /// steps replace what was learnt.
  double update_ratio = 0.1;
  /// The rate is too large when the mean loss of `patience` records is so many times that of the first ones.
  double loss_growth = 2;
  /// The rate is too large for SGD of momentum μ when rate·sharpness is more than this many times 2·(1 + μ), where
  /// gradient descent becomes unstable (with Nesterov's form 2·(1 + μ)/(1 + 2μ), with dampening d 2·(1 + μ)/(1 − d)).
  /// Training with a fixed rate hovers just above that limit (Cohen et al. 2021), so only well beyond it is a reason to
  /// worry.
  double instability = 2;
  /// A unit (row of a weight) is dead when its gradient was exactly 0 in so many records in a row, as behind a ReLU
  /// that is never positive. In 20 batches of 64, a unit that answers to one item in 256 is silent once in 150 times.
  std::int64_t dead_after = 20;
  /// Of the units of a layer that have to be dead for a warning: deep ReLU nets that train well lose a tenth of some
  /// layers.
  double dead_fraction = 0.25;
  std::function<void(const Warning&)> on_warning{};  ///< called with each warning as it arises
};

/// One parameter in one step; norms are Euclidean. NaN where there is none: no gradient, or a division by 0.
struct LayerStep {
  double weight_norm = kNone;         ///< |θ| before the step
  double grad_norm = kNone;           ///< |g| before clipping
  double grad_rms = kNone;            ///< root mean square of the elements of g that are not 0
  double zero_fraction = kNone;       ///< of the elements of g
  double nonfinite_fraction = kNone;  ///< of the elements of g
  double update_norm = kNone;         ///< |Δθ|
  double update_ratio = kNone;        ///< |Δθ|/|θ|
  double effective_rate = kNone;      ///< |Δθ|/|g|: the rate, for plain gradient descent without clipping
  double clip_factor = kNone;         ///< what clipping left of |g|, by hand and inside the optimizer
  double dead_fraction = kNone;       ///< of the rows, see DiagnosticsOptions; NaN below two dims and for embeddings
};

/// One recorded step.
struct DiagnosticsStep {
  std::int64_t step = 0;  ///< from 1 on
  double loss = kNone;
  double sharpness = kNone;  ///< NaN where it was not measured
  std::vector<LayerStep> layers;
};

/// Looks over the shoulder of a training loop, layer by layer:
///
///     train::Diagnostics diagnostics(net, opt, {.every = 10});
///     for (…) {
///       …
///       loss.backward();
///       diagnostics.before_step();   // and before clipping by hand, if there is any
///       opt.step();
///       diagnostics.after_step(loss);
///     }
///     std::cout << diagnostics.report();
///     diagnostics.save_plot("run.png");
///
/// or `train::fit(net, criterion, opt, loader, {.diagnostics = &diagnostics})`. With a closure, before_step() stands
/// after backward() in the closure; where that is called several times, weights are those of the first call, gradients
/// those of the last. Training is not changed: same bits with and without.
///
/// A record costs a copy of the parameters for the time of the step and a few passes over parameters and gradients,
/// and keeps 80 bytes a parameter tensor; the sharpness as much as up to 60 backward passes.
class Diagnostics {
 public:
  /// Of the parameters that require grad, in order; the layers' names are theirs. "Last" is the last in that order.
  /// The optimizer must outlive it. Throws std::invalid_argument: no such parameter, an option out of its range.
  Diagnostics(const nn::Module& net, const optim::Optimizer& opt, const DiagnosticsOptions& options = {});
  /// The same for parameters by name.
  Diagnostics(const StateDict& parameters, const optim::Optimizer& opt, const DiagnosticsOptions& options = {});

  /// Where the sharpness is due (`sharpness_every`), measures it: see train::sharpness. Else it does nothing.
  void before_backward(const Tensor& loss);
  /// When the gradients are there, before the step.
  void before_step();
  /// After the step. Throws Error in a step to record when before_step() was not called.
  void after_step(double loss);
  void after_step(const Tensor& loss);
  /// Gives up a step that an exception has broken off.
  void cancel_step() noexcept;

  const std::vector<std::string>& layers() const noexcept { return names_; }
  const std::vector<DiagnosticsStep>& steps() const noexcept { return steps_; }
  const std::vector<Warning>& warnings() const noexcept { return warnings_; }

  /// A table of the layers of two dims and more (where there are any), medians over the last `patience` records, and
  /// all warnings.
  std::string report() const;
  /// One line per record and layer under a line of names; a value that is NaN is left empty. Throws IoError.
  void save_csv(const std::string& path) const;
  /// One quantity over the steps: a line a layer up to eight layers, else a heat map with a row a layer; parameters of
  /// two dims and more alone, where there are any. quantity: a member of LayerStep, or "loss" or "sharpness". Throws
  /// std::invalid_argument, listing them, for another.
  plot::Figure figure(const std::string& quantity, const std::string& title = "") const;
  /// The figures of what matters, in one PNG. Throws IoError.
  void save_plot(const std::string& path) const;

 private:
  struct Layer {
    Tensor parameter;
    bool judged = false;                                  // has two dims and more
    bool units = false;                                   // and its rows are units
    Tensor before;                                        // θ, while a step is being recorded
    LayerStep now;                                        // what is known of that step
    std::vector<char> empty_rows;                         // rows of the gradient that are all 0, likewise
    std::vector<std::int64_t> silent;                     // per row, records in a row in which it was empty
    std::int64_t vanishing = 0, exploding = 0, fast = 0;  // records in a row
    double longest = 0;                                   // |g| so far
  };

  void check() const;
  void add(const StateDict& parameters);
  bool recording() const noexcept { return done_ % options_.every == 0; }
  static void measure_gradient(Layer& layer);
  void measure_step(Layer& layer) const;
  void judge();
  void judge_gradient(std::size_t index, const Layer& last);
  void judge_units(std::size_t index);
  void judge_loss();
  void judge_sharpness();
  void warn(const char* kind, std::size_t layer, const std::string& message, const std::string& advice);
  const optim::ParamGroup* group_of(std::size_t layer) const;
  double rate_of(std::size_t layer) const;
  std::size_t fastest() const;
  std::vector<std::size_t> shown() const;
  std::vector<double> series(std::size_t layer, double LayerStep::*member) const;
  plot::Figure draw(const std::string& quantity, const std::string& title, const std::string& legend) const;

  const optim::Optimizer& opt_;
  DiagnosticsOptions options_;
  std::vector<std::string> names_;
  std::vector<Layer> layers_;
  std::vector<DiagnosticsStep> steps_;
  std::vector<Warning> warnings_;
  std::int64_t done_ = 0;  // steps
  bool begun_ = false;     // before_step() was called
  double sharpness_ = kNone;
  std::vector<double> share_;  // of the sharpest direction, per layer
  std::int64_t unstable_ = 0;  // measurements in a row
};

}  // namespace descent::train
