"""PyTorch's values and gradients of the activation functions -> tests/data/ops/activation.txt.

Where PyTorch's float64 has only float32's accuracy (celu, hardsigmoid) the formula is written as a composition.
"""
import torch
import torch.nn.functional as F

import table
from record import AWKWARD, inf, nan, record

out = {}
plain = torch.randn(7) * 2
kinks = torch.tensor([-inf, -7.0, -6.0, -3.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0, 7.0, inf])
finite = AWKWARD[torch.isfinite(AWKWARD)]


def both(case, f, x=AWKWARD):
    record(out, case, f, x)
    record(out, case + "+plain", f, plain)


both("gelu/none", lambda x: F.gelu(x))
# At 1e300 PyTorch's gradient is 0 * inf.
both("gelu/tanh", lambda x: F.gelu(x, approximate="tanh"), AWKWARD[AWKWARD.abs() != 1e300])
both("silu", F.silu)
both("mish", F.mish)
both("elu", F.elu)
both("elu/0.7", lambda x: F.elu(x, 0.7))
both("selu", F.selu, AWKWARD[AWKWARD.abs() != inf])
for alpha in (1.0, 2.5):
    both(f"celu/{alpha}", lambda x: torch.where(x > 0, x, alpha * torch.expm1(torch.where(x > 0, 0.0, x) / alpha) + 0.0), finite)
both("softplus", F.softplus)
both("softplus/2", lambda x: F.softplus(x, beta=2, threshold=3))
both("leaky_relu", F.leaky_relu)
both("leaky_relu/0.2", lambda x: F.leaky_relu(x, 0.2))
both("hardswish", F.hardswish, kinks)
both("hardsigmoid", lambda x: F.relu6(x + 3) / 6, kinks)
both("hardtanh", F.hardtanh, torch.cat([kinks, torch.tensor([nan])]))
both("hardtanh/wide", lambda x: F.hardtanh(x, -2.0, 0.5), kinks)
both("relu6", F.relu6, kinks)
both("hardshrink", F.hardshrink, torch.cat([kinks, torch.tensor([nan])]))
both("hardshrink/1", lambda x: F.hardshrink(x, 1.0), kinks)
both("softshrink", F.softshrink, kinks)  # PyTorch 1.13 turns NaN into 0
both("softshrink/1", lambda x: F.softshrink(x, 1.0), kinks)
both("softsign", F.softsign)
both("tanhshrink", F.tanhshrink)
both("threshold", lambda x: F.threshold(x, 0.5, -3.0), torch.cat([kinks, torch.tensor([nan])]))
both("rrelu", F.rrelu, torch.cat([kinks, torch.tensor([nan])]))
record(out, "prelu/one", F.prelu, torch.randn(2, 3, 2), torch.tensor([0.25]))
record(out, "prelu/channels", F.prelu, torch.randn(2, 3, 2), torch.randn(3))
record(out, "glu/-1", F.glu, torch.randn(2, 3, 4))
record(out, "glu/1", lambda x: F.glu(x, 1), torch.randn(2, 4, 3))
record(out, "softmin/1", lambda x: F.softmin(x, 1), torch.randn(2, 5, 2))
table.write("ops/activation.txt", out)
