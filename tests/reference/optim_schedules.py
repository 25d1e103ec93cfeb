#!/usr/bin/env python3
"""Writes tests/data/optim/more_schedules.txt: rates and momenta that PyTorch's schedules set, for two param groups.

Run with Debian's python3-torch (1.13): /usr/bin/python3 tests/reference/optim_schedules.py
The cases are those of tests/optim/schedules_torch.cpp. An array is [group, (rate, momentum), epoch].
"""
import math
import os
import warnings

import torch
from torch.optim import lr_scheduler as S

warnings.filterwarnings("ignore")
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "optim", "more_schedules.txt")
EPOCHS = 40
METRICS = [math.sin(1.7 * t) * 0.02 + max(0.2, 1 / (1 + 0.5 * t)) for t in range(EPOCHS)]
METRICS[5] = math.nan
METRICS[20] = 0.05


# Not in PyTorch: written down from the papers.
class InverseSqrtLR(S._LRScheduler):  # Vaswani et al. 2017, section 5.3, with the peak as the rate of the optimizer
    def __init__(self, optimizer, warmup_steps):
        self.W = warmup_steps
        super().__init__(optimizer)

    def get_lr(self):
        s, W = self.last_epoch + 1, self.W
        return [b * (s / W if s < W else math.sqrt(W / s)) for b in self.base_lrs]


class WarmupStableDecayLR(S._LRScheduler):  # Hu et al. 2024; s counts updates from 1
    def __init__(self, optimizer, W, stable, decay, kind="linear", m=0.0):
        self.args = W, stable, decay, kind, m
        super().__init__(optimizer)

    def get_lr(self):
        W, stable, decay, kind, m = self.args
        s = self.last_epoch + 1
        p = min(1.0, (s - W - stable) / decay)

        def rate(b):
            if s <= W:
                return b * s / W
            if s <= W + stable:
                return b
            if kind == "exponential":
                return b * m**p
            f = {"linear": 1 - p, "cosine": (1 + math.cos(math.pi * p)) / 2, "sqrt": 1 - math.sqrt(abs(p))}[kind]
            return b * (m + (1 - m) * f)

        return [rate(b) for b in self.base_lrs]


def decay95(e):
    return 0.95**e


def harmonic(e):
    return 1 / (1 + e)


def one(make):
    return lambda o: [make(o)]


def sequence(*makes, milestones):
    return lambda o: [S.SequentialLR(o, [m(o) for m in makes], milestones)]


def chain(*makes):
    return lambda o: [S.ChainedScheduler([m(o) for m in makes])]


