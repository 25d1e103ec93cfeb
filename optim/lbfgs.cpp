#include "lbfgs.h"

#include "../autograd/ops.h"
#include "driver-inl.h"
#include "line_search-inl.h"

namespace descent::optim {

template class OptimizerWith<LBFGSOptions>;

namespace {

double inner(const Tensor& a, const Tensor& b) { return (a * b).sum().item<double>(); }
double largest(const Tensor& a) { return a.numel() == 0 ? 0 : abs(a).max().item<double>(); }

}  // namespace

/// One step: works on a copy of the memory, and puts the parameters back unless it gets to its end.
class LBFGS::Run {
 public:
  Run(LBFGS& owner, const std::function<Tensor()>& closure)
      : owner_(owner), o_(owner.param_groups()[0].options<LBFGSOptions>()), closure_(closure), m_(owner.memory_) {
    for (const Tensor& p : params()) {
      if (!is_floating_point(p.dtype())) {
        fail<DTypeError>(LBFGSOptions::kName, "parameters must be float32 or float64, got {}", p.dtype());
      }
      if (p.dtype() == float64) dtype_ = float64;
      start_.push_back(p.detach().clone());
    }
  }
  ~Run() {
    if (!finished_) set(start_);
  }

  Tensor step() {
    const Tensor first = evaluate();
    std::int64_t evaluations = 1;
    ++m_.func_evals;
    Tensor g = gradient();
    if (!std::isfinite(f_) || !std::isfinite(largest(g))) {
      fail<Error>(LBFGSOptions::kName, "loss and gradient must be finite, got the loss {}", f_);
    }
    if (!(largest(g) <= o_.tolerance_grad)) iterate(g, evaluations);
    owner_.memory_ = std::move(m_);
    finished_ = true;
    return first;
  }

 private:
  std::vector<Tensor>& params() { return owner_.param_groups()[0].params; }

  void iterate(Tensor g, std::int64_t evaluations) {
    const std::int64_t max_eval = o_.max_eval.value_or(o_.max_iter * 5 / 4);
    for (std::int64_t n = 1; n <= o_.max_iter; ++n) {
      ++m_.n_iter;
      const bool first = !m_.d.defined();
      if (first) {
        m_.d = -g;
      } else {
        remember(g);
        m_.d = direction(g);
      }
      m_.prev_flat_grad = g;
      m_.prev_loss = f_;
      m_.t = first ? std::min(1.0, 1 / abs(g).sum().item<double>()) * o_.lr : o_.lr;
      const double slope = inner(g, m_.d);
      if (slope > -o_.tolerance_change) return;

      std::int64_t used = 0;
      if (o_.line_search_fn == "strong_wolfe") {
        const detail::Probe found = search({0, f_, g, slope}, used);
        m_.t = found.t;
        f_ = found.f;
        g = found.g;
        add(m_.t);
      } else {
        add(m_.t);
        if (n != o_.max_iter) {  // in a stochastic setting a last evaluation would be of no use
          evaluate();
          g = gradient();
          used = 1;
          if (!std::isfinite(f_))
            fail<Error>(LBFGSOptions::kName, "the loss after an iteration must be finite, got {}", f_);
        }
      }
      evaluations += used;
      m_.func_evals += used;
      if (n == o_.max_iter || evaluations >= max_eval || largest(g) <= o_.tolerance_grad) return;
      if (largest(m_.d * m_.t) <= o_.tolerance_change) return;
      if (std::abs(f_ - m_.prev_loss) < o_.tolerance_change) return;
    }
  }

  /// The pair of the iteration before.
  void remember(const Tensor& g) {
    const Tensor y = g - m_.prev_flat_grad, s = m_.d * m_.t;
    const double ys = inner(y, s);
    if (!(ys > 1e-10)) return;  // H would lose its definiteness
    while (m_.old_dirs.size() >= static_cast<std::size_t>(o_.history_size)) {
      m_.old_dirs.erase(m_.old_dirs.begin());
      m_.old_stps.erase(m_.old_stps.begin());
      m_.ro.erase(m_.ro.begin());
    }
    m_.old_dirs.push_back(y);
    m_.old_stps.push_back(s);
    m_.ro.push_back(1 / ys);
    m_.H_diag = ys / inner(y, y);
  }

