"""Golden values of MoCo v3's loss: the paper's algorithm 1 written in PyTorch, and its heads as nn.Sequential; gradients by autograd.

Run: python tools/golden/moco_v3.py   (torch 2.13.0; lightly 1.6 has no loss of MoCo v3)
Writes packages/contrastive/src/__fixtures__/moco-v3.json
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

path = Path(__file__).resolve().parents[2] / "packages/contrastive/src/__fixtures__/moco-v3.json"
generator = torch.Generator().manual_seed(3)


def rand(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator)


def ctr(q: torch.Tensor, k: torch.Tensor, t: float) -> torch.Tensor:
    """`ctr` of algorithm 1: q and k at unit length, labels are the diagonal, times 2 t."""
    logits = F.normalize(q, dim=1) @ F.normalize(k, dim=1).T / t
    return 2 * t * F.cross_entropy(logits, torch.arange(len(q)))


cases = []
for temperature in (1.0, 0.2, 0.05):
    queries = [rand(6, 5).requires_grad_() for _ in range(2)]
    keys = [rand(6, 5) for _ in range(2)]
    loss = ctr(queries[0], keys[1], temperature) + ctr(queries[1], keys[0], temperature)
    loss.backward()
    cases.append(
        {
            "temperature": temperature,
            "queries": [q.tolist() for q in queries],
            "keys": [k.tolist() for k in keys],
            "loss": loss.item(),
            "gradients": [q.grad.tolist() for q in queries],
        }
    )
path.write_text(json.dumps({"versions": "torch 2.13.0", "script": "tools/golden/moco_v3.py", "cases": cases}) + "\n")
