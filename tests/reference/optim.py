#!/usr/bin/env python3
"""Writes tests/data/optim/: trajectories of PyTorch's optimizers in float64 and the rates of its schedules.

Run with Debian's python3-torch (1.13): /usr/bin/python3 tests/reference/optim.py
The cases, problems and starting points are those of tests/optim/cases.cpp and tests/optim/trajectories.cpp.
"""
import functools
import math
import os
import warnings

import torch

from optim_matrix import MATRIX
from optim_papers import PAPERS, Paper

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "optim")
STEPS = 50

SGD, Adagrad, RMSprop, Adam, AdamW, ASGD, Adadelta, Adamax, RAdam, Rprop = (
    getattr(torch.optim, n) for n in ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "ASGD", "Adadelta", "Adamax", "RAdam",
                                      "Rprop"))
CASES = {
    "sgd": (SGD, dict(lr=1e-4)),
    "sgd_momentum": (SGD, dict(lr=1e-4, momentum=0.9)),
    "sgd_dampening": (SGD, dict(lr=1e-4, momentum=0.9, dampening=0.3)),
    "sgd_nesterov": (SGD, dict(lr=1e-4, momentum=0.9, nesterov=True)),
    "sgd_decay": (SGD, dict(lr=1e-4, weight_decay=0.1)),
    "sgd_momentum_decay_maximize": (SGD, dict(lr=1e-4, momentum=0.8, weight_decay=0.05, maximize=True)),
    "sgd_nesterov_decay": (SGD, dict(lr=1e-4, momentum=0.7, weight_decay=0.05, nesterov=True)),
    "sgd_momentum_drop": (SGD, dict(lr=1e-4, momentum=0.9)),
    "adagrad": (Adagrad, dict(lr=0.1)),
    "adagrad_lr_decay": (Adagrad, dict(lr=0.1, lr_decay=0.05)),
    "adagrad_initial": (Adagrad, dict(lr=0.1, initial_accumulator_value=0.5, eps=1e-3)),
    "adagrad_all": (Adagrad, dict(lr=0.1, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.1, eps=1e-5,
                                  maximize=True)),
    "rmsprop": (RMSprop, dict(lr=0.01)),
    "rmsprop_centered": (RMSprop, dict(lr=0.01, centered=True)),
    "rmsprop_momentum": (RMSprop, dict(lr=0.01, momentum=0.5)),
    "rmsprop_centered_momentum": (RMSprop, dict(lr=0.01, alpha=0.9, momentum=0.5, centered=True)),
    "rmsprop_decay": (RMSprop, dict(lr=0.01, alpha=0.95, eps=1e-3, weight_decay=0.1)),
    "rmsprop_all": (RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-4, weight_decay=0.1, momentum=0.3, centered=True,
                                  maximize=True)),
    "adam": (Adam, dict(lr=0.05)),
    "adam_betas": (Adam, dict(lr=0.05, betas=(0.5, 0.9), eps=1e-3)),
    "adam_amsgrad": (Adam, dict(lr=0.05, betas=(0.9, 0.8), amsgrad=True)),
    "adam_decay": (Adam, dict(lr=0.05, weight_decay=0.1)),
    "adam_all": (Adam, dict(lr=0.05, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1, amsgrad=True, maximize=True)),
    "adamw": (AdamW, dict(lr=0.05)),
    "adamw_decay": (AdamW, dict(lr=0.05, weight_decay=0.5)),
    "adamw_amsgrad": (AdamW, dict(lr=0.05, betas=(0.9, 0.8), weight_decay=0.2, amsgrad=True)),
    "adamw_all": (AdamW, dict(lr=0.05, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1, amsgrad=True, maximize=True)),
    "asgd": (ASGD, dict(lr=1e-4)),
    "asgd_averaging": (ASGD, dict(lr=1e-4, lambd=0.2, alpha=0.6, t0=5)),
    "asgd_all": (ASGD, dict(lr=1e-4, lambd=0.1, t0=3, weight_decay=0.1, maximize=True)),
    "adadelta": (Adadelta, dict()),
    "adadelta_all": (Adadelta, dict(lr=0.5, rho=0.8, eps=1e-4, weight_decay=0.1, maximize=True)),
    "adamax": (Adamax, dict(lr=0.05)),
    "adamax_all": (Adamax, dict(lr=0.05, betas=(0.8, 0.7), eps=1e-3, weight_decay=0.1, maximize=True)),
    "radam": (RAdam, dict(lr=5e-4)),
    "radam_all": (RAdam, dict(lr=5e-4, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, maximize=True)),
    "radam_plain": (RAdam, dict(lr=1e-4, betas=(0.9, 0.5))),
    "rprop": (Rprop, dict()),
    "rprop_all": (Rprop, dict(lr=0.05, etas=(0.3, 1.1), step_sizes=(1e-3, 0.08), maximize=True)),
    # What PyTorch 1.13 lacks: SGD with decoupled decay is SGD after a shrinking step.
    "sgd_decoupled": (SGD, dict(lr=1e-4, momentum=0.9, shrink=2)),
}
CASES.update({name: (functools.partial(Paper, rule), options) for name, (rule, options) in {**PAPERS, **MATRIX}.items()})


