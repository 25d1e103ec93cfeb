"""Values and gradients of the special and rounding families in float64 -> tests/data/ops/special.txt, rounding.txt.

As in ops.py; tests/autograd/reference_special.cpp and reference_rounding.cpp call the op of the same name.
"""
import torch
import torch.nn.functional as F

import table
from record import AWKWARD, inf, nan, record

EDGE = torch.tensor([-inf, -2.0, -1.0, -0.999, -0.6, -0.5, -0.3, -1e-9, -0.0, 0.0, 1e-300, 1e-9, 0.25, 0.45, 0.5, 0.7, 0.999, 1.0,
                     1.0000001, 1.5, 2.0, 30.0, 1e9, inf, nan])


class Digamma(torch.autograd.Function):
    """PyTorch's, but its trigamma is a short series (off by 5e-10): zeta(2, x) instead, reflected below 0."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.digamma(x)

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        reflected = (torch.pi / torch.sin(torch.pi * x)) ** 2 - torch.special.zeta(2, 1 - x)
        return g * torch.where(x > 0, torch.special.zeta(2, x), reflected)


def special():
    out = {}
    for name in ("exp2 expm1 log2 log10 log1p rsqrt reciprocal atan sinh cosh asinh erf erfc").split():
        x = AWKWARD if name in ("exp2", "expm1", "log2", "log10", "sinh", "cosh") else EDGE
        if name in ("sinh", "cosh"):
            x = x[(x.abs() < 1e9) | (x.abs() == inf)]
        if name == "rsqrt":
            x = x[x != 1e-300]  # the cube overflows in another order
        if name == "reciprocal":
            x = x[(x.abs() > 1e-200) | (x == 0)]
        record(out, name, getattr(torch, name), x)
        record(out, name + "/plain", getattr(torch, name), torch.randn(3, 5) * 2)
    for name in "asin acos acosh atanh".split():
        record(out, name, getattr(torch, name), EDGE)
    # PyTorch's tan by vectors is less exact than libm's near its poles.
    record(out, "tan", torch.tan, torch.tensor([-inf, -10.0, -1.0, -0.0, 0.0, 1e-9, 0.7853981633974483, 1.5, 3.0, 12.0, inf, nan]))
    record(out, "logsigmoid", F.logsigmoid, AWKWARD)
    x = torch.tensor([-3.5, -2.25, -0.5, -0.1, 1e-3, 0.3, 0.9, 1.0, 1.4, 1.5, 2.0, 3.7, 9.5, 10.0, 25.0, 1e3, 1e8])
    record(out, "lgamma", torch.lgamma, x)
    record(out, "digamma", Digamma.apply, x)
    record(out, "polygamma/0", Digamma.apply, x[x > 0.2])
    record(out, "polygamma/1", lambda t: torch.special.zeta(2, t), x[x > 0.2])
    for n in (2, 3, 5):
        record(out, f"polygamma/{n}", lambda t: torch.polygamma(n, t), x[x > 0.2])
    a, b = torch.meshgrid(torch.tensor([-inf, -2.0, -0.0, 0.0, 0.5, 3.0, inf, nan]),
                          torch.tensor([-inf, -1.5, -0.0, 0.0, 0.5, 4.0, inf, nan]), indexing="ij")
    a, b = a.flatten(), b.flatten()
    finite = (a.abs() < inf) & (b.abs() < inf) & ((a != 0) | (b != 0))
    for name in ("atan2", "hypot"):
        f = getattr(torch, name)
        record(out, name, f, a[finite], b[finite])
        with torch.no_grad():
            record(out, name + "/edges", lambda s, t: f(s, t).detach(), a, b)
        record(out, name + "/broadcast", f, torch.randn(2, 1, 3), torch.randn(4, 1))
    return out


def rounding():
    out = {}
    x = torch.tensor([-inf, -1e300, -3.0, -2.5, -1.5, -0.7, -0.5, -0.49999999999999994, -0.2, -0.0, 0.0, 0.2,
                      0.49999999999999994, 0.5, 1.5, 2.5, 2.51, 4503599627370497.0, 1e300, inf, nan])
    for name in "floor ceil trunc round frac".split():
        record(out, name, getattr(torch, name), x)
    y = torch.tensor([-inf, -12345.678, -15.0, -0.125, -0.0, 0.05, 0.125, 0.375, 2.345, 25.0, 151.0, inf, nan])
    for d in (-2, -1, 1, 2):
        record(out, f"round/{d}", lambda t: torch.round(t, decimals=d), y)
    some = torch.tensor([-inf, -7.5, -3.0, -1.0, -0.0, 0.0, 0.3, 1.0, 2.0, 7.5, 1e17, inf, nan])
    a, b = torch.meshgrid(some, some, indexing="ij")
    a, b = a.flatten(), b.flatten()
    ints = torch.tensor([-9, -8, -1, 0, 1, 7, 8, 9, -(2 ** 63)])
    divisors = torch.tensor([-4, -3, -1, 1, 3, 4, 10])
    m, n = torch.meshgrid(ints[:-1], divisors, indexing="ij")
    for name in ("remainder", "fmod"):
        f = getattr(torch, name)
        record(out, name, f, a, b)
        record(out, name + "/broadcast", f, torch.randn(2, 1, 3) * 5, torch.randn(4, 1))
        record(out, name + "/integers", f, m, n)
        for c in (-2.5, 0.0, 3.0, inf, nan):
            record(out, f"{name}_number/{c}", lambda t: f(t, c), some)
        record(out, f"{name}_integer/-3", lambda t: f(t, -3), ints)
    for c in (-2.5, 3.0):
        record(out, f"number_remainder/{c}", lambda t: torch.remainder(torch.tensor(c), t), some)
    record(out, "floor_divide", lambda s, t: torch.floor_divide(s, t).detach(), a, b)
    record(out, "floor_divide/integers", torch.floor_divide, m, n)
    return out


table.write("ops/special.txt", special())
table.write("ops/rounding.txt", rounding())
