"""Optimizers that PyTorch 1.13 lacks or has with an error, in plain words: from the papers, one function a rule.

A rule gets a parameter p, its gradient g, its state s (a dict, empty at first), the step count t = 1, 2, … and the
options o; it returns the new p. Nothing here is shared with the library's own formulation.
"""
import math

import torch


class Paper:
    """The interface of torch.optim.Optimizer, as far as optim.py needs it."""

    def __init__(self, rule, params, **options):
        self.rule, self.params, self.state, self.t = rule, params, [{} for _ in params], 0
        self.param_groups = [dict(options)]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        self.t += 1
        o = self.param_groups[0]
        with torch.no_grad():
            for p, s in zip(self.params, self.state):
                g = -p.grad if o.get("maximize") else p.grad.clone()
                if o.get("l2"):
                    g = g + o["l2"] * p
                if o.get("shrink"):  # decoupled decay
                    p.copy_(p - o["lr"] * o["shrink"] * p)
                p.copy_(self.rule(p.clone(), g, s, self.t, o))


def average(s, name, beta, x):
    s[name] = beta * s.get(name, torch.zeros_like(x)) + (1 - beta) * x
    return s[name]


def sgd(p, g, s, t, o):
    """Momentum as a difference of parameters, Polyak (1964): needs the parameter before, not a buffer."""
    before = s.get("before", p)
    if o.get("nesterov"):  # Sutskever et al. (2013), in terms of the point where the gradient is taken
        v = o["momentum"] * s.get("v", torch.zeros_like(p)) - o["lr"] * g
        s["v"] = v
        return p + o["momentum"] * v - o["lr"] * g
    s["before"] = p
    return p - o["lr"] * g + o["momentum"] * (p - before)


def adagrad_inside(p, g, s, t, o):
    s["G"] = s.get("G", 0) + g ** 2
    return p - o["lr"] * g / torch.sqrt(s["G"] + o["eps"])


def rmsprop_inside(p, g, s, t, o):
    v = average(s, "v", 0.99, g ** 2)
    return p - o["lr"] * g / torch.sqrt(v + o["eps"])


def adam_inside(p, g, s, t, o):  # with amsgrad
    m, v = average(s, "m", 0.9, g), average(s, "v", 0.999, g ** 2)
    s["top"] = torch.maximum(s.get("top", torch.zeros_like(v)), v)
    return p - o["lr"] * (m / (1 - 0.9 ** t)) / torch.sqrt(s["top"] / (1 - 0.999 ** t) + o["eps"])


def adam_uncorrected(p, g, s, t, o):
    m, v = average(s, "m", 0.9, g), average(s, "v", 0.999, g ** 2)
    return p - o["lr"] * m / (torch.sqrt(v) + o["eps"])


def nadam(p, g, s, t, o):
    """Dozat (2016). PyTorch 1.13 multiplies mu_t twice into the product up to t + 1 (its single-tensor form:
    mu_product *= mu, then mu_product * mu * mu_next), which its multi-tensor form and later versions do not."""
    b1, b2 = o.get("betas", (0.9, 0.999))
    mu = [b1 * (1 - 0.5 * 0.96 ** (i * o.get("momentum_decay", 4e-3))) for i in range(1, t + 2)]
    m, v = average(s, "m", b1, g), average(s, "v", b2, g ** 2)
    m_hat = mu[t] * m / (1 - math.prod(mu)) + (1 - mu[t - 1]) * g / (1 - math.prod(mu[:t]))
    return p - o["lr"] * m_hat / (torch.sqrt(v / (1 - b2 ** t)) + o.get("eps", 1e-8))


def lion(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.99))
    m = s.get("m", torch.zeros_like(p))
    s["m"] = b2 * m + (1 - b2) * g
    return p - o["lr"] * (torch.sign(b1 * m + (1 - b1) * g) + o.get("weight_decay", 0) * p)


