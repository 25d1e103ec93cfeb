"""Every layer but the recurrent ones and attention: state, output, gradients and running statistics in float64, and how
it prints -> tests/data/nn/layers*.txt. The cases are those of tests/nn/layer_cases.cpp, by name.

Of each case: the state that is loaded, `state/<key>`; inputs `x<i>`; in training mode the output y, and for the
cotangent v the gradients `grad_x<i>` and `grad/<name>`; after a second forward pass in training mode `after/<key>` of
each buffer. Where eval mode computes something else, or training mode is random: `eval_y`, `eval_grad_x<i>`.
"""
import torch
import torch.nn.functional as F
from torch import nn

import table

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


# Modules that PyTorch 1.13 lacks, as compositions; they print as those of PyTorch 2.
class CircularPad(nn.Module):
    def __init__(self, dims, padding):
        super().__init__()
        self.padding = (padding,) * 2 * dims if isinstance(padding, int) else padding

    def forward(self, x):
        return F.pad(x, self.padding, "circular")

    def extra_repr(self):
        return str(self.padding)


class CircularPad1d(CircularPad):
    def __init__(self, padding):
        super().__init__(1, padding)


class CircularPad2d(CircularPad):
    def __init__(self, padding):
        super().__init__(2, padding)


class CircularPad3d(CircularPad):
    def __init__(self, padding):
        super().__init__(3, padding)


class ZeroPad(CircularPad):
    def forward(self, x):
        return F.pad(x, self.padding)


class ZeroPad1d(ZeroPad):
    def __init__(self, padding):
        super().__init__(1, padding)


class ZeroPad3d(ZeroPad):
    def __init__(self, padding):
        super().__init__(3, padding)


class RMSNorm(nn.Module):
    def __init__(self, shape, eps=None, elementwise_affine=True):
        super().__init__()
        self.shape, self.eps, self.affine = shape, eps, elementwise_affine
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None

    def forward(self, x):
        dims = tuple(range(-len(self.shape), 0))
        eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        y = x * torch.rsqrt(x.square().mean(dims, keepdim=True) + eps)
        return y * self.weight if self.affine else y

    def extra_repr(self):
        return f"{self.shape}, eps={self.eps}, elementwise_affine={self.affine}"


class ChannelShuffle(nn.ChannelShuffle):  # 1.13's has no gradient
    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)


class Hardsigmoid(nn.Hardsigmoid):  # the slope of 1.13's is the float32 nearest to 1/6, in float64 too
    def forward(self, x):
        return F.relu6(x + 3) / 6


def r(*shape):
    """Three decimals, no ties, nothing near a kink."""
    count = 1
    for n in shape:
        count *= n
    values = (torch.randperm(2 * count)[:count] - count).double() * (4 / (2 * count)) + 0.013
    return (values * 1000).round().div(1000).reshape(shape)


def index(high, *shape):
    return torch.randint(high, shape)


