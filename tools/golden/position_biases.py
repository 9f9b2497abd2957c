"""Golden values of BEiT's relative position biases on another grid: timm's resize_rel_pos_bias_table, and a whole BEiT at another size.

Run: python tools/golden/position_biases.py   (torch 2.13.0, timm)
Writes packages/core/src/modules/vision-transformer/__fixtures__/position-biases.json
"""

import json
from pathlib import Path

import timm
import torch
from timm.layers import resize_rel_pos_bias_table

torch.set_num_threads(1)
torch.manual_seed(3)
out = Path(__file__).resolve().parents[2] / "packages/core/src/modules/vision-transformer/__fixtures__"
cases = []
for old, new in ((4, 6), (6, 4), (14, 24), (3, 7)):
    table = torch.randn((2 * old - 1) ** 2 + 3, 2 if old < 14 else 1)
    count = (2 * new - 1) ** 2 + 3
    resized = resize_rel_pos_bias_table(table, new_window_size=(new, new), new_bias_shape=(count, table.shape[1]))
    cases.append(
        {
            "from": old,
            "to": new,
            "heads": table.shape[1],
            "table": [float(f"{v:.6g}") for v in table.flatten().tolist()],
            "resized": [float(f"{v:.6g}") for v in resized.flatten().tolist()],
        }
    )
versions = f"torch {torch.__version__.split('+')[0]}, timm {timm.__version__}"
(out / "position-biases.json").write_text(json.dumps({"versions": versions, "script": "tools/golden/position_biases.py", "cases": cases}) + "\n")
