"""Golden values of BEiT's tokenizers and loss: the papers' formulas in PyTorch, with seeded weights.

Run: python tools/golden/beit.py   (torch 2.13.0)
Writes packages/mim/src/__fixtures__/{beit.json,dvae.safetensors}
"""

import json
import math
from pathlib import Path

import safetensors.torch
import torch
from torch import nn
from torch.distributions import Categorical, Laplace, TransformedDistribution, kl_divergence
from torch.distributions.transforms import AffineTransform, SigmoidTransform
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(11)
out = Path(__file__).resolve().parents[2] / "packages/mim/src/__fixtures__"


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]}


def nhwc(tensor):
    return pack(tensor.permute(0, 2, 3, 1))


# --- The dVAE's networks, after the description in appendix A.1 of "Zero-Shot Text-to-Image Generation".
class Block(nn.Module):
    def __init__(self, inputs, outputs, gain, kernels):
        super().__init__()
        hidden = outputs // 4
        self.gain = gain
        sides = [inputs, *[hidden] * (len(kernels) - 1), outputs]
        self.res_path = nn.Sequential()
        for i, kernel in enumerate(kernels):
            self.res_path.add_module(f"relu_{i + 1}", nn.ReLU())
            self.res_path.add_module(f"conv_{i + 1}", nn.Conv2d(sides[i], sides[i + 1], kernel, padding=kernel // 2))
        self.id_path = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return self.id_path(x) + self.gain * self.res_path(x)


def groups(widths, inputs, kernels, blocks, scale):
    gain = 1 / (len(widths) * blocks) ** 2
    parts = []
    for g, width in enumerate(widths):
        group = nn.Sequential()
        for b in range(blocks):
            group.add_module(f"block_{b + 1}", Block(inputs, width, gain, kernels))
            inputs = width
        if g < len(widths) - 1:
            group.add_module("scale", scale)
        parts.append((f"group_{g + 1}", group))
    return parts


width, blocks, vocabulary, channels = 8, 2, 12, 3
trunk = nn.Sequential()
trunk.add_module("input", nn.Conv2d(channels, width, 7, padding=3))
for name, part in groups([8, 16, 32], width, [3, 3, 3, 1], blocks, nn.MaxPool2d(2)):
    trunk.add_module(name, part)
trunk.add_module("relu", nn.ReLU())
head = nn.Conv2d(32, vocabulary, 1)
decoder = nn.Sequential()
decoder.add_module("input", nn.Conv2d(vocabulary, 8, 1))
for name, part in groups([32, 16, 8], 8, [1, 3, 3, 3], blocks, nn.Upsample(scale_factor=2, mode="nearest")):
    decoder.add_module(name, part)
decoder.add_module("relu", nn.ReLU())
decoder.add_module("output", nn.Conv2d(8, 2 * channels, 1))
modules = {"backbone.trunk": trunk, "backbone.head": head, "decoder": decoder}
with torch.no_grad():
    for module in modules.values():
        for name, p in module.named_parameters():
            p.copy_(torch.randn_like(p) * (0.2 if p.ndim == 1 else 1.5 / math.sqrt(p[0].numel())))

images = torch.rand(2, channels, 8, 8)
epsilon, temperature, kl_weight = 0.1, 0.7, 6.6
mapped = (1 - 2 * epsilon) * images + epsilon
logits = head(trunk(mapped))
gumbel = -torch.log(-torch.log(torch.rand_like(logits).clamp(1e-6, 1 - 1e-6)))
relaxed = F.softmax((logits + gumbel) / temperature, dim=1)
decoded = decoder(relaxed)
mean, log_scale = decoded.chunk(2, dim=1)
# A Laplace distribution over the logits of pixels, as torch.distributions has it.
density = TransformedDistribution(Laplace(mean, log_scale.exp()), [SigmoidTransform()])
reconstruction = -density.log_prob(mapped).mean()
q = Categorical(logits=logits.permute(0, 2, 3, 1))
kl = kl_divergence(q, Categorical(logits=torch.zeros(vocabulary))).mean()
# beta KL summed over tokens, both terms divided by the number of pixels and channels.
loss = reconstruction + kl_weight * kl * (2 * 2) / (8 * 8 * channels)
wanted = {
    "trunkInput": trunk.input.weight,
    "head": head.weight,
    "decoderOutput": decoder.output.weight,
    "decoderInput": decoder.input.weight,
}
gradients = dict(zip(wanted, torch.autograd.grad(loss, list(wanted.values()))))
pictures = ((torch.sigmoid(mean) - epsilon) / (1 - 2 * epsilon)).clamp(0, 1)
dvae = {
    "images": nhwc(images),
    "gumbel": nhwc(gumbel),
    "temperature": temperature,
    "klWeight": kl_weight,
    "logits": nhwc(logits),
    "relaxed": nhwc(relaxed),
    "decoded": nhwc(decoded),
    "pictures": nhwc(pictures),
    "reconstruction": reconstruction.item(),
    "kl": kl.item(),
    "loss": loss.item(),
    "tokens": logits.argmax(1).flatten(1).tolist(),
    # Convolutions as files have them: [out, in, height, width].
    "gradients": {name: pack(g) for name, g in gradients.items()},
}

# --- Gumbel softmax, soft and straight-through: PyTorch's own, given the same noise.
raw = torch.randn(5, 6, requires_grad=True)
noise = -torch.log(-torch.log(torch.rand(5, 6)))
weights = torch.randn(5, 6)
gumbel_cases = []
for hard in (False, True):
    soft = F.softmax((raw + noise) / 0.4, dim=-1)
    sample = soft
    if hard:
        sample = F.one_hot(soft.argmax(-1), 6).float() - soft.detach() + soft
    (gradient,) = torch.autograd.grad((sample * weights).sum(), raw)
    gumbel_cases.append({"straightThrough": hard, "sample": pack(sample), "gradient": pack(gradient)})

# --- The vector quantizer of BEiT v2: nearest unit code, straight-through, moving means.
vectors = F.normalize(torch.randn(10, 4), dim=1).requires_grad_()
codebook = F.normalize(torch.randn(6, 4), dim=1)
distances = torch.cdist(vectors, codebook) ** 2
tokens = distances.argmin(1)
codes = codebook[tokens]
target = torch.randn(10, 4)
projection = torch.randn(4, 4)
through = vectors + (codes - vectors).detach()
cosine = F.cosine_similarity(through @ projection, target, dim=-1).mean()
commitment = F.mse_loss(vectors, codes.detach())
vq_loss = (1 - cosine) + commitment
(vq_gradient,) = torch.autograd.grad(vq_loss, vectors)
moved = codebook.clone()
for k in range(6):
    chosen = vectors[tokens == k].detach()
    if len(chosen) > 0:
        moved[k] = 0.9 * codebook[k] + 0.1 * F.normalize(chosen.mean(0), dim=0)
moved = F.normalize(moved, dim=1)

# --- BEiT's loss.
answers = torch.randn(3, 7, 9, requires_grad=True)
labels = torch.randint(0, 9, (3, 7))
mask = (torch.rand(3, 7) < 0.4).float()
where = mask.bool()
token_loss = nn.CrossEntropyLoss()(answers[where], labels[where])
(token_gradient,) = torch.autograd.grad(token_loss, answers)
accuracy = (answers[where].argmax(-1) == labels[where]).float().mean()
share = torch.bincount(labels.flatten(), minlength=9) / labels.numel()

(out / "beit.json").write_text(
    json.dumps(
        {
            "versions": f"torch {torch.__version__.split('+')[0]}",
            "script": "tools/golden/beit.py",
            "dvae": dvae,
            "gumbelSoftmax": {"logits": pack(raw), "noise": pack(noise), "weights": pack(weights), "temperature": 0.4, "cases": gumbel_cases},
            "quantizer": {
                "vectors": pack(vectors),
                "codebook": pack(codebook),
                "tokens": tokens.tolist(),
                "projection": pack(projection),
                "target": pack(target),
                "cosine": cosine.item(),
                "commitment": commitment.item(),
                "gradient": pack(vq_gradient),
                "momentum": 0.9,
                "moved": pack(moved),
            },
            "maskedTokens": {
                "logits": pack(answers),
                "tokens": labels.tolist(),
                "mask": mask.tolist(),
                "loss": token_loss.item(),
                "accuracy": accuracy.item(),
                "gradient": pack(token_gradient),
                "perplexity": Categorical(probs=share).perplexity().item(),
                "used": (share > 0).float().mean().item(),
            },
        }
    )
    + "\n"
)
state = {f"{prefix}.{name}": p.detach().contiguous() for prefix, module in modules.items() for name, p in module.state_dict().items()}
safetensors.torch.save_file(state, out / "dvae.safetensors")