CASES = {
    "multi_step": one(lambda o: S.MultiStepLR(o, [3, 8, 8, 30], 0.5)),
    "multi_step_unsorted": one(lambda o: S.MultiStepLR(o, [20, 0, 4])),
    "multi_step_resumed": one(lambda o: S.MultiStepLR(o, [3, 8], 0.5, last_epoch=4)),
    "constant": one(lambda o: S.ConstantLR(o)),
    "constant_7": one(lambda o: S.ConstantLR(o, 0.3, 7)),
    "constant_resumed": one(lambda o: S.ConstantLR(o, 0.3, 7, last_epoch=4)),
    "linear": one(lambda o: S.LinearLR(o)),
    "linear_down": one(lambda o: S.LinearLR(o, 1.0, 0.0, 30)),
    "linear_up": one(lambda o: S.LinearLR(o, 1e-3, 0.9, 12)),
    "linear_resumed": one(lambda o: S.LinearLR(o, 0.1, 1.0, 12, last_epoch=4)),
    "exponential": one(lambda o: S.ExponentialLR(o, 0.93)),
    "exponential_resumed": one(lambda o: S.ExponentialLR(o, 0.93, last_epoch=4)),
    "polynomial": one(lambda o: S.PolynomialLR(o)),
    "polynomial_2": one(lambda o: S.PolynomialLR(o, 25, 2.5)),
    "polynomial_resumed": one(lambda o: S.PolynomialLR(o, 25, 2.0, last_epoch=4)),
    "warm_restarts": one(lambda o: S.CosineAnnealingWarmRestarts(o, 7)),
    "warm_restarts_3": one(lambda o: S.CosineAnnealingWarmRestarts(o, 3, 3, 1e-3)),
    "warm_restarts_resumed": one(lambda o: S.CosineAnnealingWarmRestarts(o, 5, 2, 1e-3, last_epoch=3)),
    "lambda": one(lambda o: S.LambdaLR(o, decay95)),
    "lambda_each": one(lambda o: S.LambdaLR(o, [decay95, harmonic])),
    "lambda_resumed": one(lambda o: S.LambdaLR(o, decay95, last_epoch=4)),
    "multiplicative": one(lambda o: S.MultiplicativeLR(o, harmonic)),
    "multiplicative_each": one(lambda o: S.MultiplicativeLR(o, [harmonic, lambda e: 0.9])),
    "cyclic": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 5)),
    "cyclic_down": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 4, 9)),
    "cyclic_saw": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 4, 0)),
    "cyclic_triangular2": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 5, mode="triangular2")),
    "cyclic_exp_range": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 5, 3, mode="exp_range", gamma=0.97)),
    "cyclic_scale_fn": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 5, scale_fn=lambda x: 1 / (1 + 0.1 * x))),
    "cyclic_iterations": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 5, scale_fn=lambda x: 1 / (1 + 0.1 * x),
                                                  scale_mode="iterations")),
    "cyclic_each": one(lambda o: S.CyclicLR(o, [0.01, 0.02], [0.5, 0.3], 6, base_momentum=[0.7, 0.75],
                                            max_momentum=[0.8, 0.95])),
    "cyclic_no_momentum": one(lambda o: S.CyclicLR(o, 0.01, 0.5, 5, cycle_momentum=False)),
    "one_cycle": one(lambda o: S.OneCycleLR(o, 1.0, 40)),
    "one_cycle_adam": one(lambda o: S.OneCycleLR(o, 1.0, 41)),
    "one_cycle_epochs": one(lambda o: S.OneCycleLR(o, 0.5, epochs=9, steps_per_epoch=5, pct_start=0.2, div_factor=10.0,
                                                   final_div_factor=100.0)),
    "one_cycle_linear": one(lambda o: S.OneCycleLR(o, 1.0, 41, anneal_strategy="linear")),
    "one_cycle_three": one(lambda o: S.OneCycleLR(o, 1.0, 41, three_phase=True)),
    "one_cycle_three_adam": one(lambda o: S.OneCycleLR(o, [1.0, 0.2], 41, three_phase=True, anneal_strategy="linear",
                                                       base_momentum=[0.8, 0.7], max_momentum=[0.9, 0.85])),
    "one_cycle_at_once": one(lambda o: S.OneCycleLR(o, 1.0, 41, pct_start=0.0)),
    "one_cycle_no_momentum": one(lambda o: S.OneCycleLR(o, 1.0, 41, cycle_momentum=False)),
    "plateau": one(lambda o: S.ReduceLROnPlateau(o, patience=2)),
    "plateau_cooldown": one(lambda o: S.ReduceLROnPlateau(o, factor=0.7, patience=1, cooldown=3, min_lr=[0.1, 0.01])),
    "plateau_max": one(lambda o: S.ReduceLROnPlateau(o, "max", 0.8, 3, threshold=0.01)),
    "plateau_abs": one(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=0, threshold=0.05, threshold_mode="abs")),
    "plateau_max_abs": one(lambda o: S.ReduceLROnPlateau(o, "max", 0.9, 1, threshold=0.01, threshold_mode="abs")),
    "plateau_eps": one(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=0, eps=0.02)),
    "sequential_warmup_cosine": sequence(lambda o: S.LinearLR(o, 0.1, 1.0, 5),
                                         lambda o: S.CosineAnnealingLR(o, 20, 1e-3), milestones=[5]),
    "sequential_three": sequence(lambda o: S.ConstantLR(o, 0.1, 3), lambda o: S.ExponentialLR(o, 0.9),
                                 lambda o: S.StepLR(o, 4, 0.5), milestones=[3, 12]),
    "sequential_multiplicative": sequence(lambda o: S.LinearLR(o, 0.1, 0.5, 4),
                                          lambda o: S.MultiplicativeLR(o, lambda e: 0.95), milestones=[6]),
    "sequential_warm_restarts": sequence(lambda o: S.LinearLR(o, 0.1, 1.0, 4),
                                         lambda o: S.CosineAnnealingWarmRestarts(o, 6, 2), milestones=[4]),
    "sequential_polynomial": sequence(lambda o: S.ConstantLR(o, 0.5, 4), lambda o: S.PolynomialLR(o, 20, 2.0),
                                      lambda o: S.LinearLR(o, 0.5, 1.0, 5), milestones=[4, 30]),
    "sequential_multi_step": sequence(lambda o: S.LambdaLR(o, decay95), lambda o: S.MultiStepLR(o, [0, 3, 9], 0.5),
                                      lambda o: S.LambdaLR(o, harmonic), milestones=[10, 25]),
    "sequential_one_cycle": sequence(lambda o: S.ConstantLR(o, 0.1, 10), lambda o: S.OneCycleLR(o, 1.0, 40),
                                     milestones=[6]),
    "sequential_cyclic": sequence(lambda o: S.CyclicLR(o, 0.01, 0.5, 3), lambda o: S.ConstantLR(o, 0.1, 5),
                                  milestones=[13]),
    "chained": chain(lambda o: S.ConstantLR(o, 0.1, 2), lambda o: S.ExponentialLR(o, 0.9)),
    "chained_three": chain(lambda o: S.CosineAnnealingLR(o, 12, 1e-3), lambda o: S.LinearLR(o, 0.2, 1.0, 6),
                           lambda o: S.MultiStepLR(o, [7, 21], 0.7)),
    "inverse_sqrt": one(lambda o: InverseSqrtLR(o, 8)),
    "inverse_sqrt_1": one(lambda o: InverseSqrtLR(o, 1)),
    "wsd": one(lambda o: WarmupStableDecayLR(o, 5, 20, 10)),
    "wsd_cosine": one(lambda o: WarmupStableDecayLR(o, 5, 10, 20, "cosine", 0.1)),
    "wsd_sqrt": one(lambda o: WarmupStableDecayLR(o, 0, 10, 20, "sqrt", 0.01)),
    "wsd_exponential": one(lambda o: WarmupStableDecayLR(o, 5, 0, 20, "exponential", 0.1)),
}