def adabelief(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    eps = o.get("eps", 1e-16)
    m = average(s, "m", b1, g)
    s["s"] = b2 * s.get("s", 0) + (1 - b2) * (g - m) ** 2 + eps
    if o.get("rectify"):  # adabelief-pytorch 0.2.0: the bias correction of s is part of RAdam's step, eps is not under it
        top = 2 / (1 - b2) - 1
        n = top - 2 * t * b2 ** t / (1 - b2 ** t)
        if n < 5:
            return p - o["lr"] * m / (1 - b1 ** t)
        step = math.sqrt((1 - b2 ** t) * (n - 4) / (top - 4) * (n - 2) / n * top / (top - 2)) / (1 - b1 ** t)
        return p - o["lr"] * step * m / (torch.sqrt(s["s"]) + eps)
    c1, c2 = (1 - b1 ** t, 1 - b2 ** t) if o.get("corrected", True) else (1, 1)
    return p - o["lr"] * (m / c1) / (torch.sqrt(s["s"] / c2) + eps)


def yogi(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    m, v = average(s, "m", b1, g), s.get("v", torch.full_like(p, o.get("initial", 1e-6)))
    s["v"] = v = v - (1 - b2) * torch.sign(v - g ** 2) * g ** 2
    c1, c2 = (1 - b1 ** t, 1 - b2 ** t) if o.get("corrected") else (1, 1)
    return p - o["lr"] * (m / c1) / (torch.sqrt(v / c2) + o.get("eps", 1e-3))


def qhadam(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.995, 0.999))
    n1, n2 = o.get("nus", (0.7, 1.0))
    m, v = average(s, "m", b1, g) / (1 - b1 ** t), average(s, "v", b2, g ** 2) / (1 - b2 ** t)
    return p - o["lr"] * ((1 - n1) * g + n1 * m) / (torch.sqrt((1 - n2) * g ** 2 + n2 * v) + o.get("eps", 1e-8))


def ademamix(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    b3, alpha = o.get("beta3", 0.9999), o.get("alpha", 5.0)
    if o.get("alpha_warmup"):
        alpha = min(t * alpha / o["alpha_warmup"], alpha)
    if t < o.get("beta3_warmup", 0):  # the half-life grows linearly from that of b1 to that of b3
        def half_life(beta):
            return math.log(0.5) / math.log(beta)
        x = t / o["beta3_warmup"]
        b3 = 0.5 ** (1 / ((1 - x) * half_life(b1) + x * half_life(b3)))
    fast, slow = average(s, "fast", b1, g) / (1 - b1 ** t), average(s, "slow", b3, g)
    v = average(s, "v", b2, g ** 2) / (1 - b2 ** t)
    return p - o["lr"] * ((fast + alpha * slow) / (torch.sqrt(v) + o.get("eps", 1e-8)) + o.get("weight_decay", 0) * p)


def adopt(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.9999))
    eps, limit = o.get("eps", 1e-6), (t - 1) ** 0.25 if o.get("clip", True) else math.inf
    if t == 1:
        s["v"], s["m"] = g ** 2, torch.zeros_like(g)
        return p
    decay = o["lr"] * o.get("weight_decay", 0)
    scaled = (g / torch.sqrt(s["v"]).clamp(min=eps)).clamp(-limit, limit)
    s["m"] = b1 * s["m"] + (1 - b1) * scaled
    s["v"] = b2 * s["v"] + (1 - b2) * g ** 2
    return p - decay * p - o["lr"] * s["m"]


def novograd(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.95, 0.98))
    norm = (g ** 2).sum()
    s["v"] = norm if t == 1 else b2 * s["v"] + (1 - b2) * norm
    now = g / (torch.sqrt(s["v"]) + o.get("eps", 1e-8)) + o.get("weight_decay", 0) * p
    s["m"] = b1 * s.get("m", 0) + ((1 - b1) if o.get("averaging") else 1) * now
    return p - o["lr"] * s["m"]


def lars(p, g, s, t, o):
    decay, momentum = o.get("weight_decay", 5e-4), o.get("momentum", 0.9)
    a, b = p.norm(), g.norm()
    rate = o.get("trust_coefficient", 1e-3) * a / (b + decay * a + o.get("eps", 0)) if a > 0 and b > 0 else 1
    step = o["lr"] * rate * (g + decay * p)
    s["v"] = momentum * s.get("v", 0) + step
    return p - (momentum * s["v"] + step if o.get("nesterov") else s["v"])


