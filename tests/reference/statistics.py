"""Products, variances, norms, medians, extremes, logical reductions and scans -> tests/data/ops/statistics.txt, scan.txt.

A case `value_<op>...` has no gradient to compare: PyTorch's is NaN there, or goes elsewhere.
"""
import torch

import table
from record import inf, nan, record

TIES = torch.tensor([[1.0, 3.0, 3.0, -2.0], [0.0, -0.0, 0.0, -0.0], [5.0, nan, 7.0, nan], [-inf, -inf, inf, inf],
                     [2.0, 2.0, 2.0, 2.0]])
ZEROS = torch.tensor([[2.0, -3.0, 0.5, 4.0], [2.0, 0.0, 0.5, -4.0], [0.0, 3.0, -0.0, 1.5], [0.0, 0.0, 0.0, 5.0], [1.0, nan, 2.0, 3.0]])
SAME = TIES.abs().where(TIES == 0, TIES)  # which of 0 and -0 is chosen is nobody's promise
LOGS = torch.tensor([[1.0, 2.0, 3.0, -1.0], [1e4, -1e4, 1e4, 0.0], [-inf, 0.0, 1.0, -inf], [-800.0, -801.0, -802.0, -900.0],
                     [nan, 0.0, 1.0, 2.0]])


def without_minus_infinity(f):
    """The gradient of -inf is 0: where all is -inf, PyTorch's is NaN."""
    def g(t):
        low = t == -inf
        return torch.where(low.all(1), torch.full_like(t[:, 0], -inf), f(t.masked_fill(low.all(1, True), 0.0)))
    return g


