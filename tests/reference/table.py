"""Writes tables of reference values for tests/table.h: one array a line, `name dtype sizes... : values...`."""
import os
import sys

import torch

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def header():
    script = os.path.relpath(os.path.abspath(sys.argv[0]), os.path.join(DATA, "..", ".."))
    return f"# written by: /usr/bin/python3 {script}   (PyTorch {torch.__version__})\n"


def line(name, tensor):
    tensor = tensor.detach()
    sizes = "".join(f"{n} " for n in tensor.shape)
    if tensor.dtype == torch.int64:
        return f"{name} int64 {sizes}: " + " ".join(str(v) for v in tensor.flatten().tolist()) + "\n"
    values = " ".join("%.17g" % v for v in tensor.double().flatten().tolist())
    return f"{name} float64 {sizes}: {values}\n"


def write(path, arrays):
    """arrays: dict of name -> tensor; path: below tests/data."""
    with open(os.path.join(DATA, path), "w") as file:
        file.write(header())
        for name, tensor in arrays.items():
            file.write(line(name, tensor))


def write_text(path, text):
    with open(os.path.join(DATA, path), "w") as file:
        file.write(header() + text)
