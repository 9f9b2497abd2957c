"""Golden values of the HOG and colour-histogram baselines: scikit-image's hog and numpy's histogramdd.

Run from the repository root: python tools/golden/eval_baselines.py
"""

import json
from pathlib import Path

import numpy as np
import skimage
from skimage.feature import hog

target = Path("packages/eval/src/baselines/__fixtures__/baselines.json")
generator = np.random.default_rng(7)


def images(count, height, width, channels):
    """Smooth shapes with sharp edges, a flat part and noise, so that every branch is met."""
    y, x = np.mgrid[0:height, 0:width]
    out = np.zeros((count, height, width, channels))
    for i in range(count):
        for c in range(channels):
            wave = 127 + 90 * np.sin(x * (0.2 + 0.1 * i) + c) * np.cos(y * (0.15 + 0.07 * c))
            wave[height // 3 :, : width // 2] = 255
            out[i, :, :, c] = wave + generator.normal(0, 4, (height, width)) * (x > width // 3)
    return np.clip(out, 0, 255).astype(np.uint8)


cases = []
for shape, options in [
    ((2, 32, 32, 3), dict(orientations=9, cellSize=8, blockSize=3, blockNorm="L2-Hys")),
    ((2, 32, 32, 3), dict(orientations=9, cellSize=8, blockSize=2, blockNorm="L2-Hys")),
    ((1, 21, 26, 3), dict(orientations=8, cellSize=5, blockSize=2, blockNorm="L1-sqrt")),
    ((1, 21, 26, 1), dict(orientations=7, cellSize=4, blockSize=1, blockNorm="L2")),
    ((1, 16, 16, 4), dict(orientations=6, cellSize=4, blockSize=2, blockNorm="L1")),
]:
    batch = images(*shape)
    values = [
        hog(
            image,
            orientations=options["orientations"],
            pixels_per_cell=(options["cellSize"],) * 2,
            cells_per_block=(options["blockSize"],) * 2,
            block_norm=options["blockNorm"],
            channel_axis=-1,
        )
        for image in batch
    ]
    cases.append(dict(shape=shape, pixels=batch.ravel().tolist(), options=options, values=np.round(np.stack(values), 7).ravel().tolist()))

histograms = []
for shape, bins, layout, root in [((2, 12, 9, 3), 4, "joint", True), ((2, 12, 9, 3), 3, "joint", False), ((2, 12, 9, 3), 16, "separate", True), ((1, 8, 8, 1), 16, "joint", False)]:
    batch = images(*shape)
    values = []
    for image in batch:
        pixels = image.reshape(-1, shape[3])
        if layout == "joint":
            counts = np.histogramdd(pixels, bins=bins, range=[(0, 256)] * shape[3])[0].ravel()
        else:
            counts = np.concatenate([np.histogram(pixels[:, c], bins=bins, range=(0, 256))[0] for c in range(shape[3])])
        share = counts / (shape[1] * shape[2])
        values.append(np.sqrt(share) if root else share)
    histograms.append(
        dict(shape=shape, pixels=batch.ravel().tolist(), bins=bins, layout=layout, squareRoot=root, values=np.round(np.stack(values), 7).ravel().tolist())
    )

target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps(dict(madeBy="tools/golden/eval_baselines.py", versions={"scikit-image": skimage.__version__, "numpy": np.__version__}, hog=cases, histogram=histograms)) + "\n")
