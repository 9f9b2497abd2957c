"""Golden files for the networks that `ssl export --to pytorch` writes: what PyTorch computes with the very files of the fixtures.

Needs: torch, safetensors, pillow. Run, after `npx vitest run packages/weights/src/pytorch -u` has written the modules:
python tools/golden/pytorch_modules.py
"""

import json
import pathlib
import runpy

import torch
from PIL import Image

FOLDER = pathlib.Path(__file__).parents[2] / "packages/weights/src/pytorch/__fixtures__"


def noise(name, count):
    """Numbers from -1 to 1 that follow from a name, as `noise` of pytorch-module.test.ts."""
    state = 0x811C9DC5
    for byte in name.encode():
        state = (state ^ byte) * 0x01000193 & 0xFFFFFFFF
    values = []
    for i in range(count):
        h = (state + i) & 0xFFFFFFFF
        h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
        h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
        values.append((h ^ h >> 16) / 2**31 - 1)
    return torch.tensor(values, dtype=torch.float32)


def fill(name, tensor):
    values = noise(name, tensor.numel()).reshape(tensor.shape)
    if name.endswith("running_var"):
        return 1 + values / 2
    if tensor.ndim == 1 and (name.endswith("weight") or "gamma" in name):
        return 0.7 + 0.2 * values
    if tensor.ndim > 1 and name.endswith("weight"):
        return values * 2 / tensor[0].numel() ** 0.5
    return 0.3 * values


cases = {}
for path in sorted(FOLDER.glob("*.py")):
    scope = runpy.run_path(str(path))
    model = scope["Network"]()
    state = {k: v if k.endswith("num_batches_tracked") else fill(k, v) for k, v in model.state_dict().items()}
    model.load_state_dict(state, strict=True)
    channels, side = scope["CHANNELS"], scope["IMAGE_SIZE"]
    images = noise("images", 2 * side * side * channels).reshape(2, side, side, channels).permute(0, 3, 1, 2)
    colour = (200, 100, 50)[:channels]
    plain = Image.new("RGB" if channels == 3 else "L", (40, 30), colour if channels == 3 else colour[0]) if channels in (1, 3) else torch.full((channels, 30, 40), 0.8)
    with torch.no_grad():
        features = model.eval()(images)
    cases[path.stem] = {
        "tensors": {k: list(v.shape) for k, v in state.items()},
        "features": [[float(f"{v:.7g}") for v in row] for row in features.tolist()],
        "plain": [float(f"{v:.7g}") for v in scope["preprocess"](plain)[0, :, side // 2, side // 2].tolist()],
        "preprocessed": list(scope["preprocess"](plain).shape),
    }
(FOLDER / "modules.json").write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
