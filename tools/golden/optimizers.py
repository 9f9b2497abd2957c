"""Golden values of the optimizers: torch.optim.SGD and AdamW, lightly's LARS, and SimCLR's LARS written out.

Run: python tools/golden/optimizers.py > packages/core/src/optimizers/__fixtures__/optimizers.json
"""

import json

import lightly
import torch
from lightly.utils.lars import LARS

STEPS = 12
SHAPES = {"conv.weight": (2, 3), "norm.weight": (3,), "head.weight": (3, 2)}


def rates(step):
    """Learning rates that change, so that the place of the rate shows."""
    return 0.1 * (1 + step) / STEPS


def data(seed):
    generator = torch.Generator().manual_seed(seed)
    params = {k: torch.randn(s, generator=generator) for k, s in SHAPES.items()}
    grads = [{k: torch.randn(s, generator=generator) for k, s in SHAPES.items()} for _ in range(STEPS)]
    return params, grads


def run(make, seed, weight_decay):
    start, grads = data(seed)
    params = {k: torch.nn.Parameter(v.clone()) for k, v in start.items()}
    # Three groups: plain; norm without decay; head with twice the rate, constant, at the schedule's peak.
    groups = [
        {"params": [params["conv.weight"]], "weight_decay": weight_decay},
        {"params": [params["norm.weight"]], "weight_decay": 0.0},
        {"params": [params["head.weight"]], "weight_decay": weight_decay},
    ]
    optimizer = make(groups)
    trace = []
    for step in range(STEPS):
        for group, factor in zip(optimizer.param_groups, (1, 1, None)):
            group["lr"] = 2 * rates(STEPS - 1) if factor is None else rates(step)
        for name, p in params.items():
            p.grad = grads[step][name].clone()
        optimizer.step()
        trace.append({k: p.detach().flatten().tolist() for k, p in params.items()})
    return {
        "weightDecay": weight_decay,
        "start": {k: v.flatten().tolist() for k, v in start.items()},
        "grads": [{k: v.flatten().tolist() for k, v in g.items()} for g in grads],
        "rates": [rates(s) for s in range(STEPS)],
        "trace": trace,
    }


class SimclrLars(torch.optim.Optimizer):
    """The formula of SimCLR's, BYOL's and MoCo v3's code, with the rate outside the buffer as in the latter."""

    def __init__(self, groups, eta=0.001, momentum=0.9):
        super().__init__(groups, dict(lr=0.0, weight_decay=0.0))
        self.eta, self.momentum = eta, momentum

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                update = p.grad
                if p.ndim > 1:
                    update = update + group["weight_decay"] * p
                    update = update * self.eta * p.norm() / update.norm()
                buffer = self.state[p].setdefault("mu", torch.zeros_like(p))
                buffer.mul_(self.momentum).add_(update)
                p.add_(buffer, alpha=-group["lr"])


print(
    json.dumps(
        {
            "versions": {"torch": torch.__version__, "lightly": lightly.__version__},
            "sgd": run(lambda g: torch.optim.SGD(g, lr=1, momentum=0.9), 1, 0.05),
            "sgdPlain": run(lambda g: torch.optim.SGD(g, lr=1), 2, 0.05),
            "sgdDampening": run(lambda g: torch.optim.SGD(g, lr=1, momentum=0.8, dampening=0.3), 3, 0.05),
            "sgdNesterov": run(lambda g: torch.optim.SGD(g, lr=1, momentum=0.9, nesterov=True), 4, 0.05),
            "adamw": run(lambda g: torch.optim.AdamW(g, lr=1), 5, 0.3),
            "adamwBetas": run(lambda g: torch.optim.AdamW(g, lr=1, betas=(0.9, 0.95), eps=1e-6), 6, 0.3),
            "larsLightly": run(lambda g: LARS(g, lr=1, momentum=0.9, trust_coefficient=0.02), 7, 0.1),
            "larsSimclr": run(lambda g: SimclrLars(g), 8, 0.1),
        }
    )
)