line, image, volume = r(2, 4, 5), r(2, 4, 4, 3), r(2, 2, 2, 3, 3)
few = torch.tensor([[-7.5, -2.9, -0.7], [0.3, 1.4, 7.1]])
cases = {
    "linear": (nn.Linear(3, 2), [few]),
    "linear_no_bias": (nn.Linear(3, 2, bias=False), [few]),
    "bilinear": (nn.Bilinear(3, 2, 4), [r(2, 2, 3), r(2, 2, 2)]),
    "bilinear_no_bias": (nn.Bilinear(3, 2, 4, bias=False), [r(3), r(2)]),
    "identity": (nn.Identity(), [few]),
    "flatten": (nn.Flatten(0, 1), [r(2, 2, 2)]),
    "unflatten": (nn.Unflatten(1, (2, 2)), [line]),
    "conv1d": (nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), [line]),
    "conv1d_same": (nn.Conv1d(4, 2, 4, padding="same", dilation=1), [line]),
    "conv1d_valid": (nn.Conv1d(4, 2, 2, padding="valid", bias=False), [line]),
    "conv1d_circular": (nn.Conv1d(4, 2, 3, padding=2, padding_mode="circular"), [line]),
    "conv2d": (nn.Conv2d(4, 3, (3, 5), stride=(2, 1), padding=(1, 2)), [image]),
    "conv2d_dilated": (nn.Conv2d(4, 2, 2, dilation=(3, 2), bias=False), [image]),
    "conv2d_depthwise": (nn.Conv2d(4, 4, 3, padding=1, groups=4), [image]),
    "conv2d_reflect": (nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode="reflect"), [image]),
    "conv2d_replicate": (nn.Conv2d(4, 2, 3, padding=(2, 1), stride=2, padding_mode="replicate"), [image]),
    "conv2d_same_circular": (nn.Conv2d(4, 2, (2, 3), padding="same", dilation=(1, 2), padding_mode="circular"), [image]),
    "conv3d": (nn.Conv3d(2, 2, (1, 2, 3), padding=(0, 1, 1)), [volume]),
    "conv3d_replicate": (nn.Conv3d(2, 2, 2, padding=1, padding_mode="replicate", groups=2), [volume]),
    "conv_transpose1d": (nn.ConvTranspose1d(4, 2, 3, stride=2, padding=1, output_padding=1), [line]),
    "conv_transpose2d": (nn.ConvTranspose2d(4, 2, (2, 3), stride=(2, 1), padding=1, groups=2, dilation=2), [image]),
    "conv_transpose2d_no_bias": (nn.ConvTranspose2d(4, 1, 3, stride=2, output_padding=(0, 1), bias=False), [image]),
    "conv_transpose3d": (nn.ConvTranspose3d(2, 1, 2, stride=(2, 1, 1)), [volume]),
    "max_pool1d": (nn.MaxPool1d(3, stride=2, padding=1), [line]),
    "max_pool2d": (nn.MaxPool2d((3, 2), stride=2), [image]),
    "max_pool2d_ceil": (nn.MaxPool2d(2, dilation=(1, 2), ceil_mode=True), [image]),
    "max_pool3d": (nn.MaxPool3d(2), [volume]),
    "avg_pool1d": (nn.AvgPool1d(2), [line]),
    "avg_pool2d": (nn.AvgPool2d((2, 3), padding=(1, 0), count_include_pad=False), [image]),
    "avg_pool2d_divisor": (nn.AvgPool2d(2, stride=(1, 2), ceil_mode=True, divisor_override=3), [image]),
    "avg_pool3d": (nn.AvgPool3d(2, stride=1), [volume]),
    "lp_pool1d": (nn.LPPool1d(2, 2), [line]),
    "lp_pool2d": (nn.LPPool2d(2, (2, 3), stride=1, ceil_mode=True), [image]),
    "adaptive_avg_pool1d": (nn.AdaptiveAvgPool1d(3), [line]),
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d((3, 2)), [image]),
    "adaptive_avg_pool3d": (nn.AdaptiveAvgPool3d(2), [volume]),
    "adaptive_max_pool1d": (nn.AdaptiveMaxPool1d(2), [line]),
    "adaptive_max_pool2d": (nn.AdaptiveMaxPool2d((3, 2)), [image]),
    "adaptive_max_pool3d": (nn.AdaptiveMaxPool3d((1, 2, 2)), [volume]),
    "max_unpool2d": (nn.MaxUnpool2d(2, stride=(2, 3)), [r(1, 2, 2, 2), torch.tensor([0, 4, 11, 14] * 2).reshape(1, 2, 2, 2)]),
    "constant_pad1d": (nn.ConstantPad1d((1, -2), 3.5), [line]),
    "constant_pad2d": (nn.ConstantPad2d(1, -1.25), [r(1, 2, 2, 2)]),
    "constant_pad3d": (nn.ConstantPad3d((0, 1, 1, 0, 0, 1), 0.5), [r(1, 1, 2, 2, 2)]),
    "zero_pad1d": (ZeroPad1d((2, 1)), [r(1, 2, 3)]),
    "zero_pad2d": (nn.ZeroPad2d((1, 0, 0, 2)), [r(1, 2, 2, 2)]),
    "zero_pad3d": (ZeroPad3d((1, 0, 0, 1, 0, 0)), [r(1, 1, 2, 2, 2)]),
    "reflection_pad1d": (nn.ReflectionPad1d((2, 1)), [r(1, 2, 3)]),
    "reflection_pad2d": (nn.ReflectionPad2d(1), [r(1, 2, 3, 2)]),
    "reflection_pad3d": (nn.ReflectionPad3d((1, 0, 0, 1, 1, 1)), [r(1, 1, 2, 2, 3)]),
    "replication_pad1d": (nn.ReplicationPad1d(3), [r(1, 2, 2)]),
    "replication_pad2d": (nn.ReplicationPad2d((1, 2, 0, 1)), [r(1, 2, 2, 2)]),
    "replication_pad3d": (nn.ReplicationPad3d((1, 0, 2, 1, 0, 1)), [r(1, 1, 2, 2, 2)]),
    "circular_pad1d": (CircularPad1d((2, 1)), [r(1, 2, 3)]),
    "circular_pad2d": (CircularPad2d((1, 1, 2, 0)), [r(1, 2, 2, 3)]),
    "circular_pad3d": (CircularPad3d((1, 1, 0, 2, 1, 0)), [r(1, 1, 2, 2, 2)]),
    "upsample_nearest": (nn.Upsample(scale_factor=2), [r(1, 2, 2, 2)]),
    "upsample_linear": (nn.Upsample(size=5, mode="linear"), [r(1, 2, 3)]),
    "upsample_bilinear": (nn.Upsample(scale_factor=(2, 1.5), mode="bilinear", align_corners=True), [r(1, 2, 2, 2)]),
    "upsample_bicubic": (nn.Upsample(size=(3, 4), mode="bicubic"), [r(1, 1, 2, 3)]),
    "upsampling_nearest2d": (nn.UpsamplingNearest2d(size=(4, 3)), [r(1, 1, 2, 2)]),
    "upsampling_bilinear2d": (nn.UpsamplingBilinear2d(scale_factor=2), [r(1, 1, 2, 2)]),
    "pixel_shuffle": (nn.PixelShuffle(2), [r(2, 4, 1, 2)]),
    "pixel_unshuffle": (nn.PixelUnshuffle(2), [r(2, 1, 2, 4)]),
    "channel_shuffle": (ChannelShuffle(2), [r(2, 4, 1, 2)]),
    "unfold": (nn.Unfold((2, 3), dilation=1, padding=(0, 1), stride=2), [r(1, 2, 4, 3)]),
    "fold": (nn.Fold((3, 4), (2, 3), padding=(0, 1), stride=(1, 2)), [r(1, 6, 4)]),
    "batch_norm1d": (nn.BatchNorm1d(4), [r(3, 4)]),
    "batch_norm1d_line": (nn.BatchNorm1d(4, eps=1e-3, momentum=None), [line]),
    "batch_norm2d": (nn.BatchNorm2d(4, momentum=0.25), [image]),
    "batch_norm2d_plain": (nn.BatchNorm2d(4, affine=False), [image]),
    "batch_norm2d_untracked": (nn.BatchNorm2d(4, track_running_stats=False), [image]),
    "batch_norm3d": (nn.BatchNorm3d(2), [volume]),
    "instance_norm1d": (nn.InstanceNorm1d(4), [line]),
    "instance_norm1d_tracked": (nn.InstanceNorm1d(4, momentum=0.3, affine=True, track_running_stats=True), [line]),
    "instance_norm2d": (nn.InstanceNorm2d(4, eps=1e-2, affine=True), [image]),
    "instance_norm2d_tracked": (nn.InstanceNorm2d(4, track_running_stats=True), [image]),
    "instance_norm3d": (nn.InstanceNorm3d(2), [volume]),
    "layer_norm": (nn.LayerNorm(5, eps=1e-4), [line]),
    "layer_norm_two": (nn.LayerNorm([4, 5]), [line]),
    "layer_norm_plain": (nn.LayerNorm(5, elementwise_affine=False), [line]),
    "rms_norm": (RMSNorm((5,)), [line]),
    "rms_norm_plain": (RMSNorm((4, 5), 1e-3, False), [line]),
    "group_norm": (nn.GroupNorm(2, 4), [image]),
    "group_norm_plain": (nn.GroupNorm(4, 4, eps=0.1, affine=False), [line]),
    "local_response_norm": (nn.LocalResponseNorm(3, alpha=0.5, k=2.0), [line]),
    "embedding": (nn.Embedding(5, 3, padding_idx=-1), [torch.tensor([[0, 4], [2, 0]])]),
    "embedding_max_norm": (nn.Embedding(4, 3, max_norm=0.7, norm_type=1.0), [torch.tensor([1, 3, 1])]),
    "embedding_by_freq": (nn.Embedding(4, 2, scale_grad_by_freq=True), [torch.tensor([1, 3, 1])]),
    "embedding_bag": (nn.EmbeddingBag(5, 3), [torch.tensor([[0, 4], [2, 0]])]),
    "embedding_bag_max": (nn.EmbeddingBag(5, 3, mode="max"), [torch.tensor([0, 4, 2, 0]), torch.tensor([0, 1])]),
    "embedding_bag_sum": (nn.EmbeddingBag(5, 3, mode="sum", padding_idx=4, include_last_offset=True),
                          [torch.tensor([0, 4, 2, 0]), torch.tensor([0, 3, 4]), torch.tensor([0.5, 2.0, -1.0, 0.3])]),
    "relu": (nn.ReLU(), [few]),
    "relu6": (nn.ReLU6(), [few]),
    "tanh": (nn.Tanh(), [few]),
    "sigmoid": (nn.Sigmoid(), [few]),
    "log_sigmoid": (nn.LogSigmoid(), [few]),
    "selu": (nn.SELU(), [few]),
    "silu": (nn.SiLU(), [few]),
    "mish": (nn.Mish(), [few]),
    "softsign": (nn.Softsign(), [few]),
    "tanhshrink": (nn.Tanhshrink(), [few]),
    "hardsigmoid": (Hardsigmoid(), [few]),
    "hardswish": (nn.Hardswish(), [few]),
    "leaky_relu": (nn.LeakyReLU(), [few]),
    "leaky_relu_slope": (nn.LeakyReLU(0.2), [few]),
    "prelu": (nn.PReLU(), [few]),
    "prelu_channels": (nn.PReLU(3, init=0.1), [few]),
    "rrelu": (nn.RReLU(), [few]),
    "elu": (nn.ELU(), [few]),
    "elu_alpha": (nn.ELU(0.5), [few]),
    "celu": (nn.CELU(2.0), [few]),
    "gelu": (nn.GELU(), [few]),
    "gelu_tanh": (nn.GELU(approximate="tanh"), [few]),
    "softplus": (nn.Softplus(), [few]),
    "softplus_beta": (nn.Softplus(1.5, 5), [few]),
    "hardtanh": (nn.Hardtanh(), [few]),
    "hardtanh_bounds": (nn.Hardtanh(-2.0, 0.5), [few]),
    "hardshrink": (nn.Hardshrink(), [few]),
    "softshrink": (nn.Softshrink(1.0), [few]),
    "threshold": (nn.Threshold(0.5, 20), [few]),
    "softmax": (nn.Softmax(1), [few]),
    "log_softmax": (nn.LogSoftmax(0), [few]),
    "softmin": (nn.Softmin(-1), [few]),
    "softmax2d": (nn.Softmax2d(), [r(1, 2, 2, 2)]),
    "glu": (nn.GLU(1), [line]),
    "glu_last": (nn.GLU(), [few[:, :2].clone()]),
    "dropout": (nn.Dropout(0.3), [few]),
    "dropout1d": (nn.Dropout1d(0.3), [line]),
    "dropout2d": (nn.Dropout2d(), [image]),
    "dropout3d": (nn.Dropout3d(0.1), [volume]),
    "alpha_dropout": (nn.AlphaDropout(0.2), [few]),
    "feature_alpha_dropout": (nn.FeatureAlphaDropout(0.2), [line]),
    "cosine_similarity": (nn.CosineSimilarity(dim=0), [few, r(2, 3)]),
    "pairwise_distance": (nn.PairwiseDistance(p=1.0, keepdim=True), [few, r(2, 3)]),
    "weight_norm": (nn.utils.weight_norm(nn.Linear(3, 2)), [few]),
    "weight_norm_whole": (nn.utils.weight_norm(nn.Conv1d(4, 2, 2), dim=None), [line]),
    "weight_norm_last": (nn.utils.weight_norm(nn.Linear(3, 2), dim=1), [few]),
    "spectral_norm": (nn.utils.spectral_norm(nn.Linear(3, 2)), [few]),
    "spectral_norm_conv": (nn.utils.spectral_norm(nn.Conv1d(4, 2, 2, bias=False), n_power_iterations=2), [line]),
    "spectral_norm_transposed": (nn.utils.spectral_norm(nn.ConvTranspose1d(4, 2, 2)), [line]),
}
RANDOM = {"rrelu", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}

