"""A small network: its state, output and gradients in float64, and how PyTorch prints modules -> tests/data/nn/."""
from collections import OrderedDict

import torch
from torch import nn

import table

torch.manual_seed(2)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("seen", torch.zeros(1))
        self.fc = nn.Linear(3, 2, bias=False)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(2))
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU(), nn.Sequential(nn.Dropout(0.1), nn.Tanh()))
        self.head = Head()
        self.last = nn.Identity()


mlp = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4, bias=False), nn.ReLU(), nn.Linear(4, 3),
                    nn.Sigmoid()).double()
x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
cotangent = torch.randn(4, 3, dtype=torch.float64)
y = mlp(x)
(y * cotangent).sum().backward()
arrays = {"x": x, "cotangent": cotangent, "y": y, "grad_x": x.grad}
for name, tensor in mlp.state_dict().items():
    arrays["state/" + name] = tensor
for name, parameter in mlp.named_parameters():
    arrays["grad/" + name] = parameter.grad
table.write("nn/mlp.txt", arrays)

net = Net()
named = nn.Sequential(OrderedDict([("fc", nn.Linear(2, 3)), ("act", nn.ReLU())]))
containers = [nn.Sequential(), named, nn.Sequential(nn.ReLU(), nn.Linear(2, 3), nn.Tanh())[1:], nn.ModuleList(),
              nn.ModuleList([nn.Linear(2, 3), nn.Sequential(nn.ReLU()), nn.ModuleList([nn.Tanh()])]),
              nn.ModuleList([nn.ReLU(), nn.Linear(2, 3), nn.Tanh()])[1:], nn.ModuleDict(),
              nn.ModuleDict({"b": nn.Linear(2, 3), "a": nn.ModuleList([nn.ReLU()])})]
modules = [net, *containers, nn.Linear(784, 256), nn.ReLU(), nn.Sigmoid(), nn.Flatten(0, 2), nn.Dropout(), nn.Dropout(1e-5),
           nn.MSELoss(), nn.L1Loss(), nn.CrossEntropyLoss(), nn.NLLLoss(), nn.BCEWithLogitsLoss()]
table.write_text("nn/printed.txt", "".join(str(module) + "\n" for module in modules))
table.write_text("nn/keys.txt", "".join(name + "\n" for name in net.state_dict()))
table.write_text("nn/container_keys.txt", "".join(name + "\n" for c in containers for name in c.state_dict()))
