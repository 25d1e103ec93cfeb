"""Values and gradients of the losses in float64, every reduction and option -> tests/data/losses/*.txt."""
import math

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


def signs(*shape):
    return torch.randint(0, 2, shape) * 2.0 - 1


def focal(x, t, alpha, gamma, reduction):
    """torchvision.ops.sigmoid_focal_loss, which is not installed."""
    p = torch.sigmoid(x)
    p_t = p * t + (1 - p) * (1 - t)
    loss = F.binary_cross_entropy_with_logits(x, t, reduction="none") * (1 - p_t) ** gamma
    if alpha >= 0:
        loss = (alpha * t + (1 - alpha) * (1 - t)) * loss
    return reduced(loss, reduction)


def class_focal(x, target, weight, gamma, reduction):
    log_p = torch.gather(torch.log_softmax(x, 1), 1, target.clamp(min=0).unsqueeze(1)).squeeze(1)
    w = (weight if weight is not None else torch.ones(x.shape[1]))[target.clamp(min=0)] * (target >= 0)
    loss = -w * (1 - log_p.exp()) ** gamma * log_p
    return loss.sum() / w.sum() if reduction == "mean" else reduced(loss, reduction)


def dice(x, t, reduction, smooth=1, squared=False, start=1):
    p, q = x.flatten(start), t.flatten(start)
    size = (p ** 2).sum(-1) + (q ** 2).sum(-1) if squared else p.sum(-1) + q.sum(-1)
    return reduced(1 - (2 * (p * q).sum(-1) + smooth) / (size + smooth), reduction)


def info_nce(q, k, tau, reduction, negatives=None):
    q, k = F.normalize(q), F.normalize(k)
    if negatives is None:
        logits, target = q @ k.T, torch.arange(len(q))
    else:
        negatives = F.normalize(negatives, dim=-1)
        apart = q @ negatives.T if negatives.dim() == 2 else (negatives @ q.unsqueeze(2)).squeeze(2)
        logits, target = torch.cat([(q * k).sum(1, True), apart], 1), torch.zeros(len(q), dtype=torch.long)
    return F.cross_entropy(logits / tau, target, reduction=reduction)


def reduced(loss, reduction):
    return loss if reduction == "none" else getattr(loss, reduction)()


class Vocabulary:
    """One table of cases that tests/losses/cases.cpp names as well: <set>/<input>, and <case>/v, <case>/<reduction>/…"""

    def __init__(self):
        self.out = {}

    def inputs(self, name, **tensors):
        for key, value in tensors.items():
            self.out[f"{name}/{key}"] = value
        return tensors

    def case(self, name, f, **leaves):
        """f(reduction, **leaves)"""
        v = None
        for reduction in REDUCTIONS:
            tensors = {key: t.clone().requires_grad_() for key, t in leaves.items()}
            loss = f(reduction, **tensors)
            if v is None:
                v = torch.randn(loss.shape)
                self.out[f"{name}/v"] = v
            self.out[f"{name}/{reduction}/value"] = loss
            total = (loss * v).sum() if reduction == "none" else loss
            for key, gradient in zip(tensors, torch.autograd.grad(total, list(tensors.values()))):
                self.out[f"{name}/{reduction}/grad_{key}"] = gradient


def regression(v):
    real = v.inputs("real", x=torch.randn(3, 4) * 2, t=torch.randn(3, 4))
    kink = v.inputs("kink", x=torch.tensor([0.0, 1, -1, 0.5, -0.5, 2, -2, 1e4, -1e4]), t=torch.zeros(9))
    for name, s in (("real", real), ("kink", kink)):
        for beta in (0, 0.5, 1) if name == "real" else (0.5, 1):  # 1.13 has the derivative −1 of |0| for beta 0
            v.case(f"smooth_l1/{name}/{beta}", lambda r, x, t: F.smooth_l1_loss(x, t, reduction=r, beta=beta), **s)
        for delta in (0.5, 1):
            v.case(f"huber/{name}/{delta}", lambda r, x, t: F.huber_loss(x, t, reduction=r, delta=delta), **s)

        v.case(f"log_cosh/{name}", lambda r, x, t: reduced(
            torch.logaddexp(x - t, t - x) - math.log(2), r), **s)
    for q in (0.1, 0.9):
        v.case(f"quantile/{q}", lambda r, x, t: reduced(torch.maximum(q * (t - x), (q - 1) * (t - x)), r), **real)