def lamb(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    m, v = average(s, "m", b1, g) / (1 - b1 ** t), average(s, "v", b2, g ** 2) / (1 - b2 ** t)
    u = m / (torch.sqrt(v) + o.get("eps", 1e-6)) + o.get("weight_decay", 0.01) * p
    size = min(p.norm(), o.get("clamp_value", math.inf))
    ratio = size / u.norm() if p.norm() > 0 and u.norm() > 0 else 1
    return p - o["lr"] * ratio * u


def adafactor(p, g, s, t, o):
    """Shazeer and Stern (2018), algorithms 4 to 6: no momentum. Decay as in PyTorch 2.5."""
    def rms(x):
        return torch.sqrt((x ** 2).mean())

    lr, (eps0, eps1), d = o["lr"], o.get("eps", (1e-30, 1e-3)), o.get("d", 1.0)
    w = t ** o.get("beta2_decay", -0.8)
    rho = min(1e-6 * t if o.get("warmup_init") else lr, 1 / math.sqrt(t)) if o.get("relative_step", True) else lr
    alpha = (max(eps1, rms(p)) if o.get("scale_parameter", True) else 1) * rho
    square = g ** 2 + eps0
    if p.dim() > 1:
        s["r"] = (1 - w) * s.get("r", 0) + w * square.sum(dim=-1)
        s["c"] = (1 - w) * s.get("c", 0) + w * square.sum(dim=-2)
        v = torch.outer(s["r"], s["c"]) / s["r"].sum()
    else:
        s["v"] = v = (1 - w) * s.get("v", 0) + w * square
    u = g / torch.sqrt(v)
    return p * (1 - lr * o.get("weight_decay", 0)) - alpha * u / max(1, rms(u) / d)


def adam_mini(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    if p.dim() > 1:  # the mean over each block of rows, for all of its elements
        blocks = (g ** 2).reshape(o.get("blocks", p.shape[0]), -1)
        square = blocks.mean(dim=1, keepdim=True).expand_as(blocks).reshape(p.shape)
    else:
        square = (g ** 2).mean()
    m, v = average(s, "m", b1, g) / (1 - b1 ** t), average(s, "v", b2, square) / (1 - b2 ** t)
    return p - o["lr"] * o.get("weight_decay", 0) * p - o["lr"] * m / (torch.sqrt(v) + o.get("eps", 1e-8))


PAPERS = {
    "sgd_heavy_ball_drop": (sgd, dict(lr=1e-4, momentum=0.9)),
    "sgd_heavy_ball_nesterov_drop": (sgd, dict(lr=1e-4, momentum=0.9, nesterov=True)),
    "adagrad_inside": (adagrad_inside, dict(lr=0.1, eps=0.1)),
    "rmsprop_inside": (rmsprop_inside, dict(lr=0.01, eps=0.1, shrink=0.5)),
    "adam_inside": (adam_inside, dict(lr=0.05, eps=0.1, shrink=0.3)),
    "adam_uncorrected": (adam_uncorrected, dict(lr=0.05, eps=1e-3)),
    "nadam": (nadam, dict(lr=0.05)),
    "nadam_all": (nadam, dict(lr=0.05, betas=(0.8, 0.99), eps=1e-3, l2=0.1, momentum_decay=0.1, maximize=True)),
    "lion": (lion, dict(lr=0.01)),
    "lion_all": (lion, dict(lr=0.01, betas=(0.7, 0.8), weight_decay=0.5, maximize=True)),
    "adabelief": (adabelief, dict(lr=0.05)),
    "adabelief_all": (adabelief, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-4, shrink=0.1, maximize=True)),
    "adabelief_coupled": (adabelief, dict(lr=0.05, l2=0.1, corrected=False)),
    "adabelief_rectified": (adabelief, dict(lr=0.001, betas=(0.9, 0.98), eps=1e-4, rectify=True)),
    "yogi": (yogi, dict(lr=0.05)),
    "yogi_all": (yogi, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-2, l2=0.1, initial=0.5, maximize=True, corrected=True)),
    "qhadam": (qhadam, dict(lr=0.05)),
    "qhadam_all": (qhadam, dict(lr=0.05, betas=(0.9, 0.9), nus=(0.5, 0.8), eps=1e-3, l2=0.1, maximize=True)),
    "ademamix": (ademamix, dict(lr=0.05)),
    "ademamix_all": (ademamix, dict(lr=0.05, betas=(0.8, 0.9), beta3=0.99, alpha=3, eps=1e-3, weight_decay=0.1,
                                    alpha_warmup=20, beta3_warmup=30, maximize=True)),
    "adopt": (adopt, dict(lr=0.05)),
    "adopt_all": (adopt, dict(lr=0.01, betas=(0.8, 0.9), eps=1e-3, l2=0.1, clip=False, maximize=True)),
    "adopt_decoupled": (adopt, dict(lr=0.05, weight_decay=0.5)),
    "novograd": (novograd, dict(lr=0.01)),
    "novograd_all": (novograd, dict(lr=0.01, betas=(0.8, 0.7), eps=1e-3, weight_decay=0.1, averaging=True,
                                    maximize=True)),
    "lars": (lars, dict(lr=1)),
    "lars_all": (lars, dict(lr=1, momentum=0.7, weight_decay=0.1, trust_coefficient=0.01, eps=1e-3, nesterov=True,
                            maximize=True)),
    "adafactor": (adafactor, dict(lr=0.05)),
    "adafactor_all": (adafactor, dict(lr=0.2, beta2_decay=-0.5, eps=(1e-5, 0.1), d=0.5, weight_decay=0.2,
                                      maximize=True)),
    "adafactor_fixed": (adafactor, dict(lr=0.02, relative_step=False, scale_parameter=False)),
    "adafactor_warmup": (adafactor, dict(lr=1, warmup_init=True, eps=(1e-30, 10), weight_decay=1e-3)),
    "adam_mini": (adam_mini, dict(lr=0.05)),
    "adam_mini_all": (adam_mini, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2, maximize=True)),
    "adam_mini_whole": (adam_mini, dict(lr=0.05, blocks=1)),
    "lamb": (lamb, dict(lr=0.05)),
    "lamb_all": (lamb, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.3, maximize=True)),
    "lamb_clamped": (lamb, dict(lr=0.05, clamp_value=0.7)),
}
