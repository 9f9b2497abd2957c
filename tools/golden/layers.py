"""Golden outputs and gradients of PyTorch's layers for core/src/modules/layers.golden.test.ts.

Needs: torch 2.13. Run: python tools/golden/layers.py
Images are NHWC in the fixture; weights are PyTorch's (convolutions OIHW).
"""

import json
import pathlib

import torch

torch.set_num_threads(1)
torch.manual_seed(0)


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]}


def last(x):
    return x.movedim(1, -1) if x.ndim == 4 else x


cases = []


def case(kind, options, layer, *shape, training=True):
    x = torch.randn(*shape).requires_grad_()
    state = {k: v.clone() for k, v in layer.state_dict().items()}
    layer.train(training)
    y = layer(x)
    cotangent = torch.randn_like(y)
    (y * cotangent).sum().backward()
    cases.append(
        {
            "kind": kind,
            "options": options,
            "training": training,
            "state": {k: pack(v) for k, v in state.items() if v.ndim},
            "input": pack(last(x)),
            "output": pack(last(y)),
            "cotangent": pack(last(cotangent)),
            "inputGradient": pack(last(x.grad)),
            "gradients": {k: pack(v.grad) for k, v in layer.named_parameters()},
            "buffers": {k: pack(v) for k, v in layer.named_buffers() if v.ndim},
        }
    )


for inputs, outputs, kernel, stride, padding, groups, bias, size in [
    (2, 3, 3, 1, 1, 1, True, 5),
    (2, 3, 3, 2, 1, 1, False, 6),
    (2, 3, 3, 2, 1, 1, True, 5),
    (1, 2, 7, 2, 3, 1, False, 9),
    (3, 2, 1, 2, 0, 1, True, 5),
    (2, 2, 3, 1, 0, 1, True, 4),
    (2, 2, 5, 3, 2, 1, True, 8),
    (4, 4, 3, 1, 1, 4, True, 4),
    (2, 4, 3, 2, 1, 2, False, 5),
    (4, 6, 3, 1, 1, 2, True, 4),
]:
    options = {"inputs": inputs, "outputs": outputs, "kernel": kernel, "stride": stride, "padding": padding, "groups": groups, "bias": bias}
    layer = torch.nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=bias)
    case("conv2d", options, layer, 2, inputs, size, size)

for bias in [True, False]:
    case("linear", {"inputs": 4, "outputs": 3, "bias": bias}, torch.nn.Linear(4, 3, bias=bias), 5, 4)
case("linear", {"inputs": 4, "outputs": 3, "bias": True}, torch.nn.Linear(4, 3), 2, 3, 4)

for kernel, stride, padding, size in [(2, 2, 0, 4), (3, 2, 1, 6), (3, 2, 1, 5), (3, 1, 1, 4)]:
    options = {"kernel": kernel, "stride": stride, "padding": padding}
    case("maxPool", options, torch.nn.MaxPool2d(kernel, stride, padding), 2, 2, size, size)
    case("averagePool", options, torch.nn.AvgPool2d(kernel, stride, padding), 2, 2, size, size)

for training in [True, False]:
    for affine in [True, False]:
        norm = torch.nn.BatchNorm2d(3, affine=affine, momentum=0.2)
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        case("batchNorm", {"channels": 3, "affine": affine, "momentum": 0.2}, norm, 3, 3, 2, 2, training=training)
        norm = torch.nn.BatchNorm1d(3, affine=affine, eps=1e-3)
        case("batchNorm", {"channels": 3, "affine": affine, "epsilon": 1e-3}, norm, 6, 3, training=training)

norm = torch.nn.GroupNorm(2, 4)
torch.nn.init.normal_(norm.weight)
torch.nn.init.normal_(norm.bias)
case("groupNorm", {"groups": 2, "channels": 4}, norm, 2, 4, 3, 3)
norm = torch.nn.LayerNorm(4, eps=1e-6)
torch.nn.init.normal_(norm.weight)
case("layerNormalization", {"features": 4, "epsilon": 1e-6}, norm, 2, 3, 4)
case("silu", {}, torch.nn.SiLU(), 2, 5)

simclr = torch.nn.Sequential(torch.nn.Linear(4, 5, bias=False), torch.nn.BatchNorm1d(5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
case("mlp", {"widths": [4, 5, 2]}, simclr, 6, 4)
simsiam = torch.nn.Sequential(
    torch.nn.Linear(4, 5, bias=False), torch.nn.BatchNorm1d(5), torch.nn.ReLU(),
    torch.nn.Linear(5, 5, bias=False), torch.nn.BatchNorm1d(5), torch.nn.ReLU(),
    torch.nn.Linear(5, 3, bias=False), torch.nn.BatchNorm1d(3, affine=False),
)
case("mlp", {"widths": [4, 5, 5, 3], "batchNorm": "all", "lastAffine": False}, simsiam, 6, 4)
plain = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3, bias=False))
case("mlp", {"widths": [4, 5, 3], "batchNorm": "none", "lastBias": False}, plain, 6, 4)

out = pathlib.Path(__file__).parents[2] / "packages/core/src/modules/__fixtures__/layers.json"
out.write_text(json.dumps({"madeBy": "tools/golden/layers.py", "torch": torch.__version__, "cases": cases}) + "\n")