def statistics():
    out = {}
    x = torch.randn(3, 2, 2)
    record(out, "prod/all", torch.prod, torch.randn(2, 3))
    record(out, "prod/zero", torch.prod, torch.tensor([2.0, 0.0, 3.0]))
    record(out, "prod/zeros", torch.prod, torch.tensor([2.0, 0.0, 0.0]))
    record(out, "prod/int", torch.prod, torch.tensor([[2, -3], [5, 7]]))
    record(out, "prod/empty", torch.prod, torch.zeros(0, 2))
    for dim in (0, 1, -1):
        record(out, f"prod_dim/{dim}", lambda t: torch.prod(t, dim), x)
        record(out, f"prod_keep/{dim}", lambda t: torch.prod(t, dim, True), x)
    record(out, "prod_dim/1-zeros", lambda t: torch.prod(t, 1), ZEROS)
    for name in ("var", "std"):
        f = getattr(torch, name)
        record(out, name + "/all", lambda t: f(t, (0, 1, 2), correction=1), x)
        for correction in (0, 1, 2):
            record(out, f"{name}_rows/{correction}", lambda t: f(t, (1,), correction=correction), x)
            record(out, f"{name}_keep/{correction}", lambda t: f(t, (0, -1), correction=correction, keepdim=True), x)
        record(out, name + "_rows/1-ties", lambda t: f(t, (1,), correction=1), TIES)
        # PyTorch loses 5 digits to the offset; the gradient keeps the rounding of the mean.
        far = torch.randn(2, 5) + 1e6
        out[f"value_{name}_rows/1-offset/in0"] = far
        out[f"value_{name}_rows/1-offset/out"] = f(far - far.mean(1, True), (1,), correction=1)
        # Too few elements: the divisor is 0.
        few = torch.tensor([[1.0, 2.0, 4.0]])
        out[f"value_{name}_rows/3-few/in0"], out[f"value_{name}_rows/3-few/out"] = few, f(few, (1,), correction=3)
        out[f"value_{name}_rows/5-few/in0"], out[f"value_{name}_rows/5-few/out"] = few, f(few, (1,), correction=5)
        out[f"value_{name}_rows/1-one/in0"], out[f"value_{name}_rows/1-one/out"] = few[:, :1], f(few[:, :1], (1,), correction=1)
        record(out, f"{name}_mean/0", lambda t: f(t, (1,), correction=1) * 2 + t.mean(1), x)
    for name in ("amax", "amin"):
        f = getattr(torch, name)
        record(out, name + "/all", f, x)
        record(out, name + "_rows/ties", lambda t: f(t, (1,)), SAME[[0, 1, 4]])
        record(out, name + "_keep/dims", lambda t: f(t, (0, -1), True), x)
    # PyTorch gives no gradient to a NaN that wins.
    for name in ("amax", "amin"):
        out["value_" + name + "_rows/nan/in0"], out["value_" + name + "_rows/nan/out"] = SAME, getattr(torch, name)(SAME, 1)
    record(out, "logsumexp_rows/plain", lambda t: torch.logsumexp(t, 1), LOGS)
    record(out, "logsumexp_keep/dims", lambda t: torch.logsumexp(t, (0, -1), True), x * 10)
    record(out, "logsumexp_rows/low", without_minus_infinity(lambda t: torch.logsumexp(t, 1)),
           torch.tensor([[-inf, -inf, -inf, -inf], [0.0, -inf, 1.0, 2.0]]))
    out["value_logsumexp_rows/high/in0"] = torch.tensor([[inf, 0.0], [inf, -inf], [inf, inf], [inf, nan]])
    out["value_logsumexp_rows/high/out"] = torch.logsumexp(out["value_logsumexp_rows/high/in0"], 1)
    record(out, "logsumexp_rows/empty", lambda t: torch.logsumexp(t, 1), torch.zeros(2, 0))
    for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf, -inf, -1.0, -2.0):
        record(out, f"norm/{p}", lambda t: torch.norm(t, p), x)
        record(out, f"norm_rows/{p}", lambda t: torch.norm(t, p, 1), torch.tensor([[3.0, -4.0, 1.0], [0.5, 2.5, -2.5]]))
        record(out, f"norm_keep/{p}", lambda t: torch.norm(t, p, (0, -1), True), x)
        if p >= 1:
            record(out, f"norm_rows/{p}-zero", lambda t: torch.norm(t, p, 1), torch.tensor([[0.0, 0.0], [0.0, -1.5]]))
        odd = torch.tensor([[inf, 1.0], [nan, 1.0], [0.0, -inf], [-inf, nan]])
        out[f"value_norm_rows/{p}-odd/in0"], out[f"value_norm_rows/{p}-odd/out"] = odd, torch.norm(odd, p, 1)
    record(out, "norm_rows/2-empty", lambda t: torch.norm(t, 2, 1), torch.zeros(2, 0))
    # Powers that over- or underflow, where PyTorch's norm is infinite or 0.
    for p in (2.0, 3.0, 0.5):
        far = torch.tensor([[3e200, -4e200], [3e-200, 4e-200]])
        scale = torch.tensor([1e200, 1e-200])
        record(out, f"norm_rows/{p}-far", lambda t: torch.norm(t / scale[:, None], p, 1) * scale, far)
    for name in ("all", "any"):
        f = getattr(torch, name)
        record(out, name + "/whole", lambda t: f(t.bool()), TIES)
        record(out, name + "_rows/ties", lambda t: f(t.bool(), 1), TIES)
        record(out, name + "_rows/empty", lambda t: f(t.bool(), 1), torch.zeros(2, 0))
        record(out, name + "_rows/int", lambda t: f(t.bool(), 1), torch.tensor([[0, 0], [0, 256], [-1, 3]]))
    record(out, "count_nonzero/all", torch.count_nonzero, TIES)
    record(out, "count_nonzero_rows/ties", lambda t: torch.count_nonzero(t, 1), TIES)
    odd, even = torch.tensor([3.0, -1.0, 2.0, 7.0, 5.0]), torch.tensor([3.0, 1.0, 2.0, 7.0])
    for name in ("median", "nanmedian"):
        f = getattr(torch, name)
        record(out, name + "/odd", f, odd)
        record(out, name + "/even", f, even)
        record(out, name + "/ties", f, torch.tensor([2.0, 1.0, 2.0, 5.0]))
        record(out, name + "/empty", f, torch.zeros(0))
        for dim in (0, 1, -1):
            record(out, f"{name}_dim/{dim}", lambda t: f(t, dim)[0], x)
            record(out, f"{name}_keep/{dim}", lambda t: f(t, dim, True)[0], x)
            record(out, f"{name}_indices/{dim}", lambda t: f(t, dim)[1], x)
        out[f"value_{name}_dim/1-nan/in0"], out[f"value_{name}_dim/1-nan/out"] = SAME, f(SAME, 1)[0]
    record(out, "nanmedian/nan", torch.nanmedian, torch.tensor([3.0, nan, 1.0, nan, 2.0]))
    record(out, "nansum/all", torch.nansum, TIES[:3])
    record(out, "nansum_rows/ties", lambda t: torch.nansum(t, 1), TIES[:3])
    record(out, "nanmean/all", torch.nanmean, TIES[:3])
    record(out, "nanmean_rows/nan", lambda t: torch.nanmean(t, 1), torch.tensor([[nan, 1.0, 4.0], [2.0, nan, nan]]))
    out["value_nanmean_rows/none/in0"], out["value_nanmean_rows/none/out"] = torch.tensor([[nan, nan]]), torch.tensor([nan])
    return out


