"""Squares made by PIL's bilinear resize (antialiased, as torchvision's), for the tests of @ssl/data.

    python tools/golden/data-resize.py      # Pillow, see "versions" in the file
"""

import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

cases = []
for width, height, size in [(24, 16, 8), (24, 16, 16), (40, 30, 7), (9, 7, 20), (5, 30, 12), (8, 8, 16), (1, 1, 4), (31, 3, 6)]:
    y, x = np.mgrid[:height, :width]
    image = np.stack([127 + 120 * np.sin(x / 2 + y / 3), (x * 37 + y * 91) % 256, 255 * (x + y) / (width + height)], -1).clip(0, 255).astype(np.uint8)
    square = np.asarray(Image.fromarray(image).resize((size, size), Image.BILINEAR))
    cases.append({"width": width, "height": height, "size": size, "pixels": image.ravel().tolist(), "expected": square.ravel().tolist()})

target = Path(__file__).resolve().parents[2] / "packages/data/src/__fixtures__/resize.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps({"versions": {"pillow": PIL.__version__, "numpy": np.__version__}, "cases": cases}) + "\n")
