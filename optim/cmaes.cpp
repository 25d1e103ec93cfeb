#include "cmaes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops.h"
#include "optimizer.h"
#include "search-inl.h"

namespace descent::optim {

using namespace detail;

namespace {

constexpr const char* kName = "CMAES";

double real(std::size_t n) { return static_cast<double>(n); }

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

double sum_of(const Vector& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

/// Weights, rates and damping: table 1 of the tutorial.
struct Parameters {
  std::size_t lambda, mu;
  Vector weights;  // λ of them; those after μ negative, or 0 unless active
  double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu;
  double expected;  // E‖N(0, 1)‖

  Parameters(std::size_t dims, std::size_t population, bool active)
      : lambda(population), mu(population / 2), weights(population) {
    const double n = real(dims);
    for (std::size_t i = 0; i < lambda; ++i) weights[i] = std::log((real(lambda) + 1) / 2) - std::log(real(i) + 1);
    double sum = 0, squares = 0, sum_neg = 0, squares_neg = 0;
    for (std::size_t i = 0; i < lambda; ++i) {
      (i < mu ? sum : sum_neg) += weights[i];
      (i < mu ? squares : squares_neg) += weights[i] * weights[i];
    }
    mu_eff = sum * sum / squares;
    const double mu_eff_neg = squares_neg > 0 ? sum_neg * sum_neg / squares_neg : 0;
    c_sigma = (mu_eff + 2) / (n + mu_eff + 5);
    d_sigma = 1 + 2 * std::fmax(0, std::sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma;
    c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n);
    c_1 = 2 / ((n + 1.3) * (n + 1.3) + mu_eff);
    c_mu = std::fmin(1 - c_1, 2 * (0.25 + mu_eff + 1 / mu_eff - 2) / ((n + 2) * (n + 2) + mu_eff));
    const double least = std::fmin(std::fmin(1 + c_1 / c_mu, 1 + 2 * mu_eff_neg / (mu_eff + 2)),
                                   std::fmax(0, 1 - c_1 - c_mu) / (n * c_mu));
    for (std::size_t i = 0; i < lambda; ++i) {
      if (i < mu)
        weights[i] /= sum;
      else
        weights[i] = active && sum_neg < 0 && std::isfinite(least) ? weights[i] * least / -sum_neg : 0;
    }
    expected = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  }
};

}  // namespace

struct CMAES::State {
  CMAESOptions o;
  Box box;
  Stream stream;
  std::size_t n;
  Parameters p;
  Vector mean, path_sigma, path_c, C, B, D;  // C = B·diag(D²)·Bᵀ, rows of B of length n
  double sigma;
  std::int64_t generation = 0, evaluations = 0, decomposed = 0;
  std::vector<Vector> samples;  // what ask() gave; empty before
  Vector history;               // best values of generations, newest last
  Vector best_x;
  double best = kInfinity;
  std::string reason;

  State(const Vector& start, const CMAESOptions& options)
      : o(options),
        box{options.lower, options.upper},
        stream(options.seed),
        n(start.size()),
        p(n, static_cast<std::size_t>(options.population), options.active),
        mean(start),
        path_sigma(n, 0.0),
        path_c(n, 0.0),
        C(n * n, 0.0),
        B(n * n, 0.0),
        D(n, 1.0),
        sigma(options.sigma),
        best_x(start) {
    for (std::size_t i = 0; i < n; ++i) C[i * n + i] = B[i * n + i] = 1;
  }

  /// B·diag(scale)·z, or with `transposed` the coordinates Bᵀ·z times scale.
  Vector times_b(const Vector& z, bool transposed, const Vector& scale) const {
    Vector out(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        if (transposed)
          out[j] += B[i * n + j] * z[i];
        else
          out[i] += B[i * n + j] * scale[j] * z[j];
      }
    }
    if (transposed) {
      for (std::size_t j = 0; j < n; ++j) out[j] *= scale[j];
    }
    return out;
  }

  Vector inverse_d() const {
    Vector out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = 1 / D[i];
    return out;
  }

  Vector draw() {
    Vector z(n), x(n);
    for (int tries = 0;; ++tries) {
      for (double& one : z) one = stream.normal();
      const Vector y = times_b(z, false, D);
      bool inside = true;
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = mean[i] + sigma * y[i];
        inside &= box.contains(i, x[i]);
      }
      if (inside) return x;
      if (tries < 50) continue;
      for (std::size_t i = 0; i < n; ++i) x[i] = box.clamp(i, x[i]);
      return x;
    }
  }

  void update(const Vector& values, const std::vector<std::size_t>& order);
  void decompose();
  void look_for_an_end(const Vector& values, const std::vector<std::size_t>& order);
};

