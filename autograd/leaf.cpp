// A tensor's own gradient, whether it wants one, and hooks on it.
#include "fail-inl.h"
#include "node.h"

namespace descent {

using namespace autograd;

const Tensor& Tensor::grad() const { return checked("grad").grad; }

void Tensor::set_grad(const Tensor& gradient) {
  TensorImpl& impl = checked("set_grad");
  if (gradient.defined()) {
    if (gradient.shape() != impl.shape) {
      fail<ShapeError>("set_grad", "the gradient must have the tensor's shape, got {} for {}", gradient.shape(),
                       impl.shape);
    }
    if (gradient.dtype() != impl.dtype) {
      fail<DTypeError>("set_grad", "the gradient must have the tensor's dtype, got {} for {}", gradient.dtype(),
                       impl.dtype);
    }
  }
  impl.grad = gradient;
}

void Tensor::zero_grad() { checked("zero_grad").grad = Tensor(); }

bool Tensor::is_leaf() const {
  const TensorImpl& impl = checked("is_leaf");
  return !impl.node || impl.node->leaf_slot() != nullptr;
}

Tensor& Tensor::requires_grad_(bool requires_grad) {
  TensorImpl& impl = checked("requires_grad_");
  if (requires_grad == impl.requires_grad) return *this;
  if (impl.sparse) refuse_sparse("requires_grad_");
  if (!is_leaf()) fail<AutogradError>("requires_grad_", "only a leaf can be changed; detach() the tensor first");
  if (requires_grad && !descent::is_floating_point(impl.dtype)) {
    fail<DTypeError>("requires_grad_", "only floating types have gradients, got {}", impl.dtype);
  }
  // A leaf keeps its end of the tape when it is switched off: one that comes back is the same one.
  if (requires_grad && !impl.node) attach_leaf(impl);
  impl.requires_grad = requires_grad;
  return *this;
}

void Tensor::retain_grad() {
  TensorImpl& impl = checked("retain_grad");
  if (!impl.requires_grad) fail<AutogradError>("retain_grad", "the tensor does not require grad");
  if (!is_leaf()) retain_gradient(impl);
}

HookHandle Tensor::add_hook(std::function<Tensor(const Tensor&)> hook) const {
  TensorImpl& impl = checked("register_hook");
  if (!impl.requires_grad) fail<AutogradError>("register_hook", "the tensor does not require grad");
  return impl.node->add_hook(
      {.index = impl.output_index,
       .function = std::make_shared<const std::function<Tensor(const Tensor&)>>(std::move(hook))});
}

}  // namespace descent
