"""Golden values of PyTorch for the operations of core/src/ops: outputs and gradients.

Needs: torch 2.13. Run: python tools/golden/ops.py
Every case has named inputs, outputs, and gradients of sum(output * cotangent) with respect to the inputs.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
cases = {}


def normal(*shape, scale=1.0, shift=0.0):
    return torch.randn(*shape, generator=generator) * scale + shift


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


def case(name, function, inputs, fixed=(), **others):
    """`function(**inputs)` gives the differentiated output; `others` are more outputs to compare."""
    leaves = {k: v.clone().requires_grad_(k not in fixed) for k, v in inputs.items()}
    output = function(**leaves)
    cotangent = normal(*output.shape)
    (output * cotangent).sum().backward()
    cases[name] = {
        "inputs": {k: pack(v) for k, v in inputs.items()},
        "output": pack(output),
        "cotangent": pack(cotangent),
        "gradients": {k: pack(v.grad) for k, v in leaves.items() if v.grad is not None},
        "others": {k: pack(v) for k, v in others.items()},
    }



for name, shape in {"batchNorm2": (6, 3), "batchNorm4": (2, 3, 4, 3)}.items():
    x = normal(*shape, scale=2, shift=1)
    moved = x.movedim(-1, 1)
    # momentum 1: the running statistics are those of the batch, the variance unbiased
    mean, variance = torch.zeros(3), torch.ones(3)
    F.batch_norm(moved, mean, variance, training=True, momentum=1.0)
    case(
        name,
        lambda x, scale, offset: F.batch_norm(x.movedim(-1, 1), None, None, scale, offset, training=True).movedim(1, -1),
        {"x": x, "scale": normal(3), "offset": normal(3)},
        mean=mean,
        variance=variance,
    )

case("layerNorm", lambda x, scale, offset: F.layer_norm(x, (5,), scale, offset, 1e-6), {"x": normal(2, 3, 5, scale=3), "scale": normal(5), "offset": normal(5)})
wide = torch.tensor([-20.0, -5.0, -1.5, -0.3, 0.0, 0.2, 0.9, 2.5, 6.0, 30.0])
case("geluExact", lambda x: F.gelu(x), {"x": wide})
case("geluTanh", lambda x: F.gelu(x, approximate="tanh"), {"x": wide})
case("logSoftmax", lambda logits: F.log_softmax(logits, -1), {"logits": normal(3, 5, scale=30)})
soft = torch.softmax(normal(4, 5), -1)
case("crossEntropySoft", lambda logits, labels: F.cross_entropy(logits, labels, reduction="none"), {"logits": normal(4, 5, scale=4), "labels": soft}, fixed=("labels",))
hard = F.one_hot(torch.tensor([0, 3, 1]), 5).float()
case("crossEntropyHard", lambda logits, labels: F.cross_entropy(logits, labels, reduction="none"), {"logits": normal(3, 5, scale=20), "labels": hard}, fixed=("labels",))
rows = normal(4, 3)
rows[1] *= 1e-14
case("l2Normalize", lambda x: F.normalize(x, dim=-1), {"x": rows})
case(
    "attention",
    lambda query, key, value: F.scaled_dot_product_attention(query, key, value),
    {"query": normal(2, 2, 5, 4), "key": normal(2, 2, 7, 4, scale=2), "value": normal(2, 2, 7, 4)},
)
case(
    "attentionBias",
    lambda query, key, value, bias: F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=0.3),
    {"query": normal(1, 2, 4, 4), "key": normal(1, 2, 4, 4), "value": normal(1, 2, 4, 4), "bias": normal(1, 2, 4, 4)},
)
lengths = (5, 2, 2, 3)
same_sequence = torch.block_diag(*[torch.ones(n, n) for n in lengths]).bool()
case(
    "attentionLengths",
    lambda query, key, value: F.scaled_dot_product_attention(query, key, value, attn_mask=same_sequence),
    {"query": normal(2, 2, 12, 4), "key": normal(2, 2, 12, 4, scale=2), "value": normal(2, 2, 12, 4)},
)

out = pathlib.Path(__file__).parents[2] / "packages/core/src/ops/__fixtures__/ops.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({"madeBy": "tools/golden/ops.py", "torch": torch.__version__, "cases": cases}) + "\n")
