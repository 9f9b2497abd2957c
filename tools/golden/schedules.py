"""Golden values of the schedules: torch.optim.lr_scheduler, lightly's cosine_schedule, DINO's cosine_scheduler written out.

Run: python tools/golden/schedules.py > packages/core/src/schedules/__fixtures__/schedules.json
"""

import json
import math
import warnings

import lightly
import torch
from lightly.utils.scheduler import cosine_schedule
from torch.optim import lr_scheduler as s

warnings.filterwarnings("ignore")
TOTAL, WARMUP = 40, 8


def torch_rates(make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = make(optimizer)
    values = []
    for _ in range(TOTAL):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


def warmup_cosine(o):
    warm = s.LinearLR(o, start_factor=0.2, total_iters=WARMUP)
    fall = s.CosineAnnealingLR(o, T_max=TOTAL - WARMUP, eta_min=0.05)
    return s.SequentialLR(o, [warm, fall], milestones=[WARMUP])


# DINO's utils.cosine_scheduler(base .996, final 1, warm-up 0): final + (base - final) (1 + cos(pi i / n)) / 2.
dino = [1 + 0.5 * (0.996 - 1) * (1 + math.cos(math.pi * i / TOTAL)) for i in range(TOTAL)]
print(
    json.dumps(
        {
            "versions": {"torch": torch.__version__, "lightly": lightly.__version__},
            "warmupCosine": torch_rates(warmup_cosine),
            "cosine": torch_rates(lambda o: s.CosineAnnealingLR(o, T_max=TOTAL, eta_min=0.1)),
            "linear": torch_rates(lambda o: s.LinearLR(o, start_factor=0.1, end_factor=1, total_iters=30)),
            "step": torch_rates(lambda o: s.MultiStepLR(o, [10, 25], gamma=0.1)),
            "lightlyCosine": [cosine_schedule(i, TOTAL, 0.996, 1.0) for i in range(TOTAL)],
            "dinoMomentum": dino,
        }
    )
)