def rosenbrock():
    p = torch.tensor([-1.2, 1.0], requires_grad=True)
    return [p], lambda: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def quadratic():
    curvature = torch.tensor([1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
    target = 1 / torch.arange(1.0, 11)
    p = (1 + torch.arange(10) / 10).requires_grad_()
    return [p], lambda: 0.5 * (curvature * (p - target) ** 2).sum()


def mlp():
    def wave(first, *shape):
        n = math.prod(shape)
        return torch.tensor([0.5 * math.sin(first + i) for i in range(n)]).reshape(shape)

    x, y = wave(100, 5, 3), wave(200, 5, 2)
    params = [wave(1, 4, 3), wave(20, 4), wave(30, 2, 4), wave(40, 2)]
    w1, b1, w2, b2 = (p.requires_grad_() for p in params)
    return params, lambda: ((torch.tanh(x @ w1.T + b1) @ w2.T + b2 - y) ** 2).mean()


def trajectories(out):
    out.write(f"# PyTorch {torch.__version__}, tests/reference/optim.py: problem case step parameters\n")
    for problem, kept in ((rosenbrock, range(1, STEPS + 1)), (quadratic, (1, 2, 3, 10, 25, 26, 50)), (mlp, (1, 2, 10, 50))):
        for name, (kind, options) in CASES.items():
            params, loss = problem()
            options = dict(options)
            if problem is mlp and name.startswith("sgd"):
                options["lr"] *= 1000  # flatter than the others
            maximize = options.get("maximize")
            if kind is RAdam:
                options.pop("maximize", None)  # 1.13 has none: minimise the loss itself
            shrink = options.pop("shrink", 0) if kind is SGD else 0
            optimizer = kind(params, **options)
            for step in range(1, STEPS + 1):
                if name.endswith("_drop") and step == 26:
                    optimizer.param_groups[0]["lr"] *= 0.1
                optimizer.zero_grad()
                (-loss() if maximize and kind is not RAdam else loss()).backward()
                with torch.no_grad():
                    for p in params:
                        p.mul_(1 - optimizer.param_groups[0]["lr"] * shrink)
                optimizer.step()
                if step in kept:
                    values = torch.cat([p.detach().flatten() for p in params]).tolist()
                    out.write(f"{problem.__name__} {name} {step} {' '.join(map(repr, values))}\n")


LBFGS_CASES = {
    "plain": dict(lr=0.5, max_iter=4),
    "wolfe": dict(max_iter=4, line_search_fn="strong_wolfe"),
    "wolfe_short": dict(lr=0.8, max_iter=6, max_eval=5, history_size=2, line_search_fn="strong_wolfe"),
    "wolfe_default": dict(line_search_fn="strong_wolfe"),
    "tolerant": dict(max_iter=50, max_eval=100, tolerance_grad=1e-2, tolerance_change=1e-3,
                     line_search_fn="strong_wolfe"),
}


def lbfgs(out):
    out.write(f"# PyTorch {torch.__version__}, tests/reference/optim.py: problem case step evaluations loss parameters\n")
    for problem in (rosenbrock, quadratic, mlp):
        for name, options in LBFGS_CASES.items():
            params, loss = problem()
            optimizer = torch.optim.LBFGS(params, **options)

            def closure():
                optimizer.zero_grad()
                value = loss()
                value.backward()
                return value

            # On the MLP, 20 iterations a step amplify the last bit to 1e-5 in the fourth step.
            for step in range(1, 4 if problem is mlp and name == "wolfe_default" else 7):
                value = optimizer.step(closure).item()
                evaluations = optimizer.state[params[0]]["func_evals"]
                values = torch.cat([p.detach().flatten() for p in params]).tolist()
                out.write(f"{problem.__name__} {name} {step} {evaluations} {' '.join(map(repr, [value] + values))}\n")


def schedules(out):
    S = torch.optim.lr_scheduler
    cases = {
        "step_3_0.5": lambda o: [S.StepLR(o, 3, 0.5)],
        "step_1_0.9": lambda o: [S.StepLR(o, 1, 0.9)],
        "cosine_10": lambda o: [S.CosineAnnealingLR(o, 10)],
        "cosine_10_min": lambda o: [S.CosineAnnealingLR(o, 10, 1e-5)],
        "cosine_7_above": lambda o: [S.CosineAnnealingLR(o, 7, 0.5)],
        "cosine_1": lambda o: [S.CosineAnnealingLR(o, 1, 0.01)],
        "chained": lambda o: [S.CosineAnnealingLR(o, 12, 1e-3), S.StepLR(o, 4, 0.7)],
        "step_resumed": lambda o: [S.StepLR(o, 3, 0.5, last_epoch=4)],
        "cosine_resumed": lambda o: [S.CosineAnnealingLR(o, 10, 1e-5, last_epoch=4)],
    }
    out.write(f"# PyTorch {torch.__version__}, tests/reference/optim.py: case, rate after 0 … 30 epochs\n")
    for name, make in cases.items():
        p = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.SGD([p], lr=0.3)
        if name.endswith("resumed"):
            optimizer.param_groups[0]["initial_lr"] = 0.7
        schedulers = make(optimizer)
        rates = [optimizer.param_groups[0]["lr"]]
        for _ in range(30):
            optimizer.step()
            for s in schedulers:
                s.step()
            rates.append(optimizer.param_groups[0]["lr"])
        out.write(f"{name} {' '.join(map(repr, rates))}\n")


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "trajectories.txt"), "w") as f:
        trajectories(f)
    with open(os.path.join(OUT, "lbfgs.txt"), "w") as f:
        lbfgs(f)
    with open(os.path.join(OUT, "schedules.txt"), "w") as f:
        schedules(f)
