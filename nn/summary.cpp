#include "summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <unordered_map>

#include "../autograd/grad_mode.h"
#include "../autograd/multiply_adds.h"
#include "../autograd/ops/create.h"
#include "eval_guard.h"

namespace descent::nn {

namespace {

/// What the hooks of one run see. Calls nest: what a call multiplies without its children is its own.
class Watch {
 public:
  explicit Watch(Module& net) {
    for (const auto& [path, module] : net.named_modules()) {
      hooks_.push_back(module->register_forward_pre_hook([this](Module&, const Tensor&) {
        calls_.push_back({counter_.count(), 0});
      }));
      hooks_.push_back(module->register_forward_hook([this, at = path](Module&, const Tensor&, const Tensor& y) {
        const Call call = calls_.back();
        calls_.pop_back();
        const std::int64_t all = counter_.count() - call.at_start;
        if (!calls_.empty()) calls_.back().of_children += all;
        Seen& module_seen = seen[at];
        module_seen.multiply_adds += all - call.of_children;
        if (y.defined()) module_seen.output = y.shape();
      }));
    }
  }

  struct Seen {
    std::optional<Shape> output;
    std::int64_t multiply_adds = 0;
  };
  std::unordered_map<std::string, Seen> seen;  // by path: forward may register modules
  std::int64_t total() const { return counter_.count(); }

 private:
  struct Call {
    std::int64_t at_start, of_children;
  };
  autograd::MultiplyAddCounter counter_;
  std::vector<Call> calls_;
  std::vector<ScopedHook> hooks_;
};

std::int64_t bytes_of(const Tensor& t) { return t.numel() * static_cast<std::int64_t>(size_of(t.dtype())); }

/// Where a named tensor or module stands: "body.0" of "body.0.weight".
std::string owner(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3 && text[at - 4] != '-';) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

Summary detail::summarize(Module& net, const std::function<void()>& run) {
  Summary result;
  std::unordered_map<std::string, Watch::Seen> seen;
  {
    const EvalGuard eval(net);
    const NoGradGuard no_grad;
    Watch watch(net);
    run();
    seen = watch.seen;
    result.multiply_adds = watch.total();
  }

  std::vector<SummaryRow> rows;
  std::unordered_map<std::string, std::size_t> row_of;
  std::vector<bool> has_children;
  std::int64_t in_rows = 0;
  for (const auto& [path, module] : net.named_modules()) {
    const Watch::Seen& run_of = seen[path];
    row_of[path] = rows.size();
    rows.push_back({.path = path, .type = module->name(), .output_shape = run_of.output});
    rows.back().multiply_adds = run_of.multiply_adds;
    in_rows += run_of.multiply_adds;
    has_children.push_back(!module->children().empty());
  }
  rows[0].multiply_adds += result.multiply_adds - in_rows;  // of calls that told no hook
  for (const auto& [name, parameter] : net.named_parameters()) {
    SummaryRow& row = rows[row_of.at(owner(name))];
    row.parameters += parameter.numel();
    if (parameter.requires_grad()) row.trainable += parameter.numel();
    row.bytes += bytes_of(parameter);
  }
  for (const auto& [name, buffer] : net.named_buffers()) rows[row_of.at(owner(name))].bytes += bytes_of(buffer);

  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SummaryRow& row = rows[i];
    result.parameters += row.parameters;
    result.trainable += row.trainable;
    result.bytes += row.bytes;
    if (!has_children[i] || row.bytes > 0 || row.multiply_adds > 0) result.rows.push_back(row);
  }
  return result;
}

Summary summary(Module& net, const Shape& input, const SummaryOptions& options) {
  if (options.batch_size < 0) {
    throw std::invalid_argument(fmt::format("summary: batch_size must be >= 0, got {}", options.batch_size));
  }
  DType dtype = options.dtype.value_or(float32);
  if (!options.dtype) {
    const std::vector<Tensor> parameters = net.parameters();
    const auto first = std::ranges::find_if(parameters, [](const Tensor& p) { return p.is_floating_point(); });
    if (first != parameters.end()) dtype = first->dtype();
  }
  Shape shape = input;
  shape.insert(0, options.batch_size);
  const Tensor x = zeros(shape, {.dtype = dtype});
  return detail::summarize(net, [&] { net(x); });
}

std::string Summary::str() const {
  std::vector<std::vector<std::string>> table = {
      {"layer", "type", "output", "parameters", "trainable", "bytes", "multiply-adds"}};
  for (const SummaryRow& row : rows) {
    table.push_back({row.path.empty() ? "(whole)" : row.path, row.type,
                     row.output_shape ? row.output_shape->str() : "-", grouped(row.parameters), grouped(row.trainable),
                     grouped(row.bytes), grouped(row.multiply_adds)});
  }
  table.push_back({"total", "", "", grouped(parameters), grouped(trainable), grouped(bytes), grouped(multiply_adds)});

  constexpr std::size_t kColumns = 7, kNumbers = 3;  // numbers are set to the right
  std::size_t widths[kColumns] = {}, width = 2 * (kColumns - 1);
  for (std::size_t c = 0; c < kColumns; ++c) {
    for (const auto& cells : table) widths[c] = std::max(widths[c], cells[c].size());
    width += widths[c];
  }
  const std::string rule = std::string(width, '-') + "\n";
  std::string text;
  for (std::size_t r = 0; r < table.size(); ++r) {
    if (r == 1 || r + 1 == table.size()) text += rule;
    for (std::size_t c = 0; c < kColumns; ++c) {
      const std::string padding(widths[c] - table[r][c].size(), ' ');
      text += (c == 0 ? "" : "  ") + (c < kNumbers ? table[r][c] + padding : padding + table[r][c]);
    }
    text += "\n";
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.str(); }

}  // namespace descent::nn