def binary(v):
    prob = v.inputs("prob", x=torch.rand(3, 4), t=torch.rand(3, 4), weight=torch.rand(4) + 0.5)
    v.case("binary/plain", lambda r, x, t: F.binary_cross_entropy(x, t, reduction=r), x=prob["x"], t=prob["t"])
    v.case("binary/weight", lambda r, x, t: F.binary_cross_entropy(x, t, prob["weight"].expand(3, 4), reduction=r),
           x=prob["x"], t=prob["t"])
    sure = v.inputs("sure", x=torch.tensor([0, 0, 1, 1, 0, 1, 1e-13, 1 - 1e-13, 0.5]),
                    t=torch.tensor([0, 1, 0, 1, 0.5, 0.5, 1, 0, 0.25]))
    v.case("binary/sure", lambda r, x: F.binary_cross_entropy(x, sure["t"], reduction=r), x=sure["x"])
    logits = v.inputs("logits", x=torch.randn(3, 4) * 2, t=torch.rand(3, 4))
    hard = v.inputs("hard", x=torch.randn(3, 4) * 2, t=torch.randint(0, 2, (3, 4)) * 1.0)
    for gamma in (0, 0.5, 2):
        for alpha in (-1, 0.25):
            v.case(f"focal/{gamma}/{alpha}", lambda r, x, t: focal(x, t, alpha, gamma, r), **logits)
    v.case("focal/hard", lambda r, x: focal(x, hard["t"], 0.25, 2, r), x=hard["x"])
    masks = v.inputs("masks", x=torch.rand(2, 3, 4), t=torch.rand(2, 3, 4))
    v.case("dice/plain", lambda r, x, t: dice(x, t, r), **masks)
    v.case("dice/squared", lambda r, x, t: dice(x, t, r, smooth=0.1, squared=True), **masks)
    v.case("dice/channels", lambda r, x, t: dice(x, t, r, start=2), **masks)


def margins(v):
    s = v.inputs("signs", x=torch.randn(3, 4) * 2, x2=torch.randn(3, 4), y=signs(3, 4))
    y = s["y"]
    for margin in (0.5, 1):
        v.case(f"hinge_embedding/{margin}", lambda r, x: F.hinge_embedding_loss(x, y, margin=margin, reduction=r),
               x=s["x"])
        v.case(f"margin_ranking/{margin}",
               lambda r, x, x2: F.margin_ranking_loss(x, x2, y, margin=margin, reduction=r), x=s["x"], x2=s["x2"])
    v.case("soft_margin", lambda r, x: F.soft_margin_loss(x, y, reduction=r), x=s["x"])
    edge = v.inputs("ties", x=torch.tensor([1.0, 1, 0, -1, 2, 0]), x2=torch.tensor([1.0, 0, 1, -1, 2, 0]),
                    y=torch.tensor([1.0, -1, 1, -1, -1, -1]))
    v.case("hinge_embedding/ties", lambda r, x: F.hinge_embedding_loss(x, edge["y"], reduction=r), x=edge["x"])
    v.case("margin_ranking/ties", lambda r, x, x2: F.margin_ranking_loss(x, x2, edge["y"], reduction=r),
           x=edge["x"], x2=edge["x2"])
    c = v.inputs("classes", x=torch.randn(5, 4), target=torch.tensor([0, 3, 1, 1, 2]), weight=torch.rand(4) + 0.5,
                 some=torch.tensor([0, 3, -100, 1, 2]), t=torch.rand(5, 4),
                 lists=torch.tensor([[3, 0, -1, 1], [1, -1, 2, 2], [-1, 0, 0, 0], [0, 1, 2, 3], [2, 2, -1, -1]]))
    for p in (1, 2):
        for w in (None, c["weight"]):
            name = f"multi_margin/{p}/{'plain' if w is None else 'weight'}"
            v.case(name, lambda r, x: F.multi_margin_loss(x, c["target"], p=p, margin=0.7, weight=w, reduction=r),
                   x=c["x"])
    v.case("multilabel_margin", lambda r, x: F.multilabel_margin_loss(x, c["lists"], reduction=r), x=c["x"])
    for w in (None, c["weight"]):
        name = "plain" if w is None else "weight"
        v.case(f"multilabel_soft_margin/{name}",
               lambda r, x, t: F.multilabel_soft_margin_loss(x, t, w, reduction=r), x=c["x"], t=c["t"])
        for gamma in (0, 0.5, 2):
            v.case(f"class_focal/{gamma}/{name}", lambda r, x: class_focal(x, c["some"], w, gamma, r), x=c["x"])
    one = v.inputs("one", x=torch.randn(4), target=torch.tensor(2), lists=torch.tensor([3, 0, -1, 1]))
    v.case("multi_margin/one", lambda r, x: F.multi_margin_loss(x, one["target"], reduction=r), x=one["x"])
    v.case("multilabel_margin/one", lambda r, x: F.multilabel_margin_loss(x, one["lists"], reduction=r), x=one["x"])