def scans():
    out = {}
    x = torch.randn(2, 3, 3)
    for name in ("cumsum", "cumprod", "logcumsumexp"):
        f = getattr(torch, name)
        for dim in (0, 1, -1):
            record(out, f"{name}/{dim}", lambda t: f(t, dim), x)
        record(out, f"{name}/0-scalar", lambda t: f(t, 0), torch.randn(()))
        record(out, f"{name}/1-empty", lambda t: f(t, 1), torch.zeros(2, 0))
    record(out, "cumsum/1-odd", lambda t: torch.cumsum(t, 1), TIES)
    record(out, "cumsum/1-int", lambda t: torch.cumsum(t, 1), torch.tensor([[1, -2, 3], [1 << 62, 1 << 62, 5]]))
    record(out, "cumprod/1-int", lambda t: torch.cumprod(t, 1), torch.tensor([[1, -2, 3], [1 << 62, 4, 5]]))
    record(out, "cumprod/1-zeros", lambda t: torch.cumprod(t, 1), ZEROS[:4])
    out["value_cumprod/1-nan/in0"], out["value_cumprod/1-nan/out"] = ZEROS, torch.cumprod(ZEROS, 1)
    record(out, "logcumsumexp/1-large", lambda t: torch.logcumsumexp(t, 1), LOGS[[0, 1, 3]])
    odd = torch.tensor([[-inf, -inf, 0.0, 1.0], [0.0, -inf, inf, 1.0], [inf, inf, 0.0, -inf], [0.0, nan, 1.0, inf]])
    out["value_logcumsumexp/1-odd/in0"], out["value_logcumsumexp/1-odd/out"] = odd, torch.logcumsumexp(odd, 1)
    # The gradient of a leading -inf is 0 (PyTorch's is NaN).
    record(out, "logcumsumexp/1-low", low_scan, odd[:1])
    for name in ("cummax", "cummin"):
        f = getattr(torch, name)
        for dim in (0, 1, -1):
            record(out, f"{name}/{dim}", lambda t: f(t, dim)[0], x)
        record(out, f"{name}/1-ties", lambda t: f(t, 1)[0], TIES)
        record(out, f"{name}_indices/1", lambda t: f(t, 1)[1], TIES)
        record(out, f"{name}/0-scalar", lambda t: f(t, 0)[0], torch.randn(()))
    return out


def low_scan(t):
    """logcumsumexp of rows that begin with two -inf, whose gradient is 0."""
    return torch.cat([t[:, :2].detach(), torch.logcumsumexp(t[:, 2:], 1)], 1)


for file, make in {"statistics": statistics, "scan": scans}.items():
    table.write(f"ops/{file}.txt", make())
