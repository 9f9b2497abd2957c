"""Golden values of AutoAugment, RandAugment and TrivialAugment from torchvision's v2 transforms.

    python tools/golden/augment_strategies.py

Writes packages/augment/src/__fixtures__/strategies.json: the tables of magnitudes, the policies, and every operation on one image.
"""

import json
from pathlib import Path

import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import AutoAugment, AutoAugmentPolicy, CutMix, MixUp, RandAugment, TrivialAugmentWide

torch.set_num_threads(1)
FIXTURES = Path(__file__).resolve().parents[2] / "packages/augment/src/__fixtures__"
HEIGHT, WIDTH = 12, 16


def rounded(values):
    return [float(f"{value:.6g}") for value in values]


def table(strategy, bins):
    """{ name: { values, signed } } for an image of height 1 and width 1, or as it is for absolute pixels."""
    out = {}
    for name, (make, signed) in strategy._AUGMENTATION_SPACE.items():
        values = make(bins, 1, 1)
        out[name] = {"values": None if values is None else rounded(values.tolist()), "signed": signed}
    return out


def mixing(generator):
    """MixUp and CutMix of a batch of three with its neighbour (roll by one), parameters as torchvision draws them."""
    images = torch.rand(3, 2, 5, 6, generator=generator)
    labels = torch.tensor([0, 2, 1])
    out = {"images": rounded(images.permute(0, 2, 3, 1).flatten().tolist()), "shape": [3, 5, 6, 2], "labels": labels.tolist()}
    torch.manual_seed(3)
    for name, strategy in (("mixup", MixUp(alpha=0.8, num_classes=3)), ("cutmix", CutMix(alpha=1.0, num_classes=3))):
        cases = []
        for _ in range(4):
            params = strategy.make_params([images]) | {"labels": labels, "batch_size": 3}
            mixed = strategy.transform(images, params)
            soft = strategy._mixup_label(torch.nn.functional.one_hot(labels, 3), lam=params.get("lam", params.get("lam_adjusted")))
            cases.append({
                "share": params.get("lam", params.get("lam_adjusted")),
                "box": list(params["box"]) if "box" in params else None,
                "output": rounded(mixed.permute(0, 2, 3, 1).flatten().tolist()),
                "labels": rounded(soft.flatten().tolist()),
            })
        out[name] = cases
    return out


def main():
    generator = torch.Generator().manual_seed(5)
    coarse = torch.rand(1, 3, 4, 4, generator=generator)
    image = torch.nn.functional.interpolate(coarse, (HEIGHT, WIDTH), mode="bicubic").clamp(0, 1)
    image = (0.8 * image + 0.2 * torch.rand(image.shape, generator=generator)).clamp(0, 1)
    strategy = RandAugment()
    magnitudes = {
        "Identity": [0.0], "ShearX": [0.17, -0.23], "ShearY": [0.17, -0.23], "TranslateX": [3.7, -2.2], "TranslateY": [3.7, -2.2],
        "Rotate": [13.0, -27.0], "Brightness": [0.3, -0.6], "Color": [0.3, -0.6], "Contrast": [0.3, -0.6], "Sharpness": [0.8, -0.6],
        "Posterize": [2.0, 5.0], "Solarize": [0.4], "AutoContrast": [0.0], "Equalize": [0.0], "Invert": [0.0],
    }
    cases = []
    for name, values in magnitudes.items():
        for value in values:
            out = strategy._apply_image_or_video_transform(image, name, value, InterpolationMode.NEAREST, {})
            cases.append({"name": name, "magnitude": value, "output": rounded(out.permute(0, 2, 3, 1).flatten().tolist())})
    fixture = {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "shape": [1, HEIGHT, WIDTH, 3],
        "image": rounded(image.permute(0, 2, 3, 1).flatten().tolist()),
        "operations": cases,
        "randAugment": table(RandAugment(), 31),
        "autoAugment": table(AutoAugment(), 10),
        "trivialAugment": table(TrivialAugmentWide(), 31),
        "mixing": mixing(generator),
        "policies": {policy.value: AutoAugment(policy)._policies for policy in AutoAugmentPolicy},
    }
    (FIXTURES / "strategies.json").write_text(json.dumps(fixture))


main()
