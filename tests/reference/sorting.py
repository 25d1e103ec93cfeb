"""Values and gradients of sorting, searching and counting -> tests/data/ops/sorting.txt."""
import torch

import table
from record import inf, nan, record

out = {}
x = torch.randn(3, 4, 2)
odd = torch.tensor([[2.0, nan, -0.0, 1.0, 0.0, -inf], [inf, nan, 3.0, nan, -1.0, 3.0], [0.0, -0.0, 0.0, -0.0, 1e-300, -1e-300]])
ints = torch.tensor([[3, -1, 3, 7, -(2**62), 3, 2**62], [0, 0, -5, 5, 1, 1, 0]])
for dim in (0, 1, -1):
    for down in (False, True):
        variant = f"{dim}/{int(down)}"
        record(out, f"sort/{variant}", lambda t: torch.sort(t, dim, down)[0], x)
        record(out, f"argsort/{variant}", lambda t: torch.sort(t.detach(), dim=dim, descending=down, stable=True)[1], x)
        if dim != 1:
            record(out, f"sort/{variant}/odd", lambda t: torch.sort(t, dim=dim, descending=down, stable=True)[0], odd)
            record(out, f"argsort/{variant}/odd", lambda t: torch.sort(t.detach(), dim=dim, descending=down, stable=True)[1], odd)
            record(out, f"sort/{variant}/ints", lambda t: torch.sort(t, dim=dim, descending=down, stable=True)[0], ints)
            record(out, f"argsort/{variant}/ints", lambda t: torch.sort(t, dim=dim, descending=down, stable=True)[1], ints)
for k in (0, 1, 3):
    for largest in (False, True):
        record(out, f"topk/{k}/{int(largest)}/1", lambda t: torch.topk(t, k, 1, largest)[0], x)
        record(out, f"topk/{k}/{int(largest)}/0", lambda t: torch.topk(t, k, 0, largest)[0], torch.randn(30))
# NaN is the largest; equal ones may be chosen in another order, so that there are none.
nans = torch.tensor([[2.0, nan, -0.0, 1.0, 0.5, -inf], [inf, nan, 3.0, 5.0, -1.0, 4.0]])
for largest in (False, True):
    record(out, f"topk/4/{int(largest)}/1", lambda t: torch.topk(t, 4, 1, largest)[0], nans)
record(out, "kthvalue/2/1", lambda t: torch.kthvalue(t, 2, 1)[0], x)
record(out, "kthvalue/3/-1", lambda t: torch.kthvalue(t, 3, -1)[0], nans)
record(out, "kthvalue/6/-1", lambda t: torch.kthvalue(t, 6, -1)[0], nans)
record(out, "kthvalue/1/0", lambda t: torch.kthvalue(t, 1, 0)[0], torch.randn(()))

few = torch.tensor([[3.0, 1.0, 3.0, -2.0], [1.0, 1.0, 5.0, 3.0], [3.0, 1.0, 3.0, -2.0], [inf, -inf, inf, 0.0]])
for part in range(3):  # without NaN, which PyTorch 1.13 leaves in an order that is not sorted
    record(out, f"unique/all/{part}", lambda t: torch.unique(t.detach(), return_inverse=True, return_counts=True)[part], few)
    record(out, f"unique/ints/{part}", lambda t: torch.unique(t, return_inverse=True, return_counts=True)[part], ints)
    record(out, f"unique_consecutive/all/{part}", lambda t: torch.unique_consecutive(t.detach(), return_inverse=True, return_counts=True)[part], few)
    for dim in (0, 1):
        record(out, f"unique/{dim}/{part}", lambda t: torch.unique(t.detach(), return_inverse=True, return_counts=True, dim=dim)[part], few)
        record(out, f"unique_consecutive/{dim}/{part}", lambda t: torch.unique_consecutive(
            t.detach(), return_inverse=True, return_counts=True, dim=dim)[part], few)

line, grid = torch.tensor([-inf, -1.0, 0.0, 0.0, 2.0, inf]), torch.tensor([[1.0, 2.0, 2.0, 9.0], [-3.0, -3.0, 0.0, nan]])
values = torch.tensor([[-2.0, -1.0, -0.0, nan], [2.0, inf, 100.0, -inf]])
for right in (False, True):
    record(out, f"searchsorted/line/{int(right)}", lambda s, v: torch.searchsorted(s.detach(), v.detach(), right=right), line, values)
    record(out, f"searchsorted/grid/{int(right)}", lambda s, v: torch.searchsorted(s.detach(), v.detach(), right=right), grid, values)
    record(out, f"searchsorted/sorter/{int(right)}", lambda s, v, o: torch.searchsorted(
        s.detach(), v.detach(), right=right, sorter=o), line[[3, 0, 5, 1, 4, 2]], values, torch.tensor([1, 3, 0, 5, 4, 2]))
    record(out, f"bucketize/{int(right)}", lambda v, s: torch.bucketize(v.detach(), s.detach(), right=right), values, line)
    record(out, f"searchsorted/ints/{int(right)}", lambda s, v: torch.searchsorted(s, v, right=right), torch.tensor([-3, 0, 0, 4]), torch.tensor([0, -9, 4, 5]))

counted = torch.tensor([3, 0, 3, 3, 1, 7])
record(out, "bincount", torch.bincount, counted)
record(out, "bincount/weights", lambda t, w: torch.bincount(t, w.detach()), counted, torch.randn(6))
record(out, "bincount/min12", lambda t: torch.bincount(t, minlength=12), counted)
record(out, "bincount/min0", torch.bincount, torch.zeros(0, dtype=torch.int64))
record(out, "histc/4/0/0", lambda t: torch.histc(t.detach(), 4), torch.tensor([1.0, 2.0, 2.0, 5.0]))
record(out, "histc/3/0/3", lambda t: torch.histc(t.detach(), 3, 0, 3), torch.tensor([-1.0, 0.0, 1.5, 3.0, 3.1, inf]))  # PyTorch 1.13 puts NaN into some bin
record(out, "histc/5/0/0", lambda t: torch.histc(t.detach(), 5), torch.full((3,), 2.0))
record(out, "isin/0", lambda a, b: torch.isin(a.detach(), b.detach()), few, torch.tensor([1.0, nan, inf]))
record(out, "isin/1", lambda a, b: torch.isin(a, b, invert=True), ints, torch.tensor([[3, 0], [2**62, 9]]))
table.write("ops/sorting.txt", out)
