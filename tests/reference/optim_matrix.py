#!/usr/bin/env python3
"""Optimizers that look at more than one element at a time, in plain words: from the papers, nothing shared with the
library's formulation. MATRIX are rules as in optim_papers.py, for the table of optim.py. Run as a program
(/usr/bin/python3 tests/reference/optim_matrix.py) this writes tests/data/optim/whole.txt: methods whose numbers belong
to all parameters together, SOAP with all its bases, averages of schedule-free methods.
"""
import math
import os

import torch

from optim_papers import Paper, average


def adam_direction(g, s, t, b1, b2, eps):
    m, v = average(s, "m", b1, g) / (1 - b1 ** t), average(s, "v", b2, g ** 2) / (1 - b2 ** t)
    return m / (torch.sqrt(v) + eps)


def muon(p, g, s, t, o):
    lr, decay, mu = o["lr"], o.get("weight_decay", 0), o.get("momentum", 0.95)
    if p.dim() < 2:
        lr = lr * o.get("adamw_lr_ratio", 0.015)
        b1, b2 = o.get("adamw_betas", (0.9, 0.95))
        return p - lr * decay * p - lr * adam_direction(g, s, t, b1, b2, o.get("adamw_eps", 1e-10))
    s["B"] = mu * s.get("B", 0) + g
    m = (g + mu * s["B"] if o.get("nesterov", True) else s["B"]).reshape(len(p), -1)
    # Newton-Schulz moves singular values and leaves singular vectors alone.
    u, sigma, vh = torch.linalg.svd(m, full_matrices=False)
    sigma = sigma / (torch.sqrt((sigma ** 2).sum()) + 1e-7)
    for _ in range(o.get("ns_steps", 5)):
        sigma = 3.4445 * sigma - 4.7750 * sigma ** 3 + 2.0315 * sigma ** 5
    x = (u * sigma) @ vh
    return p - lr * decay * p - lr * math.sqrt(max(1, m.shape[0] / m.shape[1])) * x.reshape(p.shape)


def unfold(x, i):
    return x.movedim(i, 0).reshape(x.shape[i], -1)


def shampoo(p, g, s, t, o):
    """The preconditioner as one matrix for the flat tensor: the Kronecker product of all factors' roots."""
    k = max(p.dim(), 1)
    g = (g + o.get("weight_decay", 0) * p).reshape(p.shape if p.dim() else (1,))
    for i, n in enumerate(g.shape):
        h = unfold(g, i) @ unfold(g, i).T
        if n > o.get("max_dim", 1024):
            h = torch.diag(torch.diag(h))
        s[i] = s.get(i, o.get("epsilon", 1e-4) * torch.eye(n)) + h
    if (t - 1) % o.get("update_freq", 1) == 0:
        product = torch.ones(1, 1)
        for i in range(k):
            u, lam, _ = torch.linalg.svd(s[i])
            product = torch.kron(product, (u / lam ** (0.5 / k)) @ u.T)
        s["root"] = product
    s["B"] = o.get("momentum", 0) * s.get("B", 0) + (s["root"] @ g.flatten()).reshape(p.shape)
    return p - o["lr"] * s["B"]


def soap(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.95, 0.95))
    b3, limit = o.get("shampoo_beta", b2), o.get("max_dim", 10000)
    turned = [i for i, n in enumerate(p.shape) if n <= limit and (p.dim() > 1 or o.get("precondition_1d"))]

    def basis():  # of the flat tensor
        q = torch.ones(1, 1)
        for i, n in enumerate(p.shape):
            q = torch.kron(q, s["Q", i].contiguous() if i in turned else torch.eye(n))
        return q

    def collect():
        for i in turned:
            s["GG", i] = b3 * s.get(("GG", i), 0) + (1 - b3) * unfold(g, i) @ unfold(g, i).T

    if t == 1:
        collect()
        for i in turned:
            s["Q", i] = torch.linalg.eigh(s["GG", i])[1].flip(1)
        return p
    q, n = basis(), t - 1
    m = average(s, "m", b1, g).flatten()
    v = average(s, "v", b2, ((q.T @ g.flatten()) ** 2).reshape(p.shape)).flatten()
    u = (q @ ((q.T @ m) / (torch.sqrt(v) + o.get("eps", 1e-8)))).reshape(p.shape)
    rate = o["lr"] * (math.sqrt(1 - b2 ** n) / (1 - b1 ** n) if o.get("correct_bias", True) else 1)
    p = p - rate * u
    p = p - o["lr"] * o.get("weight_decay", 0.01) * p
    collect()
    if n % o.get("frequency", 10) == 0:
        for i in turned:
            order = torch.argsort(torch.diag(s["Q", i].T @ s["GG", i] @ s["Q", i]), descending=True)
            s["Q", i] = torch.linalg.qr(s["GG", i] @ s["Q", i][:, order])[0]
            s["v"] = s["v"].index_select(i, order)
    return p