out = {}


def gradients(name, prefix, module, inputs, v):
    inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    module.zero_grad()
    y = module(*inputs)
    out[f"{name}/{prefix}y"] = y
    if v is None:
        v = r(*y.shape)
        out[f"{name}/v"] = v
    if y.requires_grad:
        (y * v).sum().backward()
    for i, x in enumerate(inputs):
        if x.is_floating_point():
            out[f"{name}/{prefix}grad_x{i}"] = x.grad
    if not prefix:
        for key, parameter in module.named_parameters():
            out[f"{name}/grad/{key}"] = parameter.grad.clone()
    return v


def walk(cases):
    for name, (module, inputs) in cases.items():
        module.train()
        for key, parameter in module.named_parameters():  # short decimals; a padding row stays what it is
            if not ("embedding" in name and (parameter == 0).any()):
                parameter.data = r(*parameter.shape) / 2
        for key, tensor in module.state_dict().items():
            out[f"{name}/state/{key}"] = tensor.clone()
        for i, x in enumerate(inputs):
            out[f"{name}/x{i}"] = x
        v = None
        if name not in RANDOM:
            v = gradients(name, "", module, inputs, None)
            if list(module.buffers()):
                module(*[x * 0.5 + 0.3 for x in inputs])
                for key, buffer in module.named_buffers():
                    out[f"{name}/after/{key}"] = buffer.clone()
        if name in RANDOM or list(module.buffers()):
            module.eval()
            gradients(name, "eval_", module, inputs, v)


