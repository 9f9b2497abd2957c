"""HEIC photos and the pixels that pillow-heif reads of them, for the tests of @ssl/data.

    python tools/golden/data-heic.py      # Pillow, numpy and pillow-heif, see "versions" in the file
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
import PIL
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
y, x = np.mgrid[:8, :16]
rgb = np.stack([x * 17, y * 36, 255 - x * 17], -1).astype(np.uint8)
rgba = np.dstack([rgb, np.where(x < 8, 255, 0)]).astype(np.uint8)


def case(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "HEIF", quality=90, chroma=444)
    data = out.getvalue()
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return {"file": base64.b64encode(data).decode(), "width": image.width, "height": image.height, "pixels": np.asarray(image).ravel().tolist()}


cases = {"plain": case(rgb), "alpha": case(rgba)}
target = Path(__file__).resolve().parents[2] / "packages/data/src/__fixtures__/heic.json"
target.write_text(json.dumps({"versions": {"pillow": PIL.__version__, "pillow-heif": pillow_heif.__version__}, **cases}) + "\n")