  /// −H·g by two loops over the pairs.
  Tensor direction(const Tensor& g) {
    const std::size_t n = m_.old_dirs.size();
    std::vector<double> al(n);
    Tensor q = -g;
    for (std::size_t i = n; i-- > 0;) {
      al[i] = inner(m_.old_stps[i], q) * m_.ro[i];
      q = q - m_.old_dirs[i] * al[i];
    }
    Tensor r = q * m_.H_diag;
    for (std::size_t i = 0; i < n; ++i) r = r + m_.old_stps[i] * (al[i] - inner(m_.old_dirs[i], r) * m_.ro[i]);
    return r;
  }

  detail::Probe search(const detail::Probe& start, std::int64_t& used) {
    std::vector<Tensor> here;
    for (const Tensor& p : params()) here.push_back(p.detach().clone());
    const auto at = [&](double t) {
      add(t);
      evaluate();
      const Tensor g = gradient();
      set(here);
      return detail::Probe{t, f_, g, inner(g, m_.d)};
    };
    return detail::strong_wolfe(at, start, m_.t, largest(m_.d), used);
  }

  Tensor evaluate() {
    const GradModeGuard recording(true);
    const Tensor loss = closure_();
    if (!loss.defined() || loss.numel() != 1) {
      fail<Error>(LBFGSOptions::kName, "the closure must return the loss, one number, got {}",
                  loss.defined() ? loss.shape().str() : std::string("an undefined tensor"));
    }
    f_ = loss.item<double>();
    if (o_.maximize) f_ = -f_;
    return loss;
  }

  Tensor gradient() {
    std::vector<Tensor> parts;
    for (const Tensor& p : params()) {
      const Tensor g = p.grad();
      if (g.defined() && !(g.shape() == p.shape())) {
        fail<ShapeError>(LBFGSOptions::kName, "a gradient must have its parameter's shape {}, got {}", p.shape(),
                         g.shape());
      }
      parts.push_back(g.defined() ? g.detach().to(dtype_).reshape({p.numel()}) : zeros({p.numel()}, {.dtype = dtype_}));
    }
    const Tensor flat = cat(parts);
    return o_.maximize ? -flat : flat.clone();
  }

  /// p ← p + t·d
  void add(double t) {
    std::int64_t begin = 0;
    for (Tensor& p : params()) {
      const Tensor move = m_.d.slice(0, begin, begin + p.numel()).reshape(p.shape()) * t;
      p.add_(move.to(p.dtype()));
      begin += p.numel();
    }
  }
  void set(const std::vector<Tensor>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) params()[i].copy_(values[i]);
  }

  NoGradGuard no_grad_;
  LBFGS& owner_;
  const LBFGSOptions& o_;
  const std::function<Tensor()>& closure_;
  Memory m_;
  std::vector<Tensor> start_;
  DType dtype_ = float32;
  double f_ = 0;  // the loss last evaluated, its negative for maximize
  bool finished_ = false;
};

void LBFGS::update(GroupStep&) {}

void LBFGS::do_step() {
  fail<Error>(LBFGSOptions::kName, "step needs a closure that evaluates the loss and its gradients");
}

Tensor LBFGS::do_step(const std::function<Tensor()>& closure) {
  if (clips()) fail<Error>(LBFGSOptions::kName, "gradients cannot be clipped: the line search needs them as they are");
  const std::function<Tensor()> checked = [&] {
    const Tensor loss = closure();
    check_sparse();
    return loss;
  };
  return Run(*this, checked).step();
}

std::int64_t LBFGS::state_bytes() const {
  std::int64_t bytes = 0;
  const auto count = [&](const Tensor& t) {
    if (t.defined()) bytes += t.numel() * static_cast<std::int64_t>(size_of(t.dtype()));
  };
  count(memory_.d);
  count(memory_.prev_flat_grad);
  for (const Tensor& t : memory_.old_dirs) count(t);
  for (const Tensor& t : memory_.old_stps) count(t);
  return bytes;
}