def sophia(p, g, s, t, o):
    b1 = o.get("betas", (0.965, 0.99))[0]
    m, h = average(s, "m", b1, g), s.get("h", torch.zeros_like(p))
    p = p - o["lr"] * o.get("weight_decay", 0.1) * p
    return p - o["lr"] * (m / (o.get("rho", 0.04) * o.get("bs", 5120) * h + 1e-15)).clamp(-1, 1)


def schedule_free(p, g, s, t, o):
    """With z and the average x kept; the parameter is y."""
    adam = "betas" in o
    beta = o["betas"][0] if adam else o.get("momentum", 0.9)
    z, x = s.get("z", p), s.get("x", p)
    rate = o["lr"] * min(1, t / o["warmup_steps"] if o.get("warmup_steps") else 1)
    if o.get("correct_rate"):
        rate *= math.sqrt(1 - o["betas"][1] ** t)
    s["top"] = max(s.get("top", 0), rate)
    w = t ** o.get("r", 0) * s["top"] ** o.get("weight_lr_power", 2)
    s["sum"] = s.get("sum", 0) + w
    if adam:
        v = average(s, "v", o["betas"][1], g ** 2)
        if not o.get("correct_rate"):
            v = v / (1 - o["betas"][1] ** t)
        g = g / (torch.sqrt(v) + o.get("eps", 1e-8))
    z = z - rate * (g + o.get("weight_decay", 0) * p)
    c = w / s["sum"]
    x = (1 - c) * x + c * z
    s["z"], s["x"] = z, x
    return (1 - beta) * z + beta * x


MATRIX = {
    "muon": (muon, dict(lr=0.005)),
    "muon_all": (muon, dict(lr=0.05, momentum=0.8, nesterov=False, ns_steps=3, weight_decay=0.3, adamw_lr_ratio=0.5,
                            adamw_betas=(0.8, 0.9), adamw_eps=1e-3, maximize=True)),
    "shampoo": (shampoo, dict(lr=0.05, max_dim=32)),
    "shampoo_all": (shampoo, dict(lr=0.01, momentum=0.7, weight_decay=0.1, epsilon=1e-2, update_freq=3, max_dim=3,
                                  maximize=True)),
    # Dims above 3 have gradients of a lower rank in the MLP: no eigenvectors that all agree on.
    "soap": (soap, dict(lr=0.05, eps=1e-3, frequency=3, max_dim=3)),
    "soap_all": (soap, dict(lr=0.02, betas=(0.8, 0.9), shampoo_beta=0.7, eps=1e-2, weight_decay=0.1, frequency=2,
                            max_dim=3, precondition_1d=True, correct_bias=False, maximize=True)),
    "sophia": (sophia, dict(lr=0.01)),
    "sophia_all": (sophia, dict(lr=0.01, betas=(0.7, 0.9), rho=0.1, weight_decay=0.5, bs=10, maximize=True)),
    "schedule_free_sgd": (schedule_free, dict(lr=1e-3)),
    "schedule_free_sgd_all": (schedule_free, dict(lr=1e-3, momentum=0.7, weight_decay=0.2, warmup_steps=7, r=1.5,
                                                  weight_lr_power=1, maximize=True)),
    "schedule_free_adamw": (schedule_free, dict(lr=0.05, betas=(0.9, 0.999))),
    "schedule_free_adamw_all": (schedule_free, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2,
                                                    warmup_steps=7, r=0.5, weight_lr_power=1, maximize=True)),
    "schedule_free_adamw_paper": (schedule_free, dict(lr=0.05, betas=(0.9, 0.999), warmup_steps=5, correct_rate=True)),
}


# Methods with numbers of all parameters together: a function of the list of parameters, gradients, the loss, the state,
# the step count and the options that changes the parameters in place.

def dot(a, b):
    return sum((x * y).sum() for x, y in zip(a, b))


