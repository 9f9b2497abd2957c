"""Golden values of the joint-embedding losses: lightly's loss classes, gradients by autograd.

Run: python tools/golden/joint_embedding.py   (torch 2.13.0, lightly 1.6.0)
Writes packages/{cca,distill,contrastive}/src/__fixtures__/*.json
"""

import json
from pathlib import Path

import lightly.loss as L
import torch
import torch.nn.functional as F
from lightly.loss.swav_loss import sinkhorn

root = Path(__file__).resolve().parents[2] / "packages"
generator = torch.Generator().manual_seed(0)


def rand(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator)


def case(loss, *tensors: torch.Tensor, **extra):
    inputs = [t.clone().requires_grad_() for t in tensors]
    value = loss(*inputs)
    value.backward()
    return {
        "inputs": [t.tolist() for t in tensors],
        "loss": value.item(),
        "gradients": [None if t.grad is None else t.grad.tolist() for t in inputs],
        **extra,
    }


def write(package: str, name: str, cases) -> None:
    path = root / package / "src" / "__fixtures__" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"versions": "torch 2.13.0, lightly 1.6.0", "script": "tools/golden/joint_embedding.py", "cases": cases}) + "\n")


a, b = rand(8, 6), rand(8, 6)
near = a + 0.1 * b
write("cca", "barlow-twins", [case(L.BarlowTwinsLoss(lambda_param=l), x, y, lambda_=l) for l in (5e-3, 0.1) for x, y in ((a, b), (a, near))])
write(
    "cca",
    "vicreg",
    [
        case(L.VICRegLoss(lambda_param=i, mu_param=v, nu_param=c), x, y, invariance=i, variance=v, covariance=c)
        for i, v, c in ((25.0, 25.0, 1.0), (1.0, 10.0, 2.0))
        for x, y in ((a, b), (a * 0.2, near))
    ],
)
scores = [F.normalize(rand(8, 6), dim=1) @ F.normalize(rand(6, 5), dim=0) for _ in range(4)]
queue = [F.normalize(rand(6, 6), dim=1) @ F.normalize(rand(6, 5), dim=0) for _ in range(2)]
write(
    "cca",
    "swav",
    [
        case(lambda *s: L.SwaVLoss(temperature=t)(list(s[:2]), list(s[2:4]), list(s[4:]) or None).sum(), *scores, *extra, temperature=t, highResolution=2, lowResolution=2)
        for t, extra in ((0.1, []), (0.2, []), (0.1, queue))
    ],
)
write(
    "cca",
    "sinkhorn",
    [{"scores": s.tolist(), "epsilon": e, "iterations": n, "codes": sinkhorn(s, iterations=n, epsilon=e).tolist()} for s in scores[:2] for e, n in ((0.05, 3), (0.5, 1), (0.03, 10))],
)
cosine = L.NegativeCosineSimilarity()
p1, p2, z1, z2 = rand(8, 6), rand(8, 6), rand(8, 6), rand(8, 6)
write("distill", "simsiam", [case(lambda p, q: 0.5 * (cosine(p, z2) + cosine(q, z1)), p1, p2, targets=[z1.tolist(), z2.tolist()])])


def byol(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Equation 2 of the paper, symmetrised: |p/|p| - z'/|z'||^2, summed over the two directions."""
    squared = lambda x, y: (F.normalize(x, dim=1) - F.normalize(y, dim=1)).pow(2).sum(1)  # noqa: E731
    return (squared(p, z2) + squared(q, z1)).mean()


write("distill", "byol", [case(byol, p1, p2, targets=[z1.tolist(), z2.tolist()])])

# MoCo: lightly's NTXentLoss with its memory bank filled by hand (columns are the queue's keys).
queries, keys, bank = F.normalize(rand(8, 6), dim=1), F.normalize(rand(8, 6), dim=1), F.normalize(rand(12, 6), dim=1)


def moco(temperature: float):
    def loss(q: torch.Tensor) -> torch.Tensor:
        criterion = L.NTXentLoss(temperature=temperature, memory_bank_size=(12, 6))
        criterion.memory_bank.bank = bank.T.clone() if criterion.memory_bank.bank.shape[0] == 6 else bank.clone()
        criterion.memory_bank.bank_ptr = torch.zeros(1, dtype=torch.long)
        return criterion(q, keys)

    return loss


write(
    "contrastive",
    "info-nce",
    [case(moco(t), queries, keys=keys.tolist(), negatives=bank.tolist(), temperature=t) for t in (0.07, 0.2, 1.0)],
)

# DINO, iBOT, KoLeo: targets are made of a fixed centre, as the loss classes do before they move it.
students, teachers = [rand(8, 6) for _ in range(4)], [rand(8, 6) for _ in range(2)]
centre = rand(6)


def dino(*s: torch.Tensor) -> torch.Tensor:
    criterion = L.DINOLoss(output_dim=6)
    criterion.center.copy_(centre)
    return criterion(teachers, list(s), teacher_temp=0.05)


write("distill", "dino", [case(dino, *students, teachers=[t.tolist() for t in teachers], centre=centre.tolist(), teacherTemperature=0.05)])

mask = torch.tensor([[[1, 0, 1], [0, 0, 1]], [[0, 0, 0], [0, 0, 0]], [[1, 1, 1], [1, 1, 0]]]).bool()
patches, teacher_patches = rand(3, 6, 5), rand(3, 6, 5)
patch_centre = rand(1, 5)


def ibot(s: torch.Tensor) -> torch.Tensor:
    criterion = L.IBOTPatchLoss(output_dim=5)
    criterion.center.center = patch_centre.clone()
    return criterion(teacher_patches[mask.flatten(1)], s[mask.flatten(1)], mask, teacher_temp=0.06)


write(
    "distill",
    "ibot",
    [case(ibot, patches, teachers=teacher_patches.tolist(), centre=patch_centre[0].tolist(), mask=mask.flatten(1).int().tolist(), teacherTemperature=0.06)],
)
write("distill", "koleo", [case(L.KoLeoLoss(), rand(n, 4)) for n in (2, 8)])
