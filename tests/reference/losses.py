"""Values and gradients of the losses in float64, every reduction and option -> tests/data/losses/losses.txt."""
import torch
import torch.nn.functional as F

import table

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
out = {}
REDUCTIONS = ("none", "mean", "sum")


def record(name, loss, leaves, cotangent):
    """The loss, and the gradient of <loss, cotangent> (cotangent only counts for an unreduced loss)."""
    out[name + "/value"] = loss
    total = (loss * cotangent).sum() if loss.shape == cotangent.shape else loss
    for leaf, gradient in zip(leaves, torch.autograd.grad(total, list(leaves.values()))):
        out[f"{name}/grad_{leaf}"] = gradient


def classes():
    shapes = {"rows": (5, 4), "single": (4,), "images": (2, 3, 2, 2)}
    for shape_name, shape in shapes.items():
        dim = 0 if len(shape) == 1 else 1
        n = shape[dim]
        target_shape = shape[:dim] + shape[dim + 1:]
        x = (torch.randn(shape) * 2).requires_grad_()
        weight = torch.rand(n) + 0.2
        target = torch.randint(0, n, target_shape)
        if shape_name != "single":
            target.view(-1)[:2] = torch.tensor([1, 0])
        ignored = target.clone()
        if shape_name != "single":
            ignored.view(-1)[1] = -100
        probabilities = torch.softmax(torch.randn(shape), dim).requires_grad_()
        cotangent = torch.randn(target_shape)
        for key, value in dict(x=x, weight=weight, target=target, ignored=ignored, probabilities=probabilities,
                               cotangent=cotangent).items():
            out[f"{shape_name}/{key}"] = value
        for reduction in REDUCTIONS:
            for w in (0, 1):
                kw = dict(reduction=reduction, weight=weight if w else None)
                for ignore, t, index in (("all", target, -100), ("some", ignored, -100), ("class1", target, 1)):
                    if shape_name == "single" and ignore != "all":
                        continue
                    name = f"{shape_name}/{reduction}/weight{w}/{ignore}"
                    record(f"nll/{name}", F.nll_loss(x, t, ignore_index=index, **kw), {"x": x}, cotangent)
                    for s in (0, 1):
                        loss = F.cross_entropy(x, t, ignore_index=index, label_smoothing=0.1 * s, **kw)
                        record(f"ce/{name}/smooth{s}", loss, {"x": x}, cotangent)
                for s in (0, 1):
                    loss = F.cross_entropy(x, probabilities, label_smoothing=0.1 * s, **kw)
                    record(f"ce_prob/{shape_name}/{reduction}/weight{w}/smooth{s}", loss,
                           {"x": x, "t": probabilities}, cotangent)


def elements():
    shape = (3, 4)
    x = torch.randn(shape).mul(3).requires_grad_()
    t = torch.rand(shape).requires_grad_()
    cotangent = torch.randn(shape)
    weights = {"none": None, "full": torch.rand(shape) + 0.5, "row": torch.rand(4) + 0.5}
    pos_weight = torch.rand(4) * 3
    for key, value in dict(x=x, t=t, cotangent=cotangent, weight_full=weights["full"], weight_row=weights["row"],
                           pos_weight=pos_weight).items():
        out[f"elements/{key}"] = value
    leaves = {"x": x, "t": t}
    for reduction in REDUCTIONS:
        record(f"mse/{reduction}", F.mse_loss(x, t, reduction=reduction), leaves, cotangent)
        record(f"l1/{reduction}", F.l1_loss(x, t, reduction=reduction), leaves, cotangent)
        for w, weight in weights.items():
            for p in (0, 1):
                loss = F.binary_cross_entropy_with_logits(x, t, weight, reduction=reduction,
                                                          pos_weight=pos_weight if p else None)
                record(f"bce/{reduction}/{w}/pos{p}", loss, leaves, cotangent)


classes()
elements()
table.write("losses/losses.txt", out)