def prodigy(ps, gs, f, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    b3, d0, lr, decay = o.get("beta3", math.sqrt(b2)), o.get("d0", 1e-6), o.get("lr", 1), o.get("weight_decay", 0)
    if t == 1:
        s.update(d=d0, top=d0, r=0, p0=[p.clone() for p in ps], m=[0] * len(ps), v=[0] * len(ps), s=[0] * len(ps))
    if decay and not o.get("decouple", True):
        gs = [g + decay * p for g, p in zip(gs, ps)]
    d = s["d"]
    step = d * lr * (math.sqrt(1 - b2 ** t) / (1 - b1 ** t) if o.get("use_bias_correction") else 1)
    s["r"] = b3 * s["r"] + d / d0 * step * dot(gs, [a - b for a, b in zip(s["p0"], ps)])
    s["s"] = [b3 * a + d / d0 * (d if o.get("safeguard_warmup") else step) * g for a, g in zip(s["s"], gs)]
    s["m"] = [b1 * a + (1 - b1) * d * g for a, g in zip(s["m"], gs)]
    s["v"] = [b2 * a + (1 - b2) * (d * g) ** 2 for a, g in zip(s["v"], gs)]
    guess = (o.get("d_coef", 1) * s["r"] / sum(a.abs().sum() for a in s["s"])).item()
    s["top"] = max(s["top"], guess)
    s["d"] = min(s["top"], (max(d, guess) if d == d0 else d) * o.get("growth_rate", math.inf))
    for p, m, v in zip(ps, s["m"], s["v"]):
        shrink = 1 - decay * step if o.get("decouple", True) else 1
        p.copy_(shrink * p - step * m / (torch.sqrt(v) + s["d"] * o.get("eps", 1e-8)))


def dadapt_adam(ps, gs, f, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    d0, lr, decay, b = o.get("d0", 1e-6), o.get("lr", 1), o.get("weight_decay", 0), math.sqrt(b2)
    if t == 1:
        s.update(d=d0, r=0, m=[0] * len(ps), v=[0] * len(ps), s=[torch.zeros_like(p) for p in ps])
    if decay and not o.get("decouple"):
        gs = [g + decay * p for g, p in zip(gs, ps)]
    step = s["d"] * lr * (math.sqrt(1 - b2 ** t) / (1 - b1 ** t) if o.get("use_bias_correction") else 1)
    s["m"] = [b1 * a + (1 - b1) * step * g for a, g in zip(s["m"], gs)]
    s["v"] = [b2 * a + (1 - b2) * g ** 2 for a, g in zip(s["v"], gs)]
    A = [torch.sqrt(v) + o.get("eps", 1e-8) for v in s["v"]]
    s["r"] = b * s["r"] + (1 - b) * step * dot(gs, [x / a for x, a in zip(s["s"], A)])
    s["s"] = [b * x + (1 - b) * step * g for x, g in zip(s["s"], gs)]
    for p, m, a in zip(ps, s["m"], A):
        p.copy_((1 - decay * step if o.get("decouple") else 1) * p - m / a)
    guess = (s["r"] / ((1 - b) * sum(x.abs().sum() for x in s["s"]))).item()
    s["d"] = max(s["d"], min(guess, s["d"] * o.get("growth_rate", math.inf)))


def dog(ps, gs, f, s, t, o):
    gs = [g + o.get("weight_decay", 0) * p for g, p in zip(gs, ps)]
    if t == 1:
        s.update(p0=[p.clone() for p in ps], G=o.get("eps", 1e-8))
        s["r"] = o.get("reps_rel", 1e-6) * (1 + math.sqrt(dot(ps, ps)))
    gone = [a - b for a, b in zip(ps, s["p0"])]
    s["r"] = max(s["r"], math.sqrt(dot(gone, gone)))
    s["G"] += dot(gs, gs).item()
    for p, g in zip(ps, gs):
        p.copy_(p - o.get("lr", 1) * s["r"] / math.sqrt(s["G"]) * g)


def polyak(ps, gs, f, s, t, o):
    rate = min(max(f - o.get("f_star", 0), 0) / dot(gs, gs).item(), o.get("max_lr", math.inf))
    for p, g in zip(ps, gs):
        p.copy_(p - o.get("lr", 1) * rate * g)


def sophia_hessian(ps, gs, f, s, t, o):
    """The estimate is updated after every third step, from the gradients at hand."""
    for i, (p, g) in enumerate(zip(ps, gs)):
        own = s.setdefault(i, {})
        p.copy_(sophia(p.clone(), g, own, t, o))
        if t % 3 == 0:
            b2 = o.get("betas", (0.965, 0.99))[1]
            own["h"] = b2 * own.get("h", 0) + (1 - b2) * g ** 2


def each(rule):
    def apply(ps, gs, f, s, t, o):
        for i, (p, g) in enumerate(zip(ps, gs)):
            p.copy_(rule(p.clone(), g, s.setdefault(i, {}), t, o))
    return apply


WHOLE = {
    "prodigy": (prodigy, dict()),
    "prodigy_all": (prodigy, dict(lr=0.7, betas=(0.8, 0.95), beta3=0.9, eps=1e-4, weight_decay=0.1,
                                  use_bias_correction=True, safeguard_warmup=True, d0=1e-3, d_coef=0.5,
                                  growth_rate=1.5, maximize=True)),
    "prodigy_coupled": (prodigy, dict(weight_decay=0.1, decouple=False, d0=1e-2)),
    "dadapt_adam": (dadapt_adam, dict()),
    "dadapt_adam_all": (dadapt_adam, dict(lr=0.7, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1, decouple=True,
                                          use_bias_correction=True, d0=1e-3, growth_rate=1.5, maximize=True)),
    "dadapt_adam_coupled": (dadapt_adam, dict(weight_decay=0.1, d0=1e-2)),
    "dog": (dog, dict()),
    "dog_all": (dog, dict(lr=0.5, reps_rel=1e-3, eps=1e-2, weight_decay=0.1, maximize=True)),
    "polyak": (polyak, dict()),
    "polyak_all": (polyak, dict(lr=0.5, f_star=-0.05, max_lr=1.5)),
    "sophia_hessian": (sophia_hessian, dict(lr=0.01, bs=100, rho=0.1)),
    "soap_tensors": (each(soap), dict(lr=0.3, frequency=2, shampoo_beta=0.3)),
    "soap_tensors_1d": (each(soap), dict(lr=0.02, frequency=3, precondition_1d=True, shampoo_beta=0.8, max_dim=3)),
    "muon_tensors": (each(muon), dict(lr=0.02)),
    "shampoo_tensors": (each(shampoo), dict(lr=0.05)),
}


def wave(first, *shape):
    return torch.tensor([0.5 * math.sin(first + i * i) for i in range(math.prod(shape))]).reshape(shape)


def tensors():
    """Gradients of full rank in every unfolding; of a vector's one eigenvector at most is free."""
    a, b, y, c = wave(1, 5, 3), wave(2, 3, 4), wave(3, 5, 4), wave(4, 2, 3, 2)
    w, k, v, u = (wave(n, *shape).requires_grad_() for n, shape in ((5, (3, 3)), (6, (2, 3, 2)), (7, (4,)), (8, (2,))))
    return [w, k, v, u], lambda: (((torch.tanh(a @ w @ b) * torch.exp(v) - y) ** 2).sum() + ((torch.sin(k) - c) ** 4).sum()
                               + (k ** 2 * c).sum() + ((u ** 2).sum() - u[0] - 0.3) ** 2)


def main():
    import optim
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "optim", "whole.txt")
    with open(path, "w") as out:
        out.write("# tests/reference/optim_matrix.py: problem case step parameters; x: averages of schedule-free methods\n")
        for problem in (optim.mlp, tensors):
            for name, (rule, o) in WHOLE.items():
                if problem is optim.mlp and name.endswith(("tensors", "1d")):
                    continue
                ps, loss = problem()
                state = {}
                # Rates that are found amplify rounding.
                kept = (1, 2, 3, 10, 30) if problem is optim.mlp else (1, 2, 3, 10)
                for t in range(1, kept[-1] + 1):
                    f = loss()
                    gs = torch.autograd.grad(f, ps)
                    with torch.no_grad():
                        rule(ps, [g.clone() for g in gs], f.item(), state, t, o)
                    if t in kept:
                        values = torch.cat([p.detach().flatten() for p in ps]).tolist()
                        out.write(f"{problem.__name__} {name} {t} {' '.join(map(repr, values))}\n")
        for name in ("schedule_free_sgd", "schedule_free_adamw_all"):
            rule, o = MATRIX[name]
            ps, loss = optim.mlp()
            paper = Paper(rule, ps, **o)
            for t in range(20):
                paper.zero_grad()
                (-loss() if o.get("maximize") else loss()).backward()
                paper.step()
            values = torch.cat([s["x"].flatten() for s in paper.state]).tolist()
            out.write(f"x {name} 20 {' '.join(map(repr, values))}\n")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    main()
