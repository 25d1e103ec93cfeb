// summary: the layers of a network in a table.
#pragma once

#include <optional>

#include "module.h"

namespace descent::nn {

/// Options of summary.
struct SummaryOptions {
  std::int64_t batch_size = 1;
  std::optional<DType> dtype = std::nullopt;  ///< of the input; that of the first floating parameter, or float32
};

/// One module of a Summary. A parameter or buffer that several own counts for the first.
struct SummaryRow {
  std::string path;  ///< "body.0"; "" for the network itself
  std::string type;
  std::optional<Shape> output_shape = std::nullopt;  ///< of its last call; none if it was not called or told no hook
  std::int64_t parameters = 0;                       ///< elements of its own, without its children's
  std::int64_t trainable = 0;                        ///< those that require grad
  std::int64_t bytes = 0;                            ///< of parameters and buffers
  std::int64_t multiply_adds = 0;                    ///< of all its calls, without its children's
};

/// What summary finds; `std::cout << nn::summary(net, {1, 28, 28});` prints a table with these totals below it.
struct Summary {
  std::vector<SummaryRow> rows;
  std::int64_t parameters = 0, trainable = 0, bytes = 0, multiply_adds = 0;

  /// The table as text.
  std::string str() const;
  friend std::ostream& operator<<(std::ostream& out, const Summary& summary);
};

/// Runs the network once on zeros of shape [batch_size, input…], `input` being the shape of one sample, in eval mode
/// without gradients; modes and hooks are as before afterwards, also when an exception of the network passes through.
/// A row stands for every module that has no children, or has parameters, or multiplies outside of its children.
/// Multiply-adds are those of the products that ran, whoever called them: matrix products (m·n·k each; linear layers,
/// recurrent ones, attention) and convolutions, also transposed (elements of the weight per position and sample).
/// Elementwise work, sums, pooling, normalisation and lookups count nothing.
/// Throws std::invalid_argument for batch_size < 0.
Summary summary(Module& net, const Shape& input, const SummaryOptions& options = {});

namespace detail {
Summary summarize(Module& net, const std::function<void()>& run);
}  // namespace detail

/// The same for a network that takes something else: `summary(net, [&] { net.forward(x, {h, c}); })`, or a whole input
/// `summary(net, x)`.
template <class F>
requires std::invocable<const F&> Summary summary(Module& net, const F& run) {
  return detail::summarize(net, [&run] { run(); });
}
template <std::same_as<Tensor> T>
Summary summary(Module& net, const T& input) {
  return detail::summarize(net, [&] { net(input); });
}

}  // namespace descent::nn
