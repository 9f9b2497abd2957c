"""Golden values of NT-Xent: lightly's NTXentLoss, and the formula of SimCLR's objective.py written out.

Run: python tools/golden/nt_xent.py > packages/contrastive/src/__fixtures__/nt-xent.json
"""

import json

import lightly
import torch
from lightly.loss import NTXentLoss


def simclr_objective(hidden1, hidden2, temperature):
    """add_contrastive_loss of google-research/simclr: two softmaxes over [other view | same view without self]."""
    a, b = (torch.nn.functional.normalize(h, dim=1) for h in (hidden1, hidden2))
    n = a.shape[0]
    masks = torch.eye(n) * 1e9
    aa, bb = a @ a.T / temperature - masks, b @ b.T / temperature - masks
    ab, ba = a @ b.T / temperature, b @ a.T / temperature
    labels = torch.arange(n)
    loss_a = torch.nn.functional.cross_entropy(torch.cat([ab, aa], 1), labels)
    loss_b = torch.nn.functional.cross_entropy(torch.cat([ba, bb], 1), labels)
    return (loss_a + loss_b) / 2  # the code adds them; lightly and the paper's equation average over 2N


cases = []
for seed, (n, d, temperature, scale) in enumerate([(6, 4, 0.1, 1), (5, 8, 0.5, 3), (2, 3, 0.2, 1), (8, 16, 0.05, 1), (4, 4, 0.01, 1)]):
    generator = torch.Generator().manual_seed(seed)
    a = (scale * torch.randn(n, d, generator=generator)).requires_grad_()
    b = (a + 0.5 * torch.randn(n, d, generator=generator)).detach().requires_grad_()
    loss = NTXentLoss(temperature=temperature)(a, b)
    loss.backward()
    cases.append(
        {
            "temperature": temperature,
            "a": a.tolist(),
            "b": b.tolist(),
            "lightly": loss.item(),
            "simclr": simclr_objective(a, b, temperature).item(),
            "gradients": [a.grad.tolist(), b.grad.tolist()],
        }
    )
print(json.dumps({"versions": {"torch": torch.__version__, "lightly": lightly.__version__}, "cases": cases}))
