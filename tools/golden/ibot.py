"""Golden values of the whole objectives of iBOT and DINOv2, from bottleneck vectors to the loss and its gradients.

iBOT: lightly's DINOLoss and IBOTPatchLoss with their centres. DINOv2: the sum over crops, masked patches, Sinkhorn-Knopp over all
crops (masked patches alone), and lightly's KoLeoLoss, written from the paper.

Run: python tools/golden/ibot.py   (torch 2.13.0, lightly 1.6)
Writes packages/distill/src/__fixtures__/ibot-objective.json
"""

import json
from pathlib import Path

import lightly.loss as L
import torch
import torch.nn.functional as F

path = Path(__file__).resolve().parents[2] / "packages/distill/src/__fixtures__/ibot-objective.json"
torch.manual_seed(11)
B, P, BOTTLENECK, K, KP, WIDTH, CROPS = 4, 5, 6, 7, 8, 9, 4
T, TT, PT = 0.1, 0.05, 0.06
unit = lambda *shape: F.normalize(torch.randn(*shape), dim=-1)  # noqa: E731
student = [unit(B, BOTTLENECK).requires_grad_() for _ in range(CROPS)]
teacher = [unit(B, BOTTLENECK) for _ in range(2)]
student_patches = unit(B, 2, P, BOTTLENECK).requires_grad_()
teacher_patches = unit(B, 2, P, BOTTLENECK)
features = [torch.randn(B, WIDTH).requires_grad_() for _ in range(2)]
hidden = torch.tensor([[[1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], [[1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], [[0, 0, 0, 0, 0], [1, 1, 1, 0, 0]], [[0, 0, 0, 0, 0]] * 2]).float()
last = {n: torch.randn(k, BOTTLENECK) for n, k in (("student", K), ("teacher", K), ("student_patches", KP), ("teacher_patches", KP))}
centres = {"cls": 0.3 * torch.randn(K), "patches": 0.3 * torch.randn(KP)}
logits = lambda x, name: x @ F.normalize(last[name], dim=1).T  # noqa: E731


def sinkhorn(scores: torch.Tensor, rounds: int = 3) -> torch.Tensor:
    """Rows are samples: columns to 1 / K, rows to 1 / samples, three times; then rows to 1."""
    q = torch.exp(scores)
    q = q / q.sum()
    for _ in range(rounds):
        q = q / q.sum(0, keepdim=True) / q.shape[1]
        q = q / q.sum(1, keepdim=True) / q.shape[0]
    return q * q.shape[0]


def cross_entropy(targets: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return -(targets * F.log_softmax(x / T, -1)).sum(-1)


def ibot() -> tuple[torch.Tensor, torch.Tensor]:
    dino = L.DINOLoss(output_dim=K)
    dino.center.copy_(centres["cls"])
    cls = dino([logits(t, "teacher") for t in teacher], [logits(s, "student") for s in student], teacher_temp=TT)
    patch = L.IBOTPatchLoss(output_dim=KP)
    patch.center.center = centres["patches"][None].clone()
    mask = hidden.flatten(0, 1).bool()
    t, s = logits(teacher_patches, "teacher_patches").flatten(0, 1), logits(student_patches, "student_patches").flatten(0, 1)
    return cls, patch(t[mask], s[mask], mask[:, None], teacher_temp=PT)


def dinov2() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    targets = sinkhorn(logits(torch.cat(teacher), "teacher") / TT).chunk(2)
    pairs = [(t, s) for t in range(2) for s in range(CROPS) if s != t]
    cls = sum(cross_entropy(targets[t], logits(student[s], "student")).mean() for t, s in pairs) / len(pairs)
    mask = hidden.bool()
    patch_targets = sinkhorn(logits(teacher_patches[mask], "teacher_patches") / PT)
    weights = (hidden / hidden.sum(-1, keepdim=True).clamp(min=1))[mask]
    patch = (cross_entropy(patch_targets, logits(student_patches[mask], "student_patches")) * weights).sum() / (2 * B)
    koleo = sum(L.KoLeoLoss()(f) for f in features)
    return cls, patch, koleo


cases = {}
for name, parts in (("ibot", ibot()), ("dinov2", dinov2())):
    loss = parts[0] + parts[1] + (0.1 * parts[2] if len(parts) == 3 else 0)
    inputs = [*student, student_patches, *(features if name == "dinov2" else [])]
    gradients = torch.autograd.grad(loss, inputs, retain_graph=True)
    cases[name] = {"loss": loss.item(), "parts": [p.item() for p in parts], "gradients": [g.tolist() for g in gradients]}
seen = logits(teacher_patches, "teacher_patches")[hidden.bool()]
path.write_text(
    json.dumps(
        {
            "versions": "torch 2.13.0, lightly 1.6",
            "script": "tools/golden/ibot.py",
            "student": [s.tolist() for s in student],
            "teacher": [t.tolist() for t in teacher],
            "studentPatches": student_patches.tolist(),
            "teacherPatches": teacher_patches.tolist(),
            "features": [f.tolist() for f in features],
            "hidden": hidden.tolist(),
            "lastLayers": {n: w.tolist() for n, w in last.items()},
            "centres": {n: c.tolist() for n, c in centres.items()},
            "newCentres": {
                "cls": (0.9 * centres["cls"] + 0.1 * logits(torch.cat(teacher), "teacher").mean(0)).tolist(),
                "patches": (0.9 * centres["patches"] + 0.1 * seen.mean(0)).tolist(),
            },
            "temperatures": [T, TT, PT],
            **cases,
        }
    )
    + "\n"
)