def metric(v):
    t = v.inputs("triplet", a=torch.randn(5, 3), p=torch.randn(5, 3), n=torch.randn(5, 3), y=signs(5),
                 shared=torch.randn(6, 3), own=torch.randn(5, 2, 3))
    t["y"][:2] = torch.tensor([1.0, -1])
    v.out["triplet/y"] = t["y"]
    apn = dict(a=t["a"], p=t["p"], n=t["n"])
    for norm in (1, 2, 3):
        for swap in (0, 1):
            v.case(f"triplet/{norm}/{swap}", lambda r, a, p, n: F.triplet_margin_loss(
                a, p, n, margin=1.5, p=norm, swap=bool(swap), reduction=r), **apn)
    v.case("triplet/distance", lambda r, a, p, n: F.triplet_margin_with_distance_loss(
        a, p, n, distance_function=lambda x, y: ((x - y) ** 2).sum(-1), margin=0.5, swap=True, reduction=r), **apn)
    for margin in (0, 0.3):
        v.case(f"cosine/{margin}", lambda r, a, p: F.cosine_embedding_loss(a, p, t["y"], margin=margin, reduction=r),
               a=t["a"], p=t["p"])
    pair = v.inputs("pair", a=torch.randn(3), p=torch.randn(3), y=torch.tensor(1.0))
    v.case("cosine/one", lambda r, a, p: F.cosine_embedding_loss(a, p, pair["y"], reduction=r), a=pair["a"],
           p=pair["p"])
    v.case("info_nce/batch", lambda r, a, p: info_nce(a, p, 0.1, r), a=t["a"], p=t["p"])
    v.case("info_nce/shared", lambda r, a, p, shared: info_nce(a, p, 0.5, r, shared), a=t["a"], p=t["p"],
           shared=t["shared"])
    v.case("info_nce/own", lambda r, a, p, own: info_nce(a, p, 0.5, r, own), a=t["a"], p=t["p"], own=t["own"])


def likelihood(v):
    k = v.inputs("kl", x=torch.log_softmax(torch.randn(3, 4), 1), t=torch.softmax(torch.randn(3, 4), 1),
                 zeros=torch.tensor([[0, 0.5, 0, 0.5], [1, 0, 0, 0], [0.25] * 4]))
    v.case("kl/plain", lambda r, x, t: F.kl_div(x, t, reduction=r), x=k["x"], t=k["t"])
    v.case("kl/log", lambda r, x, t: F.kl_div(x, t.log(), reduction=r, log_target=True), x=k["x"], t=k["t"])
    v.case("kl/zeros", lambda r, x: F.kl_div(x, k["zeros"], reduction=r), x=k["x"])
    for name, log in (("plain", False), ("log", True)):
        v.out[f"kl/{name}/batchmean"] = F.kl_div(k["x"], k["t"].log() if log else k["t"], reduction="batchmean",
                                                 log_target=log)
    p = v.inputs("poisson", x=torch.randn(3, 4), rate=torch.rand(3, 4) * 5 + 0.1,
                 t=torch.tensor([[0, 1, 2, 5.5], [3, 1.5, 0.5, 10], [100, 0, 7, 2.5]]))
    for full in (0, 1):
        v.case(f"poisson/log/{full}", lambda r, x: F.poisson_nll_loss(x, p["t"], full=bool(full), reduction=r), x=p["x"])
        v.case(f"poisson/rate/{full}", lambda r, rate: F.poisson_nll_loss(
            rate, p["t"], log_input=False, full=bool(full), eps=1e-3, reduction=r), rate=p["rate"])
    g = v.inputs("gauss", x=torch.randn(3, 4), t=torch.randn(3, 4), var=torch.rand(3, 4) + 0.2,
                 row=torch.rand(3, 1) + 0.2, short=torch.rand(3) + 0.2,
                 small=torch.tensor([[0, 1e-9, 0.5, 1], [0.01, 2, 3, 0.05], [1, 1, 1, 0.0999]]))
    for full in (0, 1):
        for var in ("var", "row", "short"):
            v.case(f"gauss/{var}/{full}", lambda r, x, t, **k: F.gaussian_nll_loss(
                x, t, *k.values(), full=bool(full), reduction=r), x=g["x"], t=g["t"], **{var: g[var]})
    v.case("gauss/small", lambda r, x, t, small: F.gaussian_nll_loss(x, t, small, eps=0.1, reduction=r), x=g["x"],
           t=g["t"], small=g["small"])


