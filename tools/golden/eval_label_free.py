"""Golden values of the label-free metrics in PyTorch: RankMe, alignment, uniformity, spread.

Run from the repository root: python tools/golden/eval_label_free.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

target = Path("packages/eval/src/metrics/__fixtures__/label-free.json")
torch.manual_seed(0)
torch.set_num_threads(1)


def rank_me(z, epsilon=1e-7):
    """Garrido et al. 2023, equation 1."""
    sigma = torch.linalg.svdvals(z)
    p = sigma / sigma.abs().sum() + epsilon
    return torch.exp(-(p * p.log()).sum()).item()


def lalign(x, y, alpha):
    """Wang and Isola 2020, section 4.2."""
    return (x - y).norm(dim=1).pow(alpha).mean().item()


def lunif(x, t):
    return torch.pdist(x).pow(2).mul(-t).exp().mean().log().item()


def spread(z):
    return (F.normalize(z, dim=1).std(0, unbiased=False).mean() * z.shape[1] ** 0.5).item()


cases = []
for count, dimension, rank, offset in [(40, 8, 8, 0.0), (30, 12, 3, 0.5), (6, 10, 10, 0.2), (50, 5, 1, 1.0)]:
    z = (torch.randn(count, rank) @ torch.randn(rank, dimension) + offset).float().double().round(decimals=5)
    y = (z + 0.3 * torch.randn(count, dimension).double()).round(decimals=5)
    unit, other = F.normalize(z, dim=1), F.normalize(y, dim=1)
    cases.append(
        dict(
            count=count,
            dimension=dimension,
            values=z.ravel().tolist(),
            positives=y.ravel().tolist(),
            singularValues=torch.linalg.svdvals(z).tolist(),
            rankMe=rank_me(z),
            spread=spread(z),
            alignment=lalign(unit, other, 2),
            alignment1=lalign(unit, other, 1),
            uniformity=lunif(unit, 2),
            uniformity3=lunif(unit, 3),
        )
    )

target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps(dict(madeBy="tools/golden/eval_label_free.py", versions={"torch": torch.__version__, "numpy": np.__version__}, cases=cases)) + "\n")
