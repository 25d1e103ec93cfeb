"""Values and gradients of every op in float64 on awkward inputs -> tests/data/ops/*.txt.

A case is `op[/variant]`: its inputs <case>/in0, in1, ..., the cotangent <case>/v, the result <case>/out and the gradients
<case>/grad0, ... of those inputs that are float64. tests/autograd/reference.cpp calls the op of the same name.
"""
import torch
import torch.nn.functional as F

import table
from record import AWKWARD, inf, nan, record


def unary():
    out = {}
    for name in "neg abs sign square exp log sqrt sin cos tanh sigmoid relu".split():
        x = AWKWARD
        if name in ("sin", "cos"):
            x = torch.cat([x[x.abs() < 1e200], torch.tensor([1e5, -12345.678, inf, nan])])
        record(out, name, getattr(torch, name), x)
        record(out, name + "/plain", getattr(torch, name), torch.randn(3, 5) * 2)
    x = torch.tensor([-inf, -2.0, -1.0, -0.0, 0.0, 0.3, 1.0, 1.5, inf, nan])
    record(out, "clamp/both", lambda a: torch.clamp(a, -1.0, 1.0), x)
    record(out, "clamp/min", lambda a: torch.clamp(a, min=0.0), x)
    record(out, "clamp/max", lambda a: torch.clamp(a, max=0.3), x)
    record(out, "clamp/crossed", lambda a: torch.clamp(a, 1.0, -1.0), x)
    return out


def binary():
    out = {}
    some = torch.tensor([-inf, -3.0, -0.5, -1e-300, -0.0, 0.0, 1e-9, 1.0, 1e300, inf, nan])
    a, b = torch.meshgrid(some, some, indexing="ij")
    for name in "add sub mul div maximum minimum".split():
        record(out, name, getattr(torch, name), a.flatten(), b.flatten())
        record(out, name + "/broadcast", getattr(torch, name), torch.randn(2, 1, 3), torch.randn(4, 1))
        record(out, name + "/scalar_tensor", getattr(torch, name), torch.randn(()), torch.randn(2, 2))
    base = torch.tensor([-inf, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, inf, nan])
    exponent = torch.tensor([-inf, -3.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, inf, nan])
    x, y = torch.meshgrid(base, exponent, indexing="ij")
    record(out, "pow", torch.pow, x.flatten(), y.flatten())
    record(out, "pow/broadcast", torch.pow, torch.rand(2, 1, 3) + 0.1, torch.randn(4, 1))
    for e in (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 2.5):
        # PyTorch takes the root for +-0.5, which differs from pow at -inf and -0 (IEEE 754: pow(-inf, 0.5) = inf).
        x = base if abs(e) != 0.5 else base[(base > -inf) & (base != 0)]
        record(out, f"pow_number/{e}", lambda t: torch.pow(t, e), x)
    for e in (0.0, 0.5, 1.0, 2.0):
        record(out, f"number_pow/{e}", lambda t: torch.pow(e, t), exponent)
    for n in (-2.5, 0.0, 3.0, inf, nan):
        for name in "add sub mul div".split():
            record(out, f"{name}_number/{n}", lambda t: getattr(torch, name)(t, n), some)
        record(out, f"number_sub/{n}", lambda t: n - t, some)
        # Its gradient there is n / (t * t), which over- and underflows where n / t / t does not.
        record(out, f"number_div/{n}", lambda t: n / t, some[(some.abs() < 1e200) & (some.abs() > 1e-200) | (some == 0)])
    for name in "eq ne lt le gt ge".split():
        record(out, name, getattr(torch, name), a.flatten(), b.flatten())
    mask = torch.tensor([[True, False, True]])
    record(out, "where", lambda c, s, t: torch.where(c.bool(), s, t), mask.long(), torch.tensor([[1.0], [nan]]),
           torch.tensor([inf, 2.0, 3.0]))
    return out


def reductions():
    out = {}
    x = torch.randn(3, 4, 2)
    ties = torch.tensor([[1.0, 3.0, 3.0, -2.0], [0.0, -0.0, 0.0, -0.0], [5.0, nan, 7.0, nan], [-inf, -inf, inf, inf]])
    for name, f in {"sum": torch.sum, "mean": torch.mean}.items():
        record(out, name + "/all", f, x)
        record(out, name + "/dims", lambda t: f(t, (0, -1)), x)
        record(out, name + "/keep", lambda t: f(t, (1,), True), x)
        record(out, name + "/nonfinite", lambda t: f(t, (1,)), ties)
        record(out, name + "/empty", f, torch.zeros(0, 3))
        record(out, name + "/empty_dim", lambda t: f(t, (0,)), torch.zeros(0, 3))
    for name in ("max", "min"):
        f = getattr(torch, name)
        record(out, name + "/all", f, x)
        record(out, name + "/ties", f, torch.tensor([2.0, -1.0, 2.0, -1.0, -1.0]))
        record(out, name + "/nan", f, torch.tensor([2.0, nan, 5.0]))
        for dim in (0, 1, -1):
            record(out, f"{name}/dim{dim}", lambda t: f(t, dim)[0], x)
            record(out, f"{name}/keep{dim}", lambda t: f(t, dim, True)[0], x)
        record(out, name + "/ties1", lambda t: f(t, 1)[0], ties)
        record(out, f"{name}_indices/dim1", lambda t: f(t, 1)[1], ties)
        record(out, f"arg{name}/all", getattr(torch, "arg" + name), x)
        record(out, f"arg{name}/dim1", lambda t: getattr(torch, "arg" + name)(t, 1), ties)
    return out


