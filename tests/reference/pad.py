"""Writes tests/data/ops/pad.txt: padding, windows and shuffles, as PyTorch computes them."""
import torch
import torch.nn.functional as F

import table
from record import inf, nan, record

out = {}
vector = torch.tensor([[1.0, -0.0, nan, 2.0, inf]])
image = torch.randn(1, 3, 4)
batch = torch.randn(1, 2, 2, 3)
volume = torch.randn(1, 1, 2, 3, 2)

for i, (sizes, t) in enumerate([((1, 2), vector), ((1, 0, 2, 1), image[0]), ((-1, 2, 0, -2), image),
                                ((0, 0, 0, 0, 1, 1), image), ((-2, -1), vector), ((3, -4), vector)]):
    record(out, f"pad_constant/{i}", lambda a: F.pad(a, sizes, value=1.5), t)
cases = {"reflect": [((2, 1), vector), ((2, 3), image[0]), ((1, 2, 2, 1), image), ((2, 2, 1, 0), batch[:, :1]),
                     ((1, 0, 2, 1, 1, 1), volume), ((-1, 2), vector), ((2, -2), vector), ((-3, 4), vector)],
         "replicate": [((7, 2), vector), ((2, 3), image[0]), ((1, 2, 2, 4), image), ((2, 2, 1, 0), batch[:, :1]),
                       ((1, 0, 2, 1, 1, 3), volume), ((-1, 2), vector), ((2, -2), vector)],
         "circular": [((2, 1), vector), ((4, 3), image[0]), ((1, 2, 2, 3), image), ((3, 2, 1, 0), batch[:, :1]),
                      ((1, 0, 2, 1, 1, 2), volume), ((-1, 2), vector), ((2, -2), vector), ((-1, -1), vector)]}


def padded(t, sizes, mode):
    if mode == "circular" and t.dim() < len(sizes) // 2 + 2:  # PyTorch 1.13 takes no unbatched input here
        return F.pad(t[None], sizes, mode=mode)[0]
    return F.pad(t, sizes, mode=mode)


for mode, all_of_mode in cases.items():
    for i, (sizes, t) in enumerate(all_of_mode):
        record(out, f"pad_{mode}/{i}", lambda a: padded(a, sizes, mode), t)

record(out, "windows/overlap", lambda t: t.unfold(0, 3, 1), vector[0])
record(out, "windows/step", lambda t: t.unfold(-1, 2, 3), torch.randn(2, 7))
record(out, "windows/middle", lambda t: t.unfold(1, 2, 1), image)
record(out, "windows/scalar", lambda t: t.unfold(0, 1, 1), torch.randn(()))

record(out, "unfold/plain", lambda t: F.unfold(t, 2), batch)
record(out, "unfold/unbatched", lambda t: F.unfold(t, (2, 3), padding=(1, 0), stride=(2, 1)), image)
record(out, "unfold/dilated", lambda t: F.unfold(t, 2, dilation=(1, 2), padding=1, stride=2), batch)
record(out, "fold/plain", lambda t: F.fold(t, (3, 3), 2), torch.randn(1, 4, 4))
record(out, "fold/unbatched", lambda t: F.fold(t, (3, 4), (2, 3), padding=(1, 0), stride=(2, 1)), torch.randn(12, 4))
record(out, "fold/dilated", lambda t: F.fold(t, (3, 4), 2, dilation=(1, 2), padding=1, stride=2), torch.randn(1, 8, 4))

record(out, "pixel_shuffle", lambda t: F.pixel_shuffle(t, 2), torch.randn(1, 4, 2, 3))
record(out, "pixel_unshuffle", lambda t: F.pixel_unshuffle(t, 2), torch.randn(1, 4, 6))
# torch.channel_shuffle of 1.13 has no gradient
record(out, "channel_shuffle", lambda t: t.reshape(1, 3, 2, 2, 1).transpose(1, 2).reshape(1, 6, 2, 1), torch.randn(1, 6, 2, 1))

table.write("ops/pad.txt", out)
