"""Golden values of @ssl/augment from torchvision: run with the Python of a virtual environment that has torch and torchvision.

    python tools/golden/augment.py

Writes packages/augment/src/__fixtures__/torchvision.json. Images are NHWC float32 in 0..1; the numbers are rounded to 6 digits.
"""

import json
from pathlib import Path

import kornia
import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

torch.set_num_threads(1)
FIXTURES = Path(__file__).resolve().parents[2] / "packages/augment/src/__fixtures__"


def rounded(tensor):
    return [float(f"{value:.6g}") for value in tensor.flatten().tolist()]


def pack(images):
    """NCHW tensor to { shape, values } in NHWC."""
    nhwc = images.permute(0, 2, 3, 1).contiguous()
    return {"shape": list(nhwc.shape), "values": rounded(nhwc)}


def pictures(batch, height, width, seed):
    """Smooth colours plus noise, with black, white and grey pixels, and ties between channels."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(batch, 3, height, width, generator=generator)
    coarse = F.resize(torch.rand(batch, 3, 3, 3, generator=generator), [height, width], antialias=True)
    images = (0.7 * coarse + 0.3 * noise).clamp(0, 1)
    images[:, :, 0, 0] = 0
    images[:, :, 0, 1] = 1
    images[:, :, 0, 2] = 0.5
    images[:, 0, 1, 0] = images[:, 1, 1, 0]
    images[:, 1, 1, 1] = images[:, 2, 1, 1]
    return images


def resized_crops(images):
    cases = []
    height, width = images.shape[-2:]
    boxes = [
        # top, left, height, width, out height, out width: whole image shrunk and grown, parts, one pixel
        (0, 0, height, width, 5, 5),
        (0, 0, height, width, 2 * height, width),
        (2, 1, height - 3, width - 4, 7, 6),
        (1, 3, 4, 5, 9, 8),
        (0, 0, 3, width, 8, 8),
        (3, 2, 5, 6, 8, 8),
        (height - 1, width - 1, 1, 1, 3, 3),
    ]
    for name, mode in (("bilinear", InterpolationMode.BILINEAR), ("bicubic", InterpolationMode.BICUBIC)):
        for top, left, h, w, rows, columns in boxes:
            out = F.resized_crop(images, top, left, h, w, [rows, columns], interpolation=mode, antialias=True)
            cases.append({"interpolation": name, "box": [top, left, h, w], "size": [rows, columns], "output": pack(out)})
    return cases


def padded(images, padding, mode):
    return F.pad(images, [padding] * 4, padding_mode="reflect" if mode == "reflect" else "constant")


def each(function, images, values):
    return [{"value": value, "output": pack(function(images, value))} for value in values]


def noises(images):
    """gaussian_noise draws from torch's global generator: the same seed gives the noise itself."""
    torch.manual_seed(5)
    noise = torch.randn_like(images)
    cases = []
    for sigma in (0, 0.05, 0.4):
        torch.manual_seed(5)
        cases.append({"value": sigma, "output": pack(F.gaussian_noise(images, mean=0.0, sigma=sigma, clip=True))})
    return {"noise": pack(noise), "cases": cases}


