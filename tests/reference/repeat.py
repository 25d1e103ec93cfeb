"""Writes tests/data/ops/repeat.txt: ops that repeat, split, roll, flip and move dims, as PyTorch computes them."""
import torch

import table
from record import inf, nan, record

out = {}
x = torch.randn(2, 3, 2)
flat = torch.tensor([1.0, -0.0, nan, inf, -inf, 2.5])

record(out, "unflatten/plain", lambda t: t.unflatten(1, (3, 2)), torch.randn(2, 6))
record(out, "unflatten/inferred", lambda t: t.unflatten(-2, (3, -1)), torch.randn(2, 6, 2))
record(out, "movedim/one", lambda t: torch.movedim(t, 0, -1), x)
record(out, "movedim/two", lambda t: torch.movedim(t, (0, -1), (1, 0)), x)
record(out, "movedim/last", lambda t: torch.movedim(t, 3, 1), torch.randn(1, 2, 3, 2))
record(out, "expand_as", lambda t, o: t.expand_as(o), torch.randn(3, 1), torch.zeros(2, 3, 2))
for name, f in {"hstack": torch.hstack, "vstack": torch.vstack, "dstack": torch.dstack}.items():
    for i, shape in enumerate([(), (3,), (2, 3), (2, 1, 2)]):
        record(out, f"{name}/{i}", lambda a, b: f([a, b]), torch.randn(shape), torch.randn(shape))

record(out, "repeat/plain", lambda t: t.repeat(2, 1, 2), x)
record(out, "repeat/fresh", lambda t: t.repeat(2, 3), flat[:4])
record(out, "repeat/zero", lambda t: t.repeat(1, 0, 2), x)
record(out, "tile/plain", lambda t: t.tile(2), x)
record(out, "tile/fresh", lambda t: t.tile((2, 1, 1, 2)), x)
record(out, "repeat_interleave/dim", lambda t: t.repeat_interleave(2, 1), x)
record(out, "repeat_interleave/flat", lambda t: t.repeat_interleave(3), flat)
record(out, "repeat_interleave/counts", lambda t, n: t.repeat_interleave(n, 1), x, torch.tensor([2, 0, 3]))
record(out, "repeat_interleave/flat_counts", lambda t, n: t.repeat_interleave(n), flat, torch.tensor([1, 0, 2, 1, 1, 3]))

record(out, "roll/one", lambda t: t.roll(1, 0), flat)
record(out, "roll/two", lambda t: t.roll((-1, 5), (1, -1)), x)
record(out, "roll/same", lambda t: t.roll((1, 1), (1, 1)), x)
record(out, "roll/flat", lambda t: t.roll(-4), x)
record(out, "flip/one", lambda t: t.flip(-1), flat)
record(out, "flip/two", lambda t: t.flip(0, 1), x)
record(out, "fliplr", torch.fliplr, x)
record(out, "flipud", torch.flipud, x)
for k in (-1, 0, 1, 2, 3):
    record(out, f"rot90/{k}", lambda t: torch.rot90(t, k, (0, 1)), x)
    record(out, f"rot90_back/{k}", lambda t: torch.rot90(t, k, (-1, 1)), x)

# a piece each, so that the others get no gradient
record(out, "split/1", lambda t: t.split(2, 1)[1], x)
record(out, "split_sizes/2", lambda t: t.split((1, 0, 2), 1)[2], x)
record(out, "chunk/2", lambda t: t.chunk(3, 0)[2], torch.randn(7, 2))
record(out, "chunk_few/2", lambda t: t.chunk(4, 0)[2], torch.randn(6))
record(out, "unbind/1", lambda t: t.unbind(-2)[1], x)
for indexing in ("ij", "xy"):
    for i in range(3):
        record(out, f"meshgrid_{indexing}/{i}", lambda a, b, c: torch.meshgrid(a, b, c, indexing=indexing)[i],
               torch.randn(3), torch.randn(2), torch.randn(()))
record(out, "one_hot/5", lambda t: torch.nn.functional.one_hot(t, 5), torch.tensor([[0, 4], [2, 2]]))
record(out, "one_hot/-1", lambda t: torch.nn.functional.one_hot(t), torch.tensor([1, 0, 3]))

table.write("ops/repeat.txt", out)
