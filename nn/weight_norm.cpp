#include "weight_norm.h"

#include <mutex>
#include <unordered_map>

#include "../autograd/fail-inl.h"
#include "../autograd/node.h"
#include "../autograd/ops/distance.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/product.h"
#include "../autograd/ops/random.h"
#include "conv.h"
#include "repr-inl.h"

namespace descent::nn::utils {

namespace {

/// Takes the tensor off the tape, whatever its place was: gradients of older graphs no longer reach it.
void detach_in_place(Tensor& tensor) {
  TensorImpl& impl = *tensor.impl();
  if (impl.slot) impl.slot->set_owner(nullptr);
  impl.slot = {};
  impl.node = {};
  impl.grad = Tensor();
  impl.requires_grad = false;
}

/// Makes the tensor, and so every member that is a handle to it, that value with its place on the tape. Memory that
/// older graphs have saved stays as it was.
void become(Tensor& tensor, const Tensor& value) {
  detach_in_place(tensor);
  tensor.set_data(value);
  TensorImpl& impl = *tensor.impl();
  impl.node = value.impl()->node;
  impl.output_index = value.impl()->output_index;
  impl.requires_grad = value.impl()->requires_grad;
}

/// A weight that is computed. Its hook owns it; the module is not kept alive.
struct Computed {
  explicit Computed(const Tensor& parameter) : key(parameter.impl()) {}
  virtual ~Computed();
  Computed(const Computed&) = delete;
  Computed& operator=(const Computed&) = delete;

  virtual Tensor compute(bool training) = 0;

  const TensorImpl* key;  // the parameter by which it is found
  Tensor weight = {};
  HookHandle hook = {};
};

struct Registry {
  std::mutex mutex;
  std::unordered_map<const TensorImpl*, std::weak_ptr<Computed>> all;
};

/// Never destroyed: a module may be a static variable.
Registry& registry() {
  static Registry* const instance = new Registry;
  return *instance;
}

Computed::~Computed() {
  const std::lock_guard lock(registry().mutex);
  registry().all.erase(key);
}

/// The registered tensor of a module, or an undefined one.
Tensor own(const StateDict& named, const std::string& name) { return named.contains(name) ? named.at(name) : Tensor(); }

Tensor checked_parameter(const Module& module, const char* function, const std::string& name) {
  const Tensor weight = name.find('.') == std::string::npos ? own(module.named_parameters(), name) : Tensor();
  if (!weight.defined()) {
    throw std::invalid_argument(fmt::format("{}: {} has no parameter '{}'", function, module.name(), name));
  }
  return weight;
}

void install(Module& module, const std::shared_ptr<Computed>& computed) {
  {
    const std::lock_guard lock(registry().mutex);
    registry().all[computed->key] = computed;
  }
  computed->hook = module.register_forward_pre_hook(
      [computed](Module& called, const Tensor&) { become(computed->weight, computed->compute(called.is_training())); });
}

/// Finds and removes the hook; the computed weight becomes the parameter `name`.
template <class Kind>
std::shared_ptr<Kind> installed(const Module& module, const char* function, const std::string& name,
                                const char* suffix) {
  const Tensor parameter = own(module.named_parameters(), name + suffix);
  std::shared_ptr<Kind> found;
  if (parameter.defined()) {
    const std::lock_guard lock(registry().mutex);
    const auto entry = registry().all.find(parameter.impl());
    if (entry != registry().all.end()) found = std::dynamic_pointer_cast<Kind>(entry->second.lock());
  }
  if (!found) {
    throw std::invalid_argument(fmt::format("{}: '{}' of {} is not normalised", function, name, module.name()));
  }
  return found;
}

void make_parameter(Module& module, const std::string& name, Computed& computed) {
  const NoGradGuard no_grad;
  become(computed.weight, computed.compute(false).clone());
  computed.hook.remove();
  module.register_parameter(name, computed.weight);
}

// ---- Weight normalisation -------------------------------------------------------------------------------------------

struct WeightNorm : Computed {
  WeightNorm(const Tensor& g_, const Tensor& v_, Shape dims_) : Computed(g_), g(g_), v(v_), dims(dims_) {}

  static Tensor norm(const Tensor& v, const Shape& dims) {
    return dims.empty() ? v.norm(2) : v.norm(2, dims, /*keepdim=*/true);
  }
  // w = v·(g/‖v‖)
  Tensor compute(bool) override { return v * (g / norm(v, dims)); }

  Tensor g, v;
  Shape dims;  // over which norms are taken; none: all, and no dim is kept
};

// ---- Spectral normalisation -----------------------------------------------------------------------------------------

struct SpectralNorm : Computed {
  SpectralNorm(const Tensor& w_, const Tensor& u_, const Tensor& v_, const SpectralNormOptions& o, std::int64_t dim_)
      : Computed(w_), w(w_), u(u_), v(v_), iterations(o.n_power_iterations), eps(o.eps), dim(dim_) {}

