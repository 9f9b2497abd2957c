"""Golden logits of torchvision's ResNets for core/src/modules/resnet.golden.test.ts, and safetensors files for core/src/files.

Needs: torch 2.13, torchvision, safetensors 0.8. Run: python tools/golden/resnet.py

Weights are not stored: both sides fill them from the formula `seeded` below (a 32-bit integer hash of the tensor's
name and the index), so that whole networks fit into a small fixture.
"""

import json
import pathlib

import numpy as np
import safetensors
import safetensors.torch
import torch
import torchvision

torch.set_num_threads(2)
FIXTURES = pathlib.Path(__file__).parents[2] / "packages/core/src"


def seeded(name, count):
    """float32 in [-1, 1): the 32-bit finaliser of MurmurHash3 over FNV-1a of the name plus the index."""
    state = 0x811C9DC5
    for byte in name.encode():
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) + np.uint32(state)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return (h.astype(np.float64) / 2**31 - 1).astype(np.float32)


def fill(model):
    """Kaiming-sized weights, statistics that are not trivial."""
    state = model.state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        values = torch.from_numpy(seeded(name, tensor.numel())).reshape(tensor.shape)
        if name.endswith("running_var"):
            values = 1 + 0.5 * values
        elif tensor.ndim == 4:
            values = values * np.float32(np.sqrt(3 / (tensor[0].numel())))
        elif tensor.ndim == 2:
            values = values * np.float32(np.sqrt(1 / tensor.shape[1]))
        elif name.endswith("weight"):
            values = 1 + 0.2 * values
        else:
            values = 0.2 * values
        state[name] = values.float()
    model.load_state_dict(state)
    return model


class Scaled(torchvision.models.ResNet):
    """torchvision's ResNet with `width` channels in the first stage instead of 64, and the CIFAR stem if asked for."""

    def __init__(self, block, depths, width, stem, classes):
        super().__init__(block, depths, num_classes=classes)
        self.inplanes = width
        if stem == "cifar":
            self.conv1 = torch.nn.Conv2d(3, width, 3, 1, 1, bias=False)
            self.maxpool = torch.nn.Identity()
        else:
            self.conv1 = torch.nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        for stage, depth in enumerate(depths):
            layer = self._make_layer(block, width * 2**stage, depth, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", layer)
        self.fc = torch.nn.Linear(width * 8 * block.expansion, classes)


BASIC, BOTTLENECK = torchvision.models.resnet.BasicBlock, torchvision.models.resnet.Bottleneck


def images(size, batch=2):
    values = torch.from_numpy(seeded("images", batch * 3 * size * size)).reshape(batch, size, size, 3)
    return values.permute(0, 3, 1, 2)


def pack(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


def shapes(model):
    return [[name, list(tensor.shape)] for name, tensor in model.state_dict().items()]


cases = {}
for name, block, depths, stem, size in [
    ("resnet18", BASIC, [2, 2, 2, 2], "imagenet", 64),
    ("resnet34", BASIC, [3, 4, 6, 3], "imagenet", 40),
    ("resnet50", BOTTLENECK, [3, 4, 6, 3], "imagenet", 64),
    ("resnet18-cifar", BASIC, [2, 2, 2, 2], "cifar", 16),
]:
    model = fill(Scaled(block, depths, 8, stem, 10))
    x = images(size)
    model.eval()
    features = torch.nn.Sequential(*list(model.children())[:-1])(x).flatten(1)
    evaluation = model(x)
    model.train()
    training = model(x)
    state = model.state_dict()
    cases[name] = {
        "size": size,
        "logits": pack(evaluation),
        "features": pack(features[:, :16]),
        "trainingLogits": pack(training),
        "runningMean": pack(state["bn1.running_mean"][:8]),
        "runningVar": pack(state["layer4.1.bn2.running_var"][:8]),
        "tensors": shapes(model),
    }
full = {name: shapes(getattr(torchvision.models, name)()) for name in ["resnet18", "resnet50"]}

out = FIXTURES / "modules/__fixtures__/resnet.json"
out.parent.mkdir(exist_ok=True)
versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
out.write_text(json.dumps({"madeBy": "tools/golden/resnet.py", **versions, "cases": cases, "full": full}) + "\n")

# A file as the safetensors library writes it, all dtypes in it, and a whole narrow ResNet.
out = FIXTURES / "files/__fixtures__"
out.mkdir(exist_ok=True)
safetensors.torch.save_file(
    {
        "b.float": torch.tensor([[1.5, -2.25, 3e-41], [float("inf"), 0.1, -0.0]]),
        "a.float": torch.tensor(0.3),
        "half": torch.tensor([1.0, -0.333, 65504, 6e-8, 1e-5]).half(),
        "brain": torch.tensor([1.0, -0.333, 3e38, 1e-39]).bfloat16(),
        "long": torch.tensor([2**31 - 1, -(2**31), 7]),
        "int": torch.tensor([[1], [-5]], dtype=torch.int32),
        "byte": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "empty": torch.zeros(0, 3),
        "naïve \"name\"": torch.tensor([1.0]),
    },
    out / "every-type.safetensors",
    metadata={"format": "pt"},
)
model = fill(Scaled(BASIC, [2, 2, 2, 2], 4, "cifar", 3)).eval()
safetensors.torch.save_file(model.state_dict(), out / "resnet18-narrow.safetensors", metadata={"format": "pt"})
logits = {"size": 16, "logits": pack(model(images(16)))}
text = {"madeBy": "tools/golden/resnet.py", **versions, "safetensors": safetensors.__version__, **logits}
(out / "resnet18-narrow.json").write_text(json.dumps(text) + "\n")