void CMAES::State::update(const Vector& values, const std::vector<std::size_t>& order) {
  std::vector<Vector> y(p.lambda, Vector(n));  // by rank
  for (std::size_t k = 0; k < p.lambda; ++k) {
    for (std::size_t i = 0; i < n; ++i) y[k][i] = (samples[order[k]][i] - mean[i]) / sigma;
  }
  Vector step(n, 0.0);  // ȳ
  for (std::size_t k = 0; k < p.mu; ++k) {
    for (std::size_t i = 0; i < n; ++i) step[i] += p.weights[k] * y[k][i];
  }
  for (std::size_t i = 0; i < n; ++i) mean[i] = box.clamp(i, mean[i] + sigma * step[i]);

  const Vector ones(n, 1.0), inverse = inverse_d();
  const Vector white = times_b(times_b(step, true, inverse), false, ones);  // C^(−1/2)·ȳ
  const double gain = std::sqrt(p.c_sigma * (2 - p.c_sigma) * p.mu_eff);
  for (std::size_t i = 0; i < n; ++i) path_sigma[i] = (1 - p.c_sigma) * path_sigma[i] + gain * white[i];
  const double length = std::sqrt(dot(path_sigma, path_sigma));
  const double begun = std::sqrt(1 - std::pow(1 - p.c_sigma, 2 * static_cast<double>(generation + 1)));
  const double h = length / begun < (1.4 + 2 / (real(n) + 1)) * p.expected ? 1 : 0;
  const double gain_c = h * std::sqrt(p.c_c * (2 - p.c_c) * p.mu_eff);
  for (std::size_t i = 0; i < n; ++i) path_c[i] = (1 - p.c_c) * path_c[i] + gain_c * step[i];

  // Negative weights are scaled by n/‖C^(−1/2)·y‖², so that C stays positive; samples without a value teach nothing.
  Vector w = p.weights;
  for (std::size_t k = 0; k < p.lambda; ++k) {
    if (w[k] >= 0) continue;
    const Vector z = times_b(y[k], true, inverse);
    const double squares = dot(z, z);
    w[k] = squares > 0 && values[order[k]] < kInfinity ? w[k] * real(n) / squares : 0;
  }
  const double keep = 1 + p.c_1 * (1 - h) * p.c_c * (2 - p.c_c) - p.c_1 - p.c_mu * sum_of(p.weights);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rank_mu = 0;
      for (std::size_t k = 0; k < p.lambda; ++k) rank_mu += w[k] * y[k][i] * y[k][j];
      const double c = keep * C[i * n + j] + p.c_1 * path_c[i] * path_c[j] + p.c_mu * rank_mu;
      C[i * n + j] = C[j * n + i] = c;
    }
  }
  sigma *= std::exp(std::fmin(1, p.c_sigma / p.d_sigma * (length / p.expected - 1)));
  ++generation;
}

/// C = B·diag(D²)·Bᵀ, not in every generation: its cost is n³, that of the rest of a generation λ·n².
void CMAES::State::decompose() {
  const double every = 1 / ((p.c_1 + p.c_mu) * real(n) * 10);
  if (static_cast<double>(generation - decomposed) <= every) return;
  decomposed = generation;
  const auto size = static_cast<std::int64_t>(n);
  for (const double c : C) {
    if (!std::isfinite(c)) {
      reason = "condition";
      return;
    }
  }
  const EighResult eigen = eigh(from_vector(C, {size, size}));
  const Vector values = eigen.eigenvalues.to_vector<double>();
  if (!(values.front() > 0) || values.back() > 1e14 * values.front()) {
    reason = "condition";
    return;
  }
  B = eigen.eigenvectors.to_vector<double>();
  for (std::size_t i = 0; i < n; ++i) D[i] = std::sqrt(values[i]);
}

void CMAES::State::look_for_an_end(const Vector& values, const std::vector<std::size_t>& order) {
  const double low = values[order.front()], high = values[order.back()];
  history.push_back(low);
  const auto span = static_cast<std::size_t>(10 + std::ceil(30 * real(n) / real(p.lambda)));
  if (history.size() > span) history.erase(history.begin());
  if (best <= o.target && best < kInfinity) {
    reason = "target";
    return;
  }
  if (!reason.empty()) return;
  if (history.size() == span && high < kInfinity) {
    const auto [least, most] = std::minmax_element(history.begin(), history.end());
    if (std::fmax(*most, high) - std::fmin(*least, low) <= o.tolerance_fun) reason = "tolerance_fun";
  }
  bool small = true;
  for (std::size_t i = 0; i < n; ++i) {
    const double deviation = std::fmax(std::sqrt(C[i * n + i]), std::abs(path_c[i]));
    small &= sigma * deviation <= o.tolerance_x * o.sigma;
  }
  if (small) reason = "tolerance_x";
  if (!std::isfinite(sigma) || sigma <= 0) reason = "sigma";
  if (reason.empty() && evaluations + static_cast<std::int64_t>(p.lambda) > o.max_evaluations)
    reason = "max_evaluations";
}