walk(cases)
# Rarer options, behind the others so that those keep their numbers.
rare = {
    "conv1d_same_reflect": (nn.Conv1d(4, 4, 2, padding="same", dilation=3, groups=2, padding_mode="reflect"), [line]),
    "conv1d_circular_stride": (nn.Conv1d(4, 2, 3, stride=2, padding=2, dilation=2, padding_mode="circular"), [line]),
    "conv3d_same": (nn.Conv3d(2, 4, (2, 1, 3), padding="same", groups=2), [volume]),
    "conv3d_reflect": (nn.Conv3d(2, 2, 2, padding=1, stride=(1, 2, 1), padding_mode="reflect"), [volume]),
    "conv3d_circular": (nn.Conv3d(2, 1, (1, 2, 2), padding=(0, 1, 2), dilation=(1, 1, 2), padding_mode="circular"), [volume]),
    "conv_transpose1d_dilated": (nn.ConvTranspose1d(4, 4, 2, stride=1, output_padding=1, groups=4, dilation=2), [line]),
    "conv_transpose3d_groups": (nn.ConvTranspose3d(2, 4, (1, 2, 2), stride=2, padding=(0, 1, 0), output_padding=(1, 0, 1),
                                                   groups=2, dilation=(1, 2, 1)), [volume]),
    "max_pool1d_ceil": (nn.MaxPool1d(3, stride=2, padding=1, dilation=2, ceil_mode=True), [line]),
    "max_pool3d_ceil": (nn.MaxPool3d(2, stride=(1, 2, 2), padding=(1, 0, 1), dilation=(1, 2, 1), ceil_mode=True), [volume]),
    "avg_pool1d_ceil": (nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), [line]),
    "avg_pool1d_padded": (nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True), [line]),
    "avg_pool2d_ceil": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), [image]),
    "avg_pool3d_ceil": (nn.AvgPool3d(2, stride=2, padding=1, ceil_mode=True, count_include_pad=False), [volume]),
    "avg_pool3d_divisor": (nn.AvgPool3d((1, 2, 2), stride=1, padding=(0, 1, 0), divisor_override=5), [volume]),
    "lp_pool1d_cubes": (nn.LPPool1d(3, 2, stride=1), [line.abs() + 0.1]),
    "lp_pool1d_sum": (nn.LPPool1d(1, 3, ceil_mode=True), [line]),
    "adaptive_avg_pool2d_larger": (nn.AdaptiveAvgPool2d((5, 4)), [image]),
    "adaptive_max_pool1d_larger": (nn.AdaptiveMaxPool1d(7), [line]),
    "max_unpool1d": (nn.MaxUnpool1d(3, stride=2, padding=1), [r(1, 2, 3), torch.tensor([0, 2, 4] * 2).reshape(1, 2, 3)]),
    "max_unpool3d": (nn.MaxUnpool3d((1, 2, 2)), [r(1, 1, 2, 1, 2), torch.tensor([1, 6, 8, 15]).reshape(1, 1, 2, 1, 2)]),
    "upsample_exact": (nn.Upsample(size=(5, 3), mode="nearest-exact"), [r(1, 1, 3, 2)]),
    "upsample_trilinear": (nn.Upsample(scale_factor=(1, 2, 1.5), mode="trilinear"), [r(1, 1, 2, 2, 2)]),
    "upsample_area": (nn.Upsample(size=(2, 3), mode="area"), [r(1, 1, 3, 4)]),
    "unfold_dilated": (nn.Unfold(2, dilation=(2, 1), padding=1, stride=(1, 2)), [r(1, 2, 3, 3)]),
    "fold_dilated": (nn.Fold((4, 4), 2, dilation=2, padding=1, stride=2), [r(1, 4, 4)]),
    "batch_norm1d_all": (nn.BatchNorm1d(4, momentum=None, affine=False), [r(3, 4)]),
    "batch_norm1d_frozen": (nn.BatchNorm1d(4, momentum=0.0), [line]),
    "batch_norm1d_newest": (nn.BatchNorm1d(4, momentum=1.0, eps=0.0), [line]),
    "batch_norm3d_untracked": (nn.BatchNorm3d(2, affine=False, track_running_stats=False), [volume]),
    "instance_norm3d_tracked": (nn.InstanceNorm3d(2, affine=True, track_running_stats=True), [volume]),
    "layer_norm_batchless": (nn.LayerNorm(3), [r(3)]),
    "rms_norm_batchless": (RMSNorm((3,)), [r(3)]),
    "group_norm_flat": (nn.GroupNorm(2, 6), [r(3, 6)]),
    "group_norm_whole": (nn.GroupNorm(1, 2), [volume]),
    "local_response_norm_even": (nn.LocalResponseNorm(2, alpha=1.0, beta=0.5), [image]),
    "embedding_max_norm_inf": (nn.Embedding(4, 3, max_norm=0.3, norm_type=float("inf"), padding_idx=0), [torch.tensor([[1, 0], [3, 1]])]),
    "embedding_bag_rows": (nn.EmbeddingBag(5, 3, mode="max", padding_idx=1), [torch.tensor([[0, 4, 1], [2, 1, 2], [1, 1, 1]])]),
    "embedding_bag_empty": (nn.EmbeddingBag(5, 3, padding_idx=0), [torch.tensor([0, 4, 2, 0]), torch.tensor([0, 0, 3, 4])]),
    # 1.13 takes the frequency of a neighbour where those of two indices differ
    "embedding_bag_by_freq": (nn.EmbeddingBag(5, 2, mode="sum", scale_grad_by_freq=True),
                              [torch.tensor([3, 4, 3, 4]), torch.tensor([0, 1])]),
    "embedding_bag_max_norm": (nn.EmbeddingBag(4, 3, max_norm=0.5, norm_type=1.0, mode="sum"), [torch.tensor([[0, 1], [3, 3]])]),
    "softplus_negative": (nn.Softplus(-2, 3), [few]),
    "hardshrink_zero": (nn.Hardshrink(0.0), [few]),
    "cosine_similarity_last": (nn.CosineSimilarity(dim=-1, eps=1e-3), [few, r(2, 3)]),  # 1.13 is wrong where eps counts
    "pairwise_distance_max": (nn.PairwiseDistance(p=float("inf"), eps=0.0), [few, r(2, 3)]),
    "weight_norm_embedding": (nn.utils.weight_norm(nn.Embedding(4, 3)), [torch.tensor([[1, 0], [3, 1]])]),
    "spectral_norm_dim": (nn.utils.spectral_norm(nn.Conv2d(4, 2, 2), dim=1), [image]),
    "adaptive_avg_pool2d_kept": (nn.AdaptiveAvgPool2d((None, 2)), [image]),
    "adaptive_max_pool3d_kept": (nn.AdaptiveMaxPool3d((1, None, 2)), [volume]),
}
walk(rare)
cases |= rare
windows = {  # likewise behind them
    "fractional_max_pool2d": (nn.FractionalMaxPool2d((2, 3), output_size=(4, 3), _random_samples=r(2, 2, 2).abs() / 2.1),
                              [r(2, 2, 9, 8)]),
    "fractional_max_pool3d": (nn.FractionalMaxPool3d(2, output_ratio=(0.6, 0.6, 0.5), _random_samples=r(1, 2, 3).abs() / 2.1),
                              [r(1, 2, 5, 7, 8)]),
}
walk(windows)
cases |= windows


def text(name, tensor):  # as table.line, with the shortest digits: most values here are decimals
    if tensor.dtype == torch.int64:
        return table.line(name, tensor)
    sizes = "".join(f"{n} " for n in tensor.shape)
    return f"{name} float64 {sizes}: " + " ".join(repr(v) for v in tensor.detach().flatten().tolist()) + "\n"


table.write_text("nn/layers.txt", "".join(text(name, tensor) for name, tensor in out.items() if tensor is not None))
table.write_text("nn/layers_printed.txt", "".join(f"{name} {module}\n" for name, (module, _) in cases.items()))