  static Tensor matrix(const Tensor& w, std::int64_t dim) { return w.movedim({dim}, {0}).reshape({w.size(dim), -1}); }
  // v ← Wᵀu/‖Wᵀu‖,  u ← Wv/‖Wv‖;  W/(uᵀ·W·v)
  Tensor compute(bool training) override {
    const Tensor rows = matrix(w, dim);
    if (training) {
      const NoGradGuard no_grad;
      for (std::int64_t i = 0; i < iterations; ++i) {
        v.copy_(normalize(rows.t().mv(u), {.dim = 0, .eps = eps}));
        u.copy_(normalize(rows.mv(v), {.dim = 0, .eps = eps}));
      }
    }
    // Copies, since the next iteration writes and the graph of this call may still be alive.
    return w / u.clone().dot(rows.mv(v.clone()));
  }

  Tensor w, u, v;
  std::int64_t iterations;
  double eps;
  std::int64_t dim;
};

}  // namespace

void detail::weight_norm(Module& module, const WeightNormOptions& options) {
  const std::string& name = options.name;
  Tensor weight = checked_parameter(module, "weight_norm", name);
  const std::int64_t dims = weight.dim();
  Shape over;
  if (options.dim && *options.dim != -1) {
    if (*options.dim < -dims || *options.dim >= dims) {
      throw std::invalid_argument(
          fmt::format("weight_norm: dim {} is out of range for '{}' of shape {}", *options.dim, name, weight.shape()));
    }
    const std::int64_t kept = *options.dim < 0 ? *options.dim + dims : *options.dim;
    for (std::int64_t i = 0; i < dims; ++i) {
      if (i != kept) over.push_back(i);
    }
    if (over.empty()) {
      throw std::invalid_argument(
          fmt::format("weight_norm: '{}' of shape {} has no other dim than {}", name, weight.shape(), kept));
    }
  }
  const NoGradGuard no_grad;
  Tensor v = weight.detach().clone(), g = WeightNorm::norm(v, over);
  module.unregister_parameter(name);
  g = module.register_parameter(name + "_g", g);
  v = module.register_parameter(name + "_v", v);
  const auto computed = std::make_shared<WeightNorm>(g, v, over);
  computed->weight = weight;
  become(computed->weight, computed->compute(false));
  install(module, computed);
}

void detail::remove_weight_norm(Module& module, const std::string& name) {
  const auto computed = installed<WeightNorm>(module, "remove_weight_norm", name, "_g");
  module.unregister_parameter(name + "_g");
  module.unregister_parameter(name + "_v");
  make_parameter(module, name, *computed);
}

void detail::spectral_norm(Module& module, const SpectralNormOptions& options) {
  const std::string& name = options.name;
  Tensor weight = checked_parameter(module, "spectral_norm", name);
  if (options.n_power_iterations < 1) {
    throw std::invalid_argument(
        fmt::format("spectral_norm: n_power_iterations must be at least 1, got {}", options.n_power_iterations));
  }
  check_eps(options.eps, "spectral_norm");
  const std::int64_t dims = weight.dim();
  std::int64_t dim = options.dim.value_or(dynamic_cast<ConvTransposeNd*>(&module) ? 1 : 0);
  if (dim < -dims || dim >= dims || weight.numel() == 0) {
    throw std::invalid_argument(
        fmt::format("spectral_norm: '{}' of shape {} is no matrix along dim {}", name, weight.shape(), dim));
  }
  if (dim < 0) dim += dims;
  const NoGradGuard no_grad;
  const auto direction = [&](std::int64_t n) {
    return normalize(randn({n}, {.dtype = weight.dtype()}), {.dim = 0, .eps = options.eps});
  };
  const std::int64_t height = weight.size(dim);
  const Tensor u = direction(height), v = direction(weight.numel() / height);
  const Tensor original = weight.detach().clone();
  module.unregister_parameter(name);
  module.register_parameter(name + "_orig", original);
  module.register_buffer(name + "_u", u);
  module.register_buffer(name + "_v", v);
  detach_in_place(weight);
  const auto computed = std::make_shared<SpectralNorm>(original, u, v, options, dim);
  computed->weight = weight;
  install(module, computed);
}

void detail::remove_spectral_norm(Module& module, const std::string& name) {
  const auto computed = installed<SpectralNorm>(module, "remove_spectral_norm", name, "_orig");
  module.unregister_parameter(name + "_orig");
  module.unregister_buffer(name + "_u");
  module.unregister_buffer(name + "_v");
  make_parameter(module, name, *computed);
}

}  // namespace descent::nn::utils
