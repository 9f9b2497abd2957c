"""Golden group table of layer-wise learning-rate decay: timm's `param_groups_layer_decay` on a ViT with registers.

Run: python tools/golden/layer_decay.py   (timm as the file says)
Writes packages/core/src/optimizers/__fixtures__/layer-decay.json
"""

import json
from pathlib import Path

import timm
from timm.models.vision_transformer import VisionTransformer
from timm.optim import param_groups_layer_decay

model = VisionTransformer(img_size=16, patch_size=4, embed_dim=16, depth=3, num_heads=2, num_classes=3, reg_tokens=2, no_embed_class=True, init_values=1e-5)
names = {id(p): n for n, p in model.named_parameters()}
scales = {}
for group in param_groups_layer_decay(model, weight_decay=0.05, layer_decay=0.65):
    for p in group["params"]:
        # timm counts the last norm to the last block; BEiT, MAE and DINOv2 to the head, as ours.
        if not names[id(p)].startswith(("head.", "norm.")):
            scales[names[id(p)]] = group["lr_scale"]
path = Path(__file__).resolve().parents[2] / "packages/core/src/optimizers/__fixtures__/layer-decay.json"
path.write_text(json.dumps({"versions": f"timm {timm.__version__}", "script": "tools/golden/layer_decay.py", "decay": 0.65, "depth": 3, "scales": scales}, indent=1) + "\n")
