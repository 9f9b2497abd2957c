"""Golden table of parameter groups: factor on the learning rate, factor on the weight decay, and whether the last layer waits.

The rules are the reference code's own functions, cut out of its files: `get_params_groups_with_decay` of DINOv2 (layer decay .9, patch
embedding .2), `get_params_groups` of DINO and iBOT. The network is timm's vit_small_patch14_dinov2 (names as in DINOv2's code) with a
mask token, and DINO's head with weight norm.

Run: python tools/golden/dino_groups.py dinov2/dinov2/utils/param_groups.py dino/utils.py ibot/utils.py   (torch, timm as the file says)
Writes packages/distill/src/__fixtures__/parameter-groups.json
"""

import ast
import json
import logging
import sys
from collections import defaultdict
from pathlib import Path

import timm
import torch
from torch import nn


def functions(path: str, *names: str) -> dict:
    """Functions of a file, without running the rest of it."""
    tree = ast.parse(Path(path).read_text())
    kept = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    scope = {"torch": torch, "nn": nn, "defaultdict": defaultdict, "logger": logging.getLogger("groups")}
    exec(compile(ast.Module(kept, []), path, "exec"), scope)
    return scope


class Head(nn.Module):
    """DINO's head: names and shapes."""

    def __init__(self, learned_length: bool):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(384, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 32))
        self.last_layer = nn.utils.weight_norm(nn.Linear(32, 128, bias=False))
        self.last_layer.weight_g.requires_grad = learned_length


def backbone() -> nn.Module:
    model = timm.create_model("vit_small_patch14_dinov2", num_classes=0)
    model.mask_token = nn.Parameter(torch.zeros(1, 384))
    return model


dinov2, dino, ibot = sys.argv[1:4]
tables: dict[str, dict] = {"dinov2": {}}
rule = functions(dinov2, "get_vit_lr_decay_rate", "get_params_groups_with_decay")["get_params_groups_with_decay"]
for part, model in {"backbone": backbone(), "dino_head": Head(True), "ibot_head": Head(True)}.items():
    for group in rule(model, lr_decay_rate=0.9, patch_embed_lr_mult=0.2):
        tables["dinov2"][f"{part}.{group['name']}"] = [group["lr_multiplier"], group["wd_multiplier"], group["is_last_layer"]]
for name, path in (("dino", dino), ("ibot", ibot)):
    student = backbone()
    if name == "dino":
        del student.mask_token
    student = nn.ModuleDict({"backbone": student, "head": Head(True)})
    groups = functions(path, "get_params_groups")["get_params_groups"](student)
    decays = {id(p): group.get("weight_decay", 1) for group in groups for p in group["params"]}
    # `cancel_gradients_last_layer` takes the gradients of every parameter with this word in its name.
    tables[name] = {n: [1, decays[id(p)], "last_layer" in n] for n, p in student.named_parameters()}

out = Path(__file__).resolve().parents[2] / "packages/distill/src/__fixtures__/parameter-groups.json"
rows = {name: {key: table[key] for key in sorted(table)} for name, table in tables.items()}
versions = f"torch {torch.__version__.split('+')[0]}, timm {timm.__version__}; facebookresearch/dinov2 b8931f7, facebookresearch/dino 7c446df, bytedance/ibot da316d8"
lines = ",\n".join(f' "{name}": {{\n' + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in table.items()) + "\n }" for name, table in rows.items())
out.write_text(f'{{\n "versions": {json.dumps(versions)},\n "script": "tools/golden/dino_groups.py",\n{lines}\n}}\n')
print({name: len(table) for name, table in tables.items()})
