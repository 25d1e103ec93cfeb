#!/usr/bin/env python3
"""Writes tests/data/optim/wrappers.txt: what wrappers, averages and sparse gradients lead to, in float64.

Run with Debian's python3-torch (1.13): /usr/bin/python3 tests/reference/optim_wrappers.py
SparseAdam, sparse SGD and Adagrad, AveragedModel and SWALR are PyTorch's. SAM, ASAM, Lookahead, EMA, gradient
centralization and adaptive clipping, which it lacks, are written here from their papers around PyTorch's optimizers.
"""
import torch
from torch.optim.swa_utils import SWALR, AveragedModel

import table
from optim import mlp

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
STEPS = 12
OUT = {}


def flat(params):
    return torch.cat([p.detach().flatten() for p in params])


def backward(params, loss):
    for p in params:
        p.grad = None
    value = loss()
    value.backward()
    return value


def run(name, make, step):
    params, loss = mlp()
    opt = make(params)
    rows = []
    for _ in range(STEPS):
        step(params, loss, opt)
        rows.append(flat(params))
    OUT[name] = torch.stack(rows)


def sgd(params):
    return torch.optim.SGD(params, lr=0.1, momentum=0.9)


def adam(params):
    return torch.optim.Adam(params, lr=0.05)


def sharp(rho, scale):
    def step(params, loss, opt):
        backward(params, loss)
        t = [scale(p.detach()) for p in params]
        norm = torch.sqrt(sum(((a * p.grad) ** 2).sum() for a, p in zip(t, params)))
        before = [p.detach().clone() for p in params]
        with torch.no_grad():
            for a, p in zip(t, params):
                p += rho * a * a * p.grad / norm
        backward(params, loss)
        with torch.no_grad():
            for p, x in zip(params, before):
                p.copy_(x)
        opt.step()
    return step


run("sam", adam, sharp(0.2, torch.ones_like))
run("asam", sgd, sharp(0.5, lambda p: p.abs() + 0.01))


def lookahead(k, alpha):
    state = {}

    def step(params, loss, opt):
        if not state:
            state.update(n=0, slow=[p.detach().clone() for p in params])
        backward(params, loss)
        opt.step()
        state["n"] += 1
        if state["n"] % k == 0:
            with torch.no_grad():
                for s, p in zip(state["slow"], params):
                    s += alpha * (p - s)
                    p.copy_(s)
    return step


run("lookahead", sgd, lookahead(3, 0.7))


def centralized(params, loss, opt):
    backward(params, loss)
    for p in params:
        if p.dim() > 1:
            p.grad -= p.grad.mean(dim=1, keepdim=True)
    opt.step()


run("centralization", adam, centralized)


def agc(clipping, eps):
    def step(params, loss, opt):
        backward(params, loss)
        for p in params:
            dims = None if p.dim() <= 1 else 1
            norm = [torch.linalg.vector_norm(x, dim=dims, keepdim=True) for x in (p.detach(), p.grad)]
            limit = clipping * norm[0].clamp(min=eps)
            p.grad = torch.where(norm[1] > limit, p.grad * limit / norm[1], p.grad)
        opt.step()
    return step


run("agc", sgd, agc(0.05, 1e-3))


def averages(name, update):
    params, loss = mlp()
    opt, rows, state = sgd(params), [], [p.detach().clone() for p in params]
    for t in range(STEPS):
        backward(params, loss)
        opt.step()
        update(t, state, params)
        rows.append(flat(state))
    OUT[name] = torch.stack(rows)


def ema(t, a, params):
    for x, p in zip(a, params):
        x.mul_(0.9).add_(0.1 * p.detach())


def corrected(t, a, params):  # the plain sum over updates, divided by 1 - decay^t
    ema.sums = [torch.zeros_like(p) for p in params] if t == 0 else ema.sums
    for x, s, p in zip(a, ema.sums, params):
        s.mul_(0.9).add_(0.1 * p.detach())
        x.copy_(s / (1 - 0.9 ** (t + 1)))


def warm(t, a, params):
    decay = min(0.9, (1 + t) / (10 + t))
    for x, p in zip(a, params):
        x.mul_(decay).add_((1 - decay) * p.detach())


averages("ema", ema)
averages("ema_corrected", corrected)
averages("ema_warmup", warm)


def swa():
    leaves, loss = mlp()
    model = torch.nn.ParameterList(leaves)  # of new tensors on the same memory
    params = list(model)
    opt, average, rows, rates = sgd(params), AveragedModel(model), [], []
    decay = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)
    constant = SWALR(opt, swa_lr=0.05, anneal_epochs=3, anneal_strategy="cos")
    for t in range(STEPS):
        backward(leaves, loss)
        for p, q in zip(params, leaves):
            p.grad = q.grad
        opt.step()
        if t >= 4:
            if (t - 4) % 2 == 0:
                average.update_parameters(model)
            constant.step()
        else:
            decay.step()
        rows.append(flat(average.module.parameters()))
        rates.append(opt.param_groups[0]["lr"])
    OUT["swa"], OUT["swa_rates"] = torch.stack(rows), torch.tensor(rates)
    rates = []
    for epochs, strategy in ((0, "cos"), (4, "linear")):
        opt = sgd(params)
        constant = SWALR(opt, swa_lr=0.03, anneal_epochs=epochs, anneal_strategy=strategy)
        for _ in range(6):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            constant.step()
    OUT["swalr_rates"] = torch.tensor(rates)


swa()


def sparse(name, make):
    """A [6, 3] table and a [4] vector; step t has the rows of sparse_rows."""
    p = torch.tensor([[0.1 * (3 * i + j) - 0.8 for j in range(3)] for i in range(6)], requires_grad=True)
    opt = make([p])
    rows = []
    for t in range(STEPS):
        indices = [i for i in range(6) if (i + t) % 3 == 0 or (t == 5 and i == 1)]
        values = torch.tensor([[0.7 * ((2 * i + 3 * j + 5 * t) % 7) - 2 for j in range(3)] for i in indices])
        p.grad = torch.sparse_coo_tensor([indices], values, (6, 3))
        opt.step()
        rows.append(p.detach().flatten().clone())
    OUT[name] = torch.stack(rows)


sparse("sparse_adam", lambda p: torch.optim.SparseAdam(p, lr=0.05))
sparse("sparse_adam_all", lambda p: torch.optim.SparseAdam(p, lr=0.02, betas=(0.8, 0.9), eps=1e-3, maximize=True))
sparse("sparse_sgd", lambda p: torch.optim.SGD(p, lr=0.1))
sparse("sparse_adagrad", lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.2))

table.write("optim/wrappers.txt", OUT)