CMAES::CMAES(const Tensor& x0, const CMAESOptions& options) {
  CMAESOptions o = options;
  const Vector start = check_start(kName, x0, Box{o.lower, o.upper});
  check_option(kName, "sigma", Range::AboveZero, o.sigma);
  check_option(kName, "population", Range::AtLeastZero, static_cast<double>(o.population));
  if (o.population == 1 || o.population > 1000000)
    fail<std::invalid_argument>(kName, "population must be 0 or in [2, 1000000], got {}", o.population);
  check_option(kName, "tolerance_x", Range::AtLeastZero, o.tolerance_x);
  check_option(kName, "tolerance_fun", Range::AtLeastZero, o.tolerance_fun);
  check_option(kName, "restarts", Range::AtLeastZero, static_cast<double>(o.restarts));
  check_option(kName, "max_evaluations", Range::AtLeastOne, static_cast<double>(o.max_evaluations));
  check_target(kName, o.target);
  if (o.population == 0) o.population = 4 + static_cast<std::int64_t>(3 * std::log(real(start.size())));
  if (o.population > o.max_evaluations) {
    fail<std::invalid_argument>(kName, "max_evaluations must cover a generation of {}, got {}", o.population,
                                o.max_evaluations);
  }
  state_ = std::make_unique<State>(start, o);
}
CMAES::CMAES(CMAES&&) noexcept = default;
CMAES& CMAES::operator=(CMAES&&) noexcept = default;
CMAES::~CMAES() = default;

Tensor CMAES::ask() {
  State& s = *state_;
  if (s.samples.empty()) {
    for (std::size_t k = 0; k < s.p.lambda; ++k) s.samples.push_back(s.draw());
  }
  Vector all;
  for (const Vector& x : s.samples) all.insert(all.end(), x.begin(), x.end());
  return from_vector(all, {population(), static_cast<std::int64_t>(s.n)});
}

void CMAES::tell(const std::vector<double>& given) {
  State& s = *state_;
  if (s.samples.empty()) fail<Error>(kName, "tell() needs ask() before");
  if (given.size() != s.p.lambda)
    fail<std::invalid_argument>(kName, "tell() needs {} values, got {}", s.p.lambda, given.size());
  const NoGradGuard no_grad;
  Vector values = given;
  for (double& v : values) v = std::isfinite(v) ? v : kInfinity;
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  s.evaluations += population();
  if (values[order[0]] < s.best) {
    s.best = values[order[0]];
    s.best_x = s.samples[order[0]];
  }
  s.update(values, order);
  s.decompose();
  s.look_for_an_end(values, order);
  s.samples.clear();
}

bool CMAES::done() const noexcept { return !state_->reason.empty(); }
const std::string& CMAES::reason() const noexcept { return state_->reason; }
Tensor CMAES::mean() const { return to_tensor(state_->mean); }
Tensor CMAES::covariance() const {
  const auto n = static_cast<std::int64_t>(state_->n);
  return from_vector(state_->C, {n, n});
}
double CMAES::sigma() const noexcept { return state_->sigma; }
std::int64_t CMAES::population() const noexcept { return static_cast<std::int64_t>(state_->p.lambda); }
std::int64_t CMAES::generation() const noexcept { return state_->generation; }

SearchResult CMAES::result() const {
  const State& s = *state_;
  const bool converged = s.reason == "target" || s.reason == "tolerance_x" || s.reason == "tolerance_fun";
  return {to_tensor(s.best_x), s.best, s.evaluations, converged, s.reason};
}

SearchResult cmaes(const Objective& f, const Tensor& x0, const CMAESOptions& options) {
  CMAESOptions o = options;
  CMAES search(x0, o);  // checks all before f is called
  Evaluator evaluator("cmaes", f, o.max_evaluations, o.target);
  SearchResult last;
  try {
    for (std::int64_t run = 0;; ++run) {
      while (!search.done()) {
        const Vector samples = search.ask().to_vector<double>();
        const auto n = static_cast<std::ptrdiff_t>(samples.size()) / search.population();
        Vector values;
        for (auto at = samples.begin(); at != samples.end(); at += n)
          values.push_back(evaluator.value(Vector(at, at + n)));
        search.tell(values);
      }
      last = search.result();
      if (run >= o.restarts || last.reason == "max_evaluations") break;
      // The next run: twice the population, what is left of the budget, other numbers.
      o.population = 2 * search.population();
      o.max_evaluations = options.max_evaluations - evaluator.result(false, "").evaluations;
      o.seed += 0x9e3779b97f4a7c15u;
      if (o.population > o.max_evaluations) {
        last.reason = "max_evaluations";
        break;
      }
      search = CMAES(x0, o);
    }
  } catch (const Stop& stop) {
    return evaluator.result(evaluator.best() <= o.target, stop.reason);
  }
  return evaluator.result(last.converged && last.reason != "max_evaluations", last.reason);
}

}  // namespace descent::optim
