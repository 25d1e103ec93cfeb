"""What the generators of tests/data/ops share: one case of an op, value and gradients, in float64.

A case is `op[/variant]`: its inputs <case>/in0, in1, ..., the cotangent <case>/v, the result <case>/out and the gradients
<case>/grad0, ... of those inputs that are float64. check_table in tests/autograd/reference.h reads them.
"""
import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
inf, nan = float("inf"), float("nan")
AWKWARD = torch.tensor([-inf, -1e300, -745.5, -40.0, -3.0, -1.0, -0.5, -1e-9, -1e-300, -0.0, 0.0, 1e-300, 1e-9, 0.5, 1.0,
                        2.0, 3.0, 40.0, 709.0, 1e300, inf, nan])


def record(out, case, f, *inputs):
    leaves = [t.clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
    result = f(*leaves)
    for i, t in enumerate(leaves):
        out[f"{case}/in{i}"] = t if t.is_floating_point() else t.long()
    out[f"{case}/out"] = result if result.is_floating_point() else result.long()
    if not result.requires_grad:
        return
    v = torch.randn(result.shape)
    out[f"{case}/v"] = v
    wanted = [(i, t) for i, t in enumerate(leaves) if t.requires_grad]
    for (i, t), g in zip(wanted, torch.autograd.grad(result, [t for _, t in wanted], v, allow_unused=True)):
        if g is not None:
            out[f"{case}/grad{i}"] = g
