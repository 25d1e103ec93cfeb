"""Convolutions, pools and resampling in float64 -> tests/data/ops/convolution.txt, pooling.txt, resample.txt.

The variant of a case spells the options: `op/name=value,...`, with x between the numbers of one option;
tests/autograd/reference_convolution.cpp reads them back.
"""
import torch
import torch.nn.functional as F

import table
from record import inf, nan, record

randn = torch.randn
torch.randn = lambda *shape: (randn(*shape) * 8).round() / 8  # few digits, in record as well: small tables


def plain(value):
    if isinstance(value, tuple):
        return "x".join(str(v) for v in value)
    return str(value)


def case(out, op, f, options, *inputs):
    name = op + "/" + ",".join(f"{k}={plain(v)}" for k, v in options.items())
    while f"{name}/out" in out:
        name += "_"
    record(out, name, lambda *t: f(*t, **options), *inputs)


def convolutions():
    out = {}
    r = torch.randn
    for options, x, w, b in [
            (dict(), (2, 3, 6), (4, 3, 3), True), (dict(stride=2, padding=3, dilation=2), (1, 2, 7), (2, 2, 4), True),
            (dict(padding="same", dilation=3), (2, 6), (1, 2, 2), False), (dict(padding="valid"), (1, 1, 5), (2, 1, 5), True),
            (dict(groups=3, stride=3), (2, 3, 9), (6, 1, 4), True)]:
        case(out, "conv1d", F.conv1d, options, r(x), r(w), *([r(w[0])] if b else []))
    for options, x, w, b in [
            (dict(), (1, 2, 4, 5), (3, 2, 2, 3), True), (dict(stride=(2, 3), padding=(1, 2)), (2, 1, 5, 6), (2, 1, 3, 2), False),
            (dict(padding="same"), (1, 2, 3, 4), (2, 2, 2, 4), True), (dict(padding="same", dilation=(2, 1)), (1, 1, 4, 3), (1, 1, 2, 3), True),
            (dict(groups=2, dilation=2), (2, 4, 5, 4), (2, 2, 2, 2), True), (dict(groups=4, padding=1), (1, 4, 3, 3), (4, 1, 3, 3), True),
            (dict(groups=2, stride=2, padding=2), (1, 2, 5, 5), (4, 1, 3, 3), True), (dict(), (2, 3, 2, 2), (2, 3, 1, 1), True),
            (dict(stride=2), (2, 3, 3, 5), (2, 3, 1, 1), False), (dict(padding=3), (1, 1, 1, 2), (1, 1, 4, 4), False),
            (dict(stride=5), (1, 1, 4, 4), (1, 1, 2, 2), True), (dict(padding=1), (3, 5, 5), (2, 3, 3, 3), True)]:
        case(out, "conv2d", F.conv2d, options, r(x), r(w), *([r(w[0])] if b else []))
    x = r(1, 2, 4, 4)
    x[0, 0, 1, 1], x[0, 1, 3, 0] = nan, inf
    case(out, "conv2d", F.conv2d, dict(), x, r(1, 2, 2, 2))
    for options, x, w in [(dict(padding=1), (1, 2, 3, 3, 2), (2, 2, 2, 3, 2)), (dict(stride=(1, 2, 1), groups=2), (2, 2, 2, 3, 3), (2, 1, 2, 2, 2)),
                          (dict(padding="same", dilation=(1, 2, 1)), (1, 2, 3, 2), (1, 1, 2, 2, 2))]:
        case(out, "conv3d", F.conv3d, options, r(x), r(w), r(w[0]))
    for options, x, w in [(dict(), (2, 2, 4), (2, 3, 3)), (dict(stride=3, padding=2, output_padding=2), (1, 2, 3), (2, 1, 4)),
                          (dict(output_padding=1, groups=2, dilation=2), (2, 3), (2, 2, 3))]:
        case(out, "conv_transpose1d", F.conv_transpose1d, options, r(x), r(w), r(w[1] * options.get("groups", 1)))
    for options, x, w in [(dict(), (1, 2, 3, 2), (2, 2, 2, 3)), (dict(stride=(2, 3), padding=(0, 1), output_padding=(1, 0)), (1, 2, 2, 3), (2, 1, 3, 2)),
                          (dict(stride=2, groups=2), (1, 2, 3, 3), (2, 1, 2, 3)), (dict(padding=1, dilation=(1, 2)), (2, 1, 3, 3), (1, 2, 2, 2)),
                          (dict(), (8, 2, 2, 2), (2, 2, 2, 2))]:
        case(out, "conv_transpose2d", F.conv_transpose2d, options, r(x), r(w), r(w[1] * options.get("groups", 1)))
    case(out, "conv_transpose3d", F.conv_transpose3d, dict(stride=2, padding=(1, 0, 1)), r(1, 2, 2, 1, 2), r(2, 1, 3, 2, 2), r(1))
    return out


