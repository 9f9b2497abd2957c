"""Golden values of fine-tuning's loss in @ssl/eval from PyTorch: run with the Python of a virtual environment that has torch.

    python tools/golden/eval_finetune.py

Writes packages/eval/src/finetune/__fixtures__/label-smoothing.json: values and gradients of
torch.nn.functional.cross_entropy with label_smoothing, for class numbers and for mixed (soft) labels.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_num_threads(1)
FIXTURE = Path(__file__).resolve().parents[2] / "packages/eval/src/finetune/__fixtures__/label-smoothing.json"
generator = torch.Generator().manual_seed(7)
ROWS, CLASSES = 5, 4
logits = 3 * torch.randn(ROWS, CLASSES, generator=generator)
classes = torch.tensor([0, 3, 1, 1, 2])
hard = F.one_hot(classes, CLASSES).float()
share = torch.rand(ROWS, 1, generator=generator)
soft = share * hard + (1 - share) * hard.flip(0)


def case(labels, targets, smoothing):
    x = logits.clone().requires_grad_()
    losses = F.cross_entropy(x, targets, label_smoothing=smoothing, reduction="none")
    losses.mean().backward()
    return {
        "labels": labels.flatten().tolist(),
        "smoothing": smoothing,
        "losses": losses.tolist(),
        "gradient": x.grad.flatten().tolist(),
    }


cases = [case(hard, classes, s) for s in (0.0, 0.1, 0.5)] + [case(soft, soft, s) for s in (0.0, 0.1)]
FIXTURE.parent.mkdir(exist_ok=True)
data = {"versions": {"torch": torch.__version__}, "shape": [ROWS, CLASSES], "logits": logits.flatten().tolist(), "cases": cases}
FIXTURE.write_text(json.dumps(data, indent=1) + "\n")