def products():
    out = {}
    shapes = [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 2, 3), (3, 2)), ((2, 3), (4, 3, 1)),
              ((2, 1, 2, 3), (3, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((17, 33), (33, 9)), ((3,), (2, 3, 2))]
    for i, (a, b) in enumerate(shapes):
        record(out, f"matmul/{i}", torch.matmul, torch.randn(a), torch.randn(b))
    record(out, "matmul/nonfinite", torch.matmul, torch.tensor([[0.0, inf], [1.0, 2.0]]), torch.tensor([[nan, 0.0], [0.0, 1.0]]))
    record(out, "linear/bias", F.linear, torch.randn(2, 2, 3), torch.randn(4, 3), torch.randn(4))
    record(out, "linear/plain", F.linear, torch.randn(5, 3), torch.randn(4, 3))
    record(out, "linear/vector", F.linear, torch.randn(3), torch.randn(4, 3), torch.randn(4))
    return out


def rearranged():
    out = {}
    x = torch.randn(2, 3, 4)
    record(out, "reshape", lambda t: t.reshape(4, -1), x)
    record(out, "transpose", lambda t: t.transpose(0, -1), x)
    record(out, "permute", lambda t: t.permute(2, 0, 1), x)
    record(out, "squeeze", lambda t: t.squeeze(), torch.randn(1, 3, 1))
    record(out, "unsqueeze", lambda t: t.unsqueeze(-1), x)
    record(out, "flatten", lambda t: t.flatten(1), x)
    record(out, "expand", lambda t: t.expand(2, 3, 4), torch.randn(3, 1))
    record(out, "slice", lambda t: t[:, 1:3, ::2], x)
    record(out, "slice_negative", lambda t: t[..., -3:-1], x)
    record(out, "select", lambda t: t.select(1, -1), x)
    record(out, "cat", lambda a, b, c: torch.cat([a, b, c], -1), torch.randn(2, 1), torch.randn(2, 3), torch.randn(2, 0))
    record(out, "stack", lambda a, b: torch.stack([a, b], 1), torch.randn(2, 3), torch.randn(2, 3))
    rows = torch.tensor([3, 0, 3, 1, 3])
    record(out, "index_select", lambda t, i: t.index_select(0, i), torch.randn(4, 3), rows)
    at = torch.tensor([[3, 0, 2], [3, 1, 2]])
    record(out, "gather", lambda t, i: t.gather(0, i), torch.randn(4, 3), at)
    record(out, "index_add", lambda t, i, s: t.index_add(0, i, s), torch.randn(4, 3), rows, torch.randn(5, 3))
    record(out, "scatter_add", lambda t, i, s: t.scatter_add(0, i, s), torch.randn(4, 3), at, torch.randn(2, 3))
    return out


def softmaxes():
    out = {}
    rows = torch.tensor([[1.0, 2.0, 3.0], [1e4, -1e4, 1e4], [-inf, 0.0, 1.0], [1e308, -1e308, 0.0], [inf, 0.0, 1.0],
                         [nan, 0.0, 1.0], [-inf, -inf, -inf], [-800.0, -801.0, -802.0]])
    for name in ("softmax", "log_softmax"):
        f = getattr(torch, name)
        record(out, name + "/rows", lambda t: f(t, 1), rows)
        record(out, name + "/dim0", lambda t: f(t, 0), torch.randn(3, 4))
        record(out, name + "/middle", lambda t: f(t, -2), torch.randn(2, 3, 4) * 5)
        record(out, name + "/scalar", lambda t: f(t, 0), torch.randn(()))
    target = torch.tensor([2, 0, -100, 4, 1])
    weight = torch.rand(5) + 0.2
    for smoothing in (0.0, 0.1):
        record(out, f"cross_entropy/{smoothing}", lambda x, t: F.cross_entropy(x, t, reduction="none", label_smoothing=smoothing),
               torch.randn(5, 5) * 3, target)
        record(out, f"cross_entropy_weighted/{smoothing}", lambda x, t, w: F.cross_entropy(
            x, t, w.detach(), reduction="none", label_smoothing=smoothing), torch.randn(5, 5) * 3, target, weight)
    return out


for file, make in {"unary": unary, "binary": binary, "reductions": reductions, "products": products,
                   "rearranged": rearranged, "softmaxes": softmaxes}.items():
    table.write(f"ops/{file}.txt", make())