def ctc(v):
    """Through log_softmax: PyTorch's gradient by log_probs assumes it."""
    c = v.inputs("ctc", logits=torch.randn(7, 4, 5), targets=torch.tensor([[1, 2, 2, 4], [3, 1, 4, 2], [1, 1, 1, 1],
                                                                           [2, 4, 1, 1]]),
                 flat=torch.tensor([1, 2, 2, 4, 3, 1, 2, 4, 1]), inputs=torch.tensor([7, 5, 6, 4]),
                 lengths=torch.tensor([4, 2, 0, 3]), other=torch.tensor([[0, 1, 3, 0], [3, 1, 0, 0], [1, 0, 0, 3],
                                                                         [0, 3, 1, 0]]))
    for name in ("targets", "flat"):
        v.case(f"ctc/{name}", lambda r, logits: F.ctc_loss(torch.log_softmax(logits, 2), c[name], c["inputs"],
                                                            c["lengths"], reduction=r), logits=c["logits"])
    v.case("ctc/blank", lambda r, logits: F.ctc_loss(torch.log_softmax(logits, 2), c["other"], c["inputs"],
                                                      c["lengths"], blank=2, reduction=r), logits=c["logits"])
    full = torch.tensor([4, 2, 4, 3])  # [1, 1, 1, 1] does not fit into 6 steps
    v.out["ctc/full"] = full
    v.case("ctc/zero_infinity", lambda r, logits: F.ctc_loss(
        torch.log_softmax(logits, 2), c["targets"], c["inputs"], full, zero_infinity=True, reduction=r),
           logits=c["logits"])
    one = v.inputs("ctc_one", logits=torch.randn(6, 4), targets=torch.tensor([3, 3, 1]))
    v.case("ctc/one", lambda r, logits: F.ctc_loss(torch.log_softmax(logits, 1), one["targets"], torch.tensor(6),
                                                    torch.tensor(3), reduction=r), logits=one["logits"])


def first(v):
    """Those of classes() and elements() again, for what the tests of this table look at."""
    x, t = torch.randn(3, 4) * 3, torch.rand(3, 4)
    e = v.inputs("elements", x=x, t=t, weight=torch.rand(4) + 0.5, pos=torch.rand(4) * 3)
    v.case("mse", lambda r, x, t: F.mse_loss(x, t, reduction=r), x=x, t=t)
    v.case("l1", lambda r, x, t: F.l1_loss(x, t, reduction=r), x=x, t=t)
    v.case("with_logits", lambda r, x, t: F.binary_cross_entropy_with_logits(
        x, t, e["weight"], reduction=r, pos_weight=e["pos"]), x=x, t=t)
    c = v.inputs("some", x=torch.randn(2, 3, 4), weight=torch.rand(3) + 0.2, probabilities=torch.rand(2, 3, 4),
                 target=torch.tensor([[0, 2, 1, -100], [1, 1, -100, 0]]))
    v.case("nll", lambda r, x: F.nll_loss(x, c["target"], c["weight"], reduction=r), x=c["x"])
    v.case("cross_entropy", lambda r, x: F.cross_entropy(x, c["target"], c["weight"], reduction=r, label_smoothing=0.3),
           x=c["x"])
    v.case("cross_entropy/probabilities", lambda r, x, probabilities: F.cross_entropy(
        x, probabilities, c["weight"], reduction=r, label_smoothing=0.3), x=c["x"], probabilities=c["probabilities"])


classes()
elements()
table.write("losses/losses.txt", out)
vocabulary = Vocabulary()
for family in (regression, binary, margins, metric, likelihood, ctc, first):
    family(vocabulary)
table.write("losses/vocabulary.txt", vocabulary.out)
