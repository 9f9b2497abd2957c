"""Runs the Python that `ssl export --json` prints, so that PyTorch itself says whether a file loads with strict=True.

Needs: torch 2.13, torchvision, timm, safetensors. Run: ssl export RUN --json | python tools/golden/weights_strict.py
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
    with torch.no_grad():
        features = model(torch.zeros(1, *event["preprocessing"]["input_size"]))
    print(event["to"], type(model).__name__, event["tensors"], "tensors, strict=True; features", list(features.shape))
