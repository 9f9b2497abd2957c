"""Golden values of gradient clipping: PyTorch's `clip_grad_norm_` over everything, over each parameter, over each module.

Run: python tools/golden/clip_gradients.py   (torch 2.13.0)
Writes packages/core/src/optimizers/__fixtures__/clip-gradients.json
"""

import json
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_

LIMIT = 1.5
# Parameters over the limit on their own, only with their module, and in neither way.
SCALES = {"backbone.conv.weight": ((2, 3), 2.0), "backbone.norm.bias": ((3,), 0.2), "head.0.weight": ((2, 2), 1.5), "last_layer.weight": ((3, 2), 0.5), "patch_head.0.bias": ((2,), 0.1)}
generator = torch.Generator().manual_seed(5)
gradients = {name: scale * torch.randn(shape, generator=generator) for name, (shape, scale) in SCALES.items()}


def module_of(name: str) -> str:
    return "head" if name.startswith("last_layer") else name.split(".")[0]


def clipped(group_of) -> dict:
    params = {name: torch.nn.Parameter(torch.zeros_like(g)) for name, g in gradients.items()}
    for name, p in params.items():
        p.grad = gradients[name].clone()
    for group in dict.fromkeys(map(group_of, params)):
        clip_grad_norm_([p for name, p in params.items() if group_of(name) == group], LIMIT)
    return {name: p.grad.flatten().tolist() for name, p in params.items()}


path = Path(__file__).resolve().parents[2] / "packages/core/src/optimizers/__fixtures__/clip-gradients.json"
path.write_text(
    json.dumps(
        {
            "versions": f"torch {torch.__version__.split('+')[0]}",
            "script": "tools/golden/clip_gradients.py",
            "limit": LIMIT,
            "gradients": {name: {"shape": list(g.shape), "values": g.flatten().tolist()} for name, g in gradients.items()},
            "all": clipped(lambda name: ""),
            "parameter": clipped(lambda name: name),
            "module": clipped(module_of),
        },
        indent=1,
    )
    + "\n"
)