def values(optimizer):
    return [(g["lr"], g["betas"][0] if "betas" in g else g["momentum"]) for g in optimizer.param_groups]


if __name__ == "__main__":
    with open(OUT, "w") as out:
        out.write(f"# PyTorch {torch.__version__}, tests/reference/optim_schedules.py: [group, (rate, momentum), epoch]\n")
        out.write(f"metrics float64 {EPOCHS} : {' '.join(map(repr, METRICS))}\n")
        for name, make in CASES.items():
            groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.3, 0.05)]
            if name.endswith("adam"):
                optimizer = torch.optim.Adam(groups, lr=0.1)
            else:
                optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.6)
            if name.endswith("resumed"):
                for g in optimizer.param_groups:
                    g["initial_lr"] = 0.7
            schedulers = make(optimizer)
            table = [values(optimizer)]
            for t in range(EPOCHS):
                optimizer.step()
                for s in schedulers:
                    if name.startswith("plateau"):
                        s.step(METRICS[t])
                    else:
                        s.step()
                table.append(values(optimizer))
            flat = [table[e][g][k] for g in range(2) for k in range(2) for e in range(EPOCHS + 1)]
            out.write(f"{name} float64 2 2 {EPOCHS + 1} : {' '.join(repr(float(v)) for v in flat)}\n")
