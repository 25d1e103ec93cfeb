#include "staged-inl.h"

#include <cmath>

#include "../kernels/parallel.h"

namespace descent::optim::detail {

namespace {

/// What step i takes for its gradient, contiguous.
Tensor gradient_of(const GroupStep& step, std::size_t i, double sign) {
  Tensor g = step.group.params[i].grad().detach().contiguous();
  const double scale = sign * step.scale_of(i);
  if (scale != 1) g = g * scale;
  if (const std::span<const double> rows = step.rows_of(i); !rows.empty()) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(g.dim()), 1);
    shape[0] = g.size(0);
    g = g * from_vector(rows, Shape(shape)).to(g.dtype());
  }
  return std::isinf(step.limit) ? g : clamp(g, -step.limit, step.limit);
}

}  // namespace

std::size_t StagedStep::collect(GroupStep& step, double sign) {
  if (&step.group == &step.optimizer.param_groups().front()) items_.clear();
  const std::size_t begin = items_.size();
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const Tensor& p = step.group.params[i];
    const TensorImpl& impl = p.checked(step.owner);
    if (!impl.grad.defined()) continue;
    check_parameter(step, i, impl);
    ParamState& state = step.states[i];
    Item item{&step.group,    &state,         p, p.detach().contiguous(), gradient_of(step, i, sign), state.slots,
              state.step + 1, state.step == 0};
    for (std::size_t s = 0; s < item.slots.size(); ++s) {
      if (item.slots[s].defined()) continue;
      const SlotSpec spec = step.optimizer.slot_spec(s, p, step.group);
      if (spec.used) item.slots[s] = zeros(spec.shape, {.dtype = spec.dtype});
    }
    items_.push_back(std::move(item));
  }
  return begin;
}

bool StagedStep::commit(GroupStep& step) {
  for (Item& item : items_) {
    if (item.group != &step.group) continue;
    item.target.copy_(item.p);
    item.state->slots = std::move(item.slots);
    item.state->step = item.t;
    item.state->fresh = 0;
  }
  if (!is_last(step)) return false;
  items_.clear();
  return true;
}

namespace {

template <class T>
void flush_all(const Tensor& t) {
  T* const x = autograd::data_of<T>(t);
  kernels::parallel_for(t.numel(), kernels::kGrain, [x](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) x[i] = kernels::flush(x[i]);
  });
}

}  // namespace

Tensor flushed(Tensor made) {
  if (!made.is_contiguous()) made = made.contiguous();
  made.dtype() == float64 ? flush_all<double>(made) : flush_all<float>(made);
  return made;
}

namespace {

std::string key(const GroupNumber& number) { return fmt::format("param_groups.{}.{}", number.group, number.name); }

}  // namespace

void save_numbers(StateDict& out, const std::vector<GroupNumber>& numbers) {
  for (const GroupNumber& number : numbers) out[key(number)] = full(Shape(), number.value, {.dtype = float64});
}

void load_numbers(const char* owner, const StateDict& state, std::vector<std::string>& known,
                  std::vector<GroupNumber>& numbers) {
  for (GroupNumber& number : numbers) {
    known.push_back(key(number));
    if (!state.contains(known.back())) fail<Error>(owner, "load_state_dict: '{}' is missing", known.back());
    const Tensor& value = state.at(known.back());
    const bool one = value.defined() && value.numel() == 1;
    if (!one || !std::isfinite(value.item<double>())) {
      fail<Error>(owner, "load_state_dict: '{}' must be one finite number", known.back());
    }
    number.value = value.item<double>();
  }
}

}  // namespace descent::optim::detail
