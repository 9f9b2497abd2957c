"""Runs the Python that `ssl export --json` prints, so that PyTorch itself says whether a file loads with strict=True.

Needs: torch 2.13, torchvision, timm, safetensors. Run: ssl export RUN --to timm --json | python tools/golden/weights_strict.py
"""

import json
import sys

import torch

for line in sys.stdin:
    event = json.loads(line)
    if event.get("event") != "exported":
        continue
    scope = {"torch": torch}
    exec(event["python"], scope)  # noqa: S102: what this repository's own command printed
    model = scope["model"].eval()
    shape = next(p for p in model.parameters() if p.ndim == 4).shape
    size = getattr(getattr(model, "patch_embed", None), "img_size", None) or (getattr(model, "image_size", 224),) * 2
    with torch.no_grad():
        features = model(torch.zeros(1, shape[1], *size))
    print(event["to"], type(model).__name__, event["tensors"], "tensors, strict=True; features", list(features.shape))
