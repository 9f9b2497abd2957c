"""A Parquet file in the layout of the `datasets` library, and one with plain byte columns, for the tests of @ssl/data.

    python tools/golden/data-parquet.py      # pyarrow 17.0.0

Images are 2 x 2 PNGs of one colour each, made here.
"""

import json
import struct
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parents[2] / "packages/data/src/sources/__fixtures__"


def png(red: int, green: int, blue: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + bytes([red, green, blue]) * 2) * 2
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


count = 10
images = [png(20 * k, 255 - 20 * k, k) for k in range(count)]
names = ["cat", "dog", "bird"]
features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}, "text": {"dtype": "string", "_type": "Value"}}
table = pa.table(
    {
        "image": pa.array([{"bytes": b, "path": f"{k}.png"} for k, b in enumerate(images)], pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "label": pa.array([k % 3 for k in range(count)], pa.int64()),
        "text": pa.array([f"picture {k}" if k != 4 else None for k in range(count)]),
    }
).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
HERE.mkdir(exist_ok=True)
pq.write_table(table, HERE / "hub.parquet", row_group_size=3, compression="snappy")

plain = pa.table({"jpg": pa.array(images, pa.binary()), "class": pa.array([names[k % 3] for k in range(count)])})
pq.write_table(plain, HERE / "plain.parquet", row_group_size=4, compression="zstd")