namespace {

constexpr const char* kNumbers[] = {"func_evals", "n_iter", "t", "H_diag", "prev_loss"};

std::string key(const char* name) { return std::string("state.0.") + name; }

}  // namespace

// Histories are saved as matrices [pairs, n].
void LBFGS::save_more(StateDict& out) const {
  const Memory& m = memory_;
  if (m.func_evals == 0) return;
  const double numbers[] = {static_cast<double>(m.func_evals), static_cast<double>(m.n_iter), m.t, m.H_diag,
                            m.prev_loss};
  for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
    out[key(kNumbers[i])] = full(Shape(), numbers[i], {.dtype = float64});
  }
  if (!m.d.defined()) return;
  out[key("d")] = m.d.clone();
  out[key("prev_flat_grad")] = m.prev_flat_grad.clone();
  if (m.old_dirs.empty()) return;
  out[key("old_dirs")] = stack(m.old_dirs);
  out[key("old_stps")] = stack(m.old_stps);
  out[key("ro")] = from_vector(m.ro);
}

std::function<void()> LBFGS::load_more(const StateDict& state, std::vector<std::string>& known) {
  std::int64_t n = 0;
  DType dtype = float32;
  for (const Tensor& p : param_groups()[0].params) {
    n += p.numel();
    if (p.dtype() == float64) dtype = float64;
  }
  const auto take = [&](const char* name, const Shape& shape) -> Tensor {
    known.push_back(key(name));
    if (!state.contains(known.back())) return {};
    const Tensor& value = state.at(known.back());
    if (!value.defined() || !(value.shape() == shape)) {
      fail<Error>(LBFGSOptions::kName, "load_state_dict: '{}' must have the shape {}, got {}", known.back(), shape,
                  value.defined() ? value.shape().str() : std::string("an undefined tensor"));
    }
    return value.detach();
  };
  const auto need = [&](const Tensor& value, const char* name) {
    if (!value.defined()) fail<Error>(LBFGSOptions::kName, "load_state_dict: '{}' is missing", key(name));
  };
  Memory m;
  double numbers[std::size(kNumbers)] = {};
  bool any = false;
  for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
    const Tensor value = take(kNumbers[i], Shape());
    if (i == 0) any = value.defined();
    if (any) need(value, kNumbers[i]);
    if (value.defined()) numbers[i] = value.item<double>();
  }
  for (const int i : {0, 1}) {
    if (!(numbers[i] >= 0 && numbers[i] < 9e15 && numbers[i] == std::floor(numbers[i]))) {
      fail<Error>(LBFGSOptions::kName, "load_state_dict: '{}' must be a whole number, got {}", key(kNumbers[i]),
                  numbers[i]);
    }
  }
  m.func_evals = static_cast<std::int64_t>(numbers[0]);
  m.n_iter = static_cast<std::int64_t>(numbers[1]);
  m.t = numbers[2];
  m.H_diag = numbers[3];
  m.prev_loss = numbers[4];
  const auto copy = [&](const Tensor& t) { return t.to(dtype).contiguous().clone(); };
  const Tensor d = take("d", {n}), g = take("prev_flat_grad", {n});
  if (m.n_iter > 0) {
    need(d, "d");
    need(g, "prev_flat_grad");
    m.d = copy(d);
    m.prev_flat_grad = copy(g);
  }
  const std::string history = key("ro");
  const std::int64_t pairs = state.contains(history) && state.at(history).defined() ? state.at(history).numel() : 0;
  const Tensor ro = take("ro", {pairs}), y = take("old_dirs", {pairs, n}), s = take("old_stps", {pairs, n});
  if (ro.defined()) {
    need(y, "old_dirs");
    need(s, "old_stps");
    m.ro = ro.to_vector<double>();
    for (std::int64_t i = 0; i < pairs; ++i) {
      m.old_dirs.push_back(copy(y.select(0, i)));
      m.old_stps.push_back(copy(s.select(0, i)));
    }
  }
  return [this, loaded = std::make_shared<Memory>(std::move(m))] { memory_ = std::move(*loaded); };
}

}  // namespace descent::optim
