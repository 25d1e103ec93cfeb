"""PyTorch's values and gradients of element tests, logic and mixed pointwise ops -> tests/data/ops/logic.txt."""
import torch

import table
from record import AWKWARD, inf, nan, record

out = {}
some = torch.tensor([-inf, -3.0, -1e-300, -0.0, 0.0, 0.5, 1.0, 1e300, inf, nan])
a, b = (t.flatten() for t in torch.meshgrid(some, some, indexing="ij"))
for name in "isnan isinf isfinite isposinf isneginf logical_not".split():
    record(out, name, getattr(torch, name), AWKWARD)
    record(out, name + "/integers", getattr(torch, name), torch.tensor([-2, 0, 3]))
for name in "logical_and logical_or logical_xor".split():
    record(out, name, getattr(torch, name), a, b)
    record(out, name + "/integers", getattr(torch, name), torch.tensor([[-2], [0]]), torch.tensor([0, 3, 0]))
record(out, "isclose", torch.isclose, a, b)
record(out, "isclose/nan", lambda x, y: torch.isclose(x, y, equal_nan=True), a, b)
near = torch.tensor([1.0, 1.0 + 9e-6, 1.0 + 2e-5, 1e-9, 2e-8, -1e-9, 0.0])
record(out, "isclose/near", torch.isclose, near[:, None], near)
record(out, "isclose/wide", lambda x, y: torch.isclose(x, y, rtol=0.5, atol=1.0), torch.randn(4, 1) * 2, torch.randn(5) * 2)
record(out, "nan_to_num", torch.nan_to_num, AWKWARD)
record(out, "nan_to_num/given", lambda x: torch.nan_to_num(x, 1.5, 2.5, -3.5), AWKWARD)
record(out, "lerp", torch.lerp, torch.randn(3, 4), torch.randn(3, 4), torch.randn(3, 4))
record(out, "lerp/broadcast", torch.lerp, torch.randn(2, 1, 3), torch.randn(4, 1), torch.randn(3))
record(out, "lerp/0.3", lambda x, y: torch.lerp(x, y, 0.3), some, torch.randn(len(some)))
record(out, "lerp/0.75", lambda x, y: torch.lerp(x, y, 0.75), torch.randn(2, 3), torch.randn(3))
for name in "addcmul addcdiv".split():
    f = getattr(torch, name)
    record(out, name, f, torch.randn(3, 4), torch.randn(3, 4), torch.randn(3, 4))
    record(out, name + "/-0.5", lambda x, y, z: f(x, y, z, value=-0.5), torch.randn(2, 1, 3), torch.randn(4, 1), torch.randn(3))
    record(out, name + "/awkward", f, torch.ones(len(some)), torch.full((len(some),), 2.0), some)
x = torch.tensor([-inf, -2.0, -1.0, -0.0, 0.3, 1.0, 2.0, inf, nan])
low = torch.tensor([-1.0] * 4 + [1.0] * 5)
high = torch.tensor([-0.5, 1.0, 0.5, 1.0, 0.5, 2.0, 1.5, 1.5, 1.0])
record(out, "clamp/both", torch.clamp, x, low, high)
record(out, "clamp/min", lambda t, l: torch.clamp(t, min=l), x, low)
record(out, "clamp/max", lambda t, h: torch.clamp(t, max=h), x, high)
record(out, "clamp/broadcast", torch.clamp, torch.randn(2, 3, 2), torch.randn(3, 1), torch.randn(2))
record(out, "clamp_min", torch.clamp_min, x, low)
record(out, "clamp_max", torch.clamp_max, x, high)
table.write("ops/logic.txt", out)