def pools():
    out = {}
    r = torch.randn
    some = torch.tensor([[1.0, 1.0, -inf, -inf, 0.5, nan, 2.0], [-inf, -inf, -inf, -inf, 3.0, inf, nan],
                         [0.0, -0.0, -0.0, 0.0, 2.0, 2.0, 1.0], [nan, nan, -1.0, 5.0, 5.0, 5.0, -2.0]])[None]
    ties = torch.randint(0, 3, (2, 6, 7)).double()
    for options, x in [(dict(kernel_size=2), r(1, 2, 4, 5)), (dict(kernel_size=(3, 2), stride=(1, 2), padding=(1, 0)), r(2, 5, 4)),
                       (dict(kernel_size=2, stride=1), some), (dict(kernel_size=3, stride=2, padding=1), some),
                       (dict(kernel_size=3, stride=2, padding=1, ceil_mode=True), ties), (dict(kernel_size=2, stride=2, dilation=2), ties),
                       (dict(kernel_size=2, stride=3, padding=1, ceil_mode=True), ties), (dict(kernel_size=2, stride=(4, 1), dilation=(1, 3), ceil_mode=True), ties)]:
        case(out, "max_pool2d", F.max_pool2d, options, x)
        case(out, "max_pool2d_indices", lambda t, **o: F.max_pool2d(t, return_indices=True, **o)[1], options, x)
    for options, x in [(dict(kernel_size=3), r(2, 7)), (dict(kernel_size=2, stride=3, padding=1, ceil_mode=True), r(1, 2, 6))]:
        case(out, "max_pool1d", F.max_pool1d, options, x)
    case(out, "max_pool3d", F.max_pool3d, dict(kernel_size=2, stride=(1, 2, 1), padding=(0, 1, 1)), r(1, 1, 3, 3, 3))
    for options in [dict(kernel_size=2), dict(kernel_size=2, stride=3, output_size=(5, 6)), dict(kernel_size=2, padding=(1, 0), output_size=(5, 6))]:
        kernel = {k: v for k, v in options.items() if k != "output_size"}
        values, places = F.max_pool2d(torch.randperm(60).double().reshape(2, 5, 6), return_indices=True, **kernel)
        case(out, "max_unpool2d", F.max_unpool2d, options, values, places)
    x = r(1, 2, 5, 6)
    for options in [dict(kernel_size=2), dict(kernel_size=(3, 2), stride=(2, 1), padding=(1, 0)), dict(kernel_size=3, stride=2, padding=1, ceil_mode=True),
                    dict(kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), dict(kernel_size=2, stride=3, padding=1, ceil_mode=True),
                    dict(kernel_size=2, padding=1, divisor_override=3), dict(kernel_size=4, stride=3, ceil_mode=True)]:
        case(out, "avg_pool2d", F.avg_pool2d, options, x)
    case(out, "avg_pool2d", F.avg_pool2d, dict(kernel_size=2, stride=1), some)
    case(out, "avg_pool1d", F.avg_pool1d, dict(kernel_size=3, stride=2, padding=1, ceil_mode=True), r(2, 6))
    case(out, "avg_pool1d", F.avg_pool1d, dict(kernel_size=2, stride=3, count_include_pad=False), r(1, 2, 8))
    case(out, "avg_pool3d", F.avg_pool3d, dict(kernel_size=2, stride=(1, 2, 1), padding=(0, 1, 1)), r(1, 1, 3, 3, 3))
    for size in (1, 3, (2, 5), (7, 4)):
        case(out, "adaptive_avg_pool2d", F.adaptive_avg_pool2d, dict(output_size=size), x)
        case(out, "adaptive_max_pool2d", F.adaptive_max_pool2d, dict(output_size=size), ties)
        case(out, "adaptive_max_pool2d_indices", lambda t, **o: F.adaptive_max_pool2d(t, return_indices=True, **o)[1], dict(output_size=size), ties)
    for size in (1, 3, 9):
        case(out, "adaptive_avg_pool1d", F.adaptive_avg_pool1d, dict(output_size=size), r(2, 7))
        case(out, "adaptive_max_pool1d", F.adaptive_max_pool1d, dict(output_size=size), some[0])
    case(out, "adaptive_avg_pool3d", F.adaptive_avg_pool3d, dict(output_size=(2, 1, 3)), r(1, 1, 3, 2, 4))
    case(out, "adaptive_max_pool3d", F.adaptive_max_pool3d, dict(output_size=(2, 1, 3)), r(1, 1, 3, 2, 4))
    case(out, "lp_pool2d", F.lp_pool2d, dict(norm_type=2.0, kernel_size=2), torch.cat([r(1, 1, 2, 4), torch.zeros(1, 1, 2, 4)], 2))
    case(out, "lp_pool2d", F.lp_pool2d, dict(norm_type=1.0, kernel_size=(3, 2), stride=1, ceil_mode=True), r(1, 2, 4, 3))
    case(out, "lp_pool1d", F.lp_pool1d, dict(norm_type=3.0, kernel_size=3, stride=2, ceil_mode=True), torch.rand(1, 2, 6))
    return out


