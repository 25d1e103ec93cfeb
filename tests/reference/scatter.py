"""Values and gradients of scatter, index_put and indexing by tensors -> tests/data/ops/scatter.txt.

Where an element is written twice without accumulation, PyTorch's result is not defined: such cases are not here.
"""
import torch

import table
from record import inf, nan, record


def scatters():
    out = {}
    once = torch.tensor([[3, 0, 2], [1, 2, 0]])
    again = torch.tensor([[3, 0, 2], [3, 1, 2], [3, 0, 1]])
    a, s = torch.randn(4, 3), torch.randn(3, 4)
    record(out, "scatter/dim0", lambda a, i, s: a.scatter(0, i, s[:2, :3]), a, once, s)
    record(out, "scatter/last", lambda a, i, s: a.scatter(-1, i, s), a.t(), once[:, :2], torch.randn(2, 2))
    record(out, "scatter/number", lambda a, i: a.scatter(0, i, -1.5), a, again)
    record(out, "scatter/empty", lambda a, i: a.scatter(0, i, 7.0), a, torch.zeros(0, 3, dtype=torch.int64))
    record(out, "scatter/nonfinite", lambda a, i, s: a.scatter(0, i, s), torch.tensor([[nan, 1.0], [inf, -0.0]]),
           torch.tensor([[1, 0]]), torch.tensor([[-inf, nan]]))
    record(out, "scatter/add", lambda a, i, s: a.scatter_add(0, i, s), a, again, torch.randn(3, 3))
    for self in (True, False):
        for kind in ("sum", "prod", "mean", "amax", "amin"):
            record(out, f"scatter_reduce/{kind}{int(self)}",
                   lambda a, i, s: a.scatter_reduce(0, i, s, kind, include_self=self), a, again, torch.randn(3, 3))
        for kind in ("amax", "amin"):
            if self:  # PyTorch 1.13 gives an equal element of a part of the gradient even where it does not count
                record(out, f"scatter_reduce/{kind}{int(self)}_ties", lambda a, i, s: a.scatter_reduce(
                    0, i, s, kind, include_self=self), torch.tensor([[2.0, 1.0, 5.0]] * 4), again,
                    torch.tensor([[2.0, 1.0, 3.0]] * 3))
            # NaN wins; its gradient is not compared
            record(out, f"scatter_reduce/{kind}{int(self)}_nan", lambda a, i, s: a.scatter_reduce(
                0, i, s, kind, include_self=self).detach(), torch.randn(4, 3), again,
                torch.tensor([[nan, 1.0, -inf], [0.5, inf, 3.0], [1.0, 2.0, nan]]))
    record(out, "scatter_reduce/prod1_zeros", lambda a, i, s: a.scatter_reduce(0, i, s, "prod"), a, again,
           torch.tensor([[0.0, 2.0, 0.0], [0.0, 3.0, 0.0], [2.0, 0.0, 1.5]]))
    rows = torch.tensor([2, 0])
    record(out, "index_copy/0", lambda a, i, s: a.index_copy(0, i, s), a, rows, torch.randn(2, 3))
    record(out, "index_copy/-1", lambda a, i, s: a.index_copy(-1, i, s), a, rows, torch.randn(4, 2))
    record(out, "index_fill/0", lambda a, i: a.index_fill(0, i, 2.5), a, torch.tensor([-1, 0, 3]))
    record(out, "index_fill/-1", lambda a, i: a.index_fill(-1, i, 2.5), a, torch.tensor([-2]))
    record(out, "take", torch.take, a, torch.tensor([[0, -1, 5], [11, -12, 5]]))
    record(out, "take_along_dim/0", lambda a, i: torch.take_along_dim(a, i, 0), a, torch.tensor([[1], [3], [1]]))
    record(out, "take_along_dim/-1", lambda a, i: torch.take_along_dim(a, i, -1), torch.randn(1, 3), torch.tensor([[1, 2], [0, 0]]))
    record(out, "take_along_dim/flat", lambda a, i: torch.take_along_dim(a, i), a, torch.tensor([[11, 3], [3, 0]]))
    return out


def indexing():
    """The name says the index: `i` the next tensor, `m` the next as a mask, `_` for `:`."""
    out = {}
    x = (torch.randn(2, 3, 4) * 8).round() / 8  # short in the table
    i, j, mask = torch.tensor([1, -1, 0]), torch.tensor([[-4], [2]]), torch.tensor([1, 0, 1])
    grid = (torch.arange(6).reshape(2, 3) % 4 < 2).long()
    cases = {"i": [torch.tensor([[1, 0], [-1, -2]])], "_i": [i], "__i": [j], "ii": [torch.tensor([0, -1, 1]), i],
             "_ii": [i, j], "i_i": [torch.tensor([1, -2, 0]), j], "iii": [torch.tensor(1), i, j], "_m": [mask],
             "m": [grid], "_mi": [mask, torch.tensor([3, 0])], "m_": [torch.tensor([0, 1])], "i_m": [torch.tensor(0), torch.tensor([1, 1, 0, 1])],
             "mi": [grid, torch.tensor([2])]}
    for name, tensors in cases.items():
        def key(given):
            given = list(given)
            return [None if c == "_" else given.pop(0).bool() if c == "m" else given.pop(0) for c in name]
        def put(accumulate):
            return lambda a, v, *t: torch.ops.aten.index_put(a, key(t), v, accumulate)
        result = torch.ops.aten.index(x, key(tensors))
        record(out, f"index/{name}", lambda a, *t: torch.ops.aten.index(a, key(t)), x, *tensors)
        record(out, f"index_add/{name}", put(True), x, (torch.randn(result.shape) * 8).round() / 8, *tensors)
        places = torch.ops.aten.index(torch.arange(x.numel()).reshape(x.shape), key(tensors))
        if places.unique().numel() == places.numel():
            record(out, f"index_put/{name}", put(False), x, torch.randn(result.shape[-1:]), *tensors)
    return out


table.write("ops/scatter.txt", scatters())
table.write("ops/indexing.txt", indexing())
