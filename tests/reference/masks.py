"""Values and gradients of ops on masks -> tests/data/ops/masks.txt."""
import torch

import table
from record import inf, nan, record

out = {}
x = torch.tensor([[1.0, nan, -0.0], [inf, 2.0, 0.0]])
mask = torch.tensor([[1, 1, 0], [0, 1, 1]])
column = torch.tensor([[1], [0]])
record(out, "masked_fill", lambda a, m: a.masked_fill(m.bool(), 2.5), x, mask)
record(out, "masked_fill/nan", lambda a, m: a.masked_fill(m.bool(), nan), x, column)
record(out, "masked_fill/tensor", lambda a, m, v: a.masked_fill(m.bool(), v), torch.randn(3), column, torch.randn(()))
record(out, "masked_select", lambda a, m: a.masked_select(m.bool()), x, mask)
record(out, "masked_select/column", lambda a, m: a.masked_select(m.bool()), x, column)
record(out, "masked_select/row", lambda a, m: a.masked_select(m.bool()), torch.randn(3), mask)
record(out, "masked_select/none", lambda a, m: a.masked_select(m.bool()), x, mask * 0)
record(out, "masked_scatter", lambda a, m, s: a.masked_scatter(m.bool(), s), x, mask, torch.randn(2, 4))
record(out, "masked_scatter/column", lambda a, m, s: a.masked_scatter(m.bool(), s), torch.randn(2, 3), column, torch.randn(3))
record(out, "nonzero", lambda a: torch.nonzero(a.detach()), x)
record(out, "nonzero/mask", torch.nonzero, mask)
record(out, "nonzero/cube", torch.nonzero, (torch.rand(3, 5, 7) < 0.2).long())
record(out, "nonzero/sparse", torch.nonzero, (torch.arange(100) % 37 == 3).long())
record(out, "nonzero/scalar", torch.nonzero, torch.tensor(3))
record(out, "where_columns", lambda a: torch.stack(torch.where(a)), mask)
table.write("ops/masks.txt", out)