def resampled():
    out = {}
    x = torch.randn(1, 1, 3, 4)
    for options in [dict(size=(5, 2)), dict(size=6), dict(scale_factor=2.0), dict(scale_factor=(1.7, 0.6)), dict(scale_factor=2.5), dict(size=(7, 5)),
                    dict(size=(5, 2), mode="nearest-exact"), dict(scale_factor=1.7, mode="nearest-exact"), dict(size=(2, 7), mode="area"), dict(scale_factor=0.7, mode="area")]:
        case(out, "interpolate", F.interpolate, options, x)
    for mode in ("bilinear", "bicubic"):
        for align in (False, True):
            for options in [dict(size=(5, 2)), dict(size=(3, 4)), dict(size=1), dict(scale_factor=2.0), dict(scale_factor=(1.7, 0.6)), dict(scale_factor=2.9)]:
                case(out, "interpolate", F.interpolate, dict(mode=mode, align_corners=align, **options), x)
    y = torch.randn(2, 1, 5)
    for options in [dict(size=7), dict(scale_factor=0.5), dict(size=8, mode="linear"), dict(scale_factor=1.5, mode="linear"), dict(size=4, mode="linear", align_corners=True)]:
        case(out, "interpolate", F.interpolate, options, y)
    z = torch.randn(1, 1, 2, 3, 2)
    for options in [dict(size=(3, 2, 5)), dict(scale_factor=1.5, mode="trilinear"), dict(size=3, mode="trilinear", align_corners=True)]:
        case(out, "interpolate", F.interpolate, options, z)
    case(out, "interpolate", F.interpolate, dict(size=(3, 3), mode="bilinear"), torch.tensor([[[[1.0, nan], [inf, 2.0]]]]))
    case(out, "interpolate", F.interpolate, dict(scale_factor=1.3, mode="bilinear"), torch.randn(1, 1, 3, 4))
    case(out, "interpolate", F.interpolate, dict(scale_factor=1.3, mode="trilinear"), z)
    w = torch.randn(1, 1, 9, 7)
    for mode in ("bilinear", "bicubic"):
        case(out, "interpolate", F.interpolate, dict(scale_factor=(1.3, 0.6), mode=mode, recompute_scale_factor=True), w)
        for align in (False, True):
            for options in [dict(size=(4, 3)), dict(size=(2, 9)), dict(size=1), dict(scale_factor=(0.55, 1.4))]:
                case(out, "interpolate", F.interpolate, dict(mode=mode, align_corners=align, antialias=True, **options), w)
    return out


for file, make in {"convolution": convolutions, "pooling": pools, "resample": resampled}.items():
    table.write(f"ops/{file}.txt", make())