def main():
    images = pictures(2, 9, 11, seed=0)
    blurred = pictures(2, 9, 8, seed=1)
    squares = pictures(2, 5, 5, seed=2)
    small = pictures(1, 11, 8, seed=3)
    flat = images.clone()
    flat[1, 2] = 0.25  # a channel of one value
    large = (pictures(1, 24, 40, seed=4) * 255).floor() / 255
    large[0, 2] = large[0, 2] ** 3
    large[0, 1, 2:] = 1  # most pixels have the highest value
    fixture = {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "kornia": kornia.__version__,
        "images": pack(images),
        "resizedCrop": resized_crops(images),
        "horizontalFlip": pack(F.horizontal_flip(images)),
        "brightness": each(F.adjust_brightness, images, [0, 0.4, 1, 1.7]),
        "contrast": each(F.adjust_contrast, images, [0, 0.4, 1, 1.7]),
        "saturation": each(F.adjust_saturation, images, [0, 0.4, 1, 1.7]),
        "hue": each(F.adjust_hue, images, [-0.5, -0.2, 0, 0.05, 0.3, 0.5]),
        "greyscale": pack(F.rgb_to_grayscale(images, num_output_channels=3)),
        "solarize": each(F.solarize, images, [0, 0.5, 1]),
        "normalize": pack(F.normalize(images, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])),
        "blurImages": pack(blurred),
        "gaussianBlur": [
            {"kernelSize": k, "sigma": s, "output": pack(F.gaussian_blur(blurred, [k, k], [s, s]))}
            for k, s in ((3, 0.1), (3, 1.0), (7, 0.7), (7, 2.0), (15, 1.5))
        ],
        "gaussianNoise": noises(images),
        "verticalFlip": pack(F.vertical_flip(images)),
        "affine": geometry(small),
        "small": pack(small),
        "crop": [
            {"padding": p, "mode": mode, "top": top, "left": left, "output": pack(F.crop(padded(images, p, mode), top, left, 8, 8))}
            for p, mode, top, left in ((0, "zero", 1, 3), (3, "zero", 0, 9), (4, "reflect", 2, 0), (4, "reflect", 9, 11))
        ],
        "squares": pack(squares),
        "rightAngle": [{"value": k, "output": pack(torch.rot90(squares, k, (-2, -1)))} for k in range(4)],
        "invert": pack(F.invert(images)),
        "posterize": each(F.posterize, images, [0, 1, 3, 8]),
        "autocontrast": pack(F.autocontrast(flat)),
        "flat": pack(flat),
        "equalize": pack(F.equalize(large)),
        "large": pack(large),
        "sharpness": each(F.adjust_sharpness, images, [0, 0.5, 1, 1.9]),
        "sobel": pack(kornia.filters.sobel(images)),
        "erase": [
            {"box": box, "output": pack(F.erase(images, *box, torch.tensor(0.3)))} for box in ([2, 3, 4, 5], [0, 0, 8, 1], [4, 7, 5, 4])
        ],
        "cutout": [
            {"middle": [y, x], "size": size, "output": pack(cut(images, y, x, size))} for y, x, size in ((4, 5, 4), (0, 0, 4), (8, 10, 6), (3, 9, 5))
        ],
        # brightness, contrast, saturation, hue in several orders, as ColorJitter runs them
        "colourJitter": [
            {"order": order, "factors": [1.3, 0.6, 1.5], "hue": 0.15, "output": pack(jitter(images, order))}
            for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1])
        ],
    }
    FIXTURES.mkdir(exist_ok=True)
    (FIXTURES / "torchvision.json").write_text(json.dumps(fixture))


def cut(images, y, x, size):
    """The square of Cutout (DeVries and Taylor's code clips its corners to the image), put in with torchvision's erase."""
    height, width = images.shape[-2:]
    top, left = y - size // 2, x - size // 2
    bottom, right = min(top + size, height), min(left + size, width)
    top, left = max(top, 0), max(left, 0)
    return F.erase(images, top, left, bottom - top, right - left, torch.tensor(0.3))


def geometry(images):
    """Affine maps and rotations; the angles keep sample points away from half pixels, where nearest is a toss-up."""
    affine = []
    for angle, translate, scale, shear in (
        (17.0, [0, 0], 1.0, [0.0, 0.0]),
        (0.0, [3, -2], 1.0, [0.0, 0.0]),
        (-31.0, [1, 2], 1.3, [8.0, -5.0]),
        (101.0, [0, 0], 0.6, [0.0, 20.0]),
    ):
        for sampling, mode in (("nearest", InterpolationMode.NEAREST), ("bilinear", InterpolationMode.BILINEAR)):
            for fill in (0.0, 0.4):
                # Not fill=: torchvision's bilinear fill darkens the border, since it weighs the image by the mask twice.
                out = F.affine(images - fill, angle, translate, scale, shear, interpolation=mode) + fill
                case = {"angle": angle, "translate": translate, "scale": scale, "shear": shear}
                affine.append(case | {"sampling": sampling, "fill": fill, "output": pack(out)})
    return affine


def jitter(images, order):
    """`order[k]` is the operation that runs k-th: 0 brightness, 1 contrast, 2 saturation, 3 hue."""
    steps = (
        lambda x: F.adjust_brightness(x, 1.3),
        lambda x: F.adjust_contrast(x, 0.6),
        lambda x: F.adjust_saturation(x, 1.5),
        lambda x: F.adjust_hue(x, 0.15),
    )
    for operation in order:
        images = steps[operation](images)
    return images


main()
