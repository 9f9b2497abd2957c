"""Golden tokens, logits and attention of timm's Vision Transformers for core/src/modules/vision-transformer.

Needs: torch 2.13, timm, safetensors. Run: python tools/golden/vit.py
Each variant is timm's model at a small width with seeded weights, which the safetensors library writes.
"""

import json
import math
import pathlib

import numpy as np
import safetensors.torch
import timm
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
OUT = pathlib.Path(__file__).parents[2] / "packages/core/src/modules/vision-transformer/__fixtures__"
OUT.mkdir(exist_ok=True)
SMALL = {"img_size": 24, "patch_size": 6, "embed_dim": 16, "depth": 2, "num_heads": 2, "num_classes": 3}


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.6g}") for v in tensor.detach().flatten().tolist()]}


def fill(model):
    """Weights large enough that every part matters."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn_like(p)
            if p.ndim == 1 and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif "gamma" in name:
                p.copy_(0.5 + 0.1 * noise)
            elif p.ndim == 2 and name.endswith("weight") or p.ndim == 4:
                p.copy_(noise * 1.5 / math.sqrt(p[0].numel()))
            else:
                p.copy_(0.3 * noise)
    return model.eval()


def attention_of(model, x):
    """Softmax weights of every block, by recording what goes into each attention's dropout."""
    maps = []
    for block in model.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda _m, args, _o: maps.append(args[0]))
    model.forward_features(x)
    return maps


def first_block(model, x):
    options = {"indices": [0], "output_fmt": "NLC", "return_prefix_tokens": True, "intermediates_only": True}
    ((patches, prefix),) = model.forward_intermediates(x, norm=False, **options)
    return pack(torch.cat([prefix, patches], 1))


cases = {}
for name, model, kwargs in [
    ("vit", "vit_tiny_patch16_224", {}),
    ("vit-qknorm-mean", "vit_base_patch16_224", {"qk_norm": True, "global_pool": "avg", "init_values": 1e-5, "qkv_bias": False}),
    ("dinov2", "vit_small_patch14_dinov2", {}),
    ("dinov2-registers", "vit_small_patch14_reg4_dinov2", {}),
    ("dinov2-giant", "vit_giant_patch14_dinov2", {"embed_dim": 24}),
    ("beit", "beit_base_patch16_224", {}),
]:
    net = fill(timm.create_model(model, **{**SMALL, **kwargs}))
    x = torch.randn(2, 3, 24, 24).round(decimals=2)
    case = {
        "images": pack(x.permute(0, 2, 3, 1)),
        "tokens": pack(net.forward_features(x)),
        "logits": pack(net(x)),
        "block0": first_block(net, x) if name == "vit" else None,
        "attention": [pack(a[:1]) for a in attention_of(net, x)],
    }
    if name in ("vit", "dinov2-registers"):
        dynamic = timm.create_model(model, **{**SMALL, **kwargs}, dynamic_img_size=True).eval()
        dynamic.load_state_dict(net.state_dict())
        wide = torch.randn(1, 3, 18, 36).round(decimals=2)
        case["wide"] = {"images": pack(wide.permute(0, 2, 3, 1)), "tokens": pack(dynamic.forward_features(wide))}
    cases[name] = case
    safetensors.torch.save_file(net.state_dict(), OUT / f"{name}.safetensors", metadata={"format": "pt"})

# A block that sees fewer or masked patches is the same block; what remains to compare is how positions are resized.
resized = []
base = torch.randn(1, 16, 3)
grid = base.reshape(1, 4, 4, 3).permute(0, 3, 1, 2)
for rows, columns in [(2, 2), (3, 6), (7, 5), (9, 1)]:
    factors = ((rows + 0.1) / 4, (columns + 0.1) / 4)  # facebookresearch/dino, vision_transformer.py, interpolate_pos_encoding
    dino = F.interpolate(grid, scale_factor=factors, mode="bicubic")
    assert dino.shape[-2:] == (rows, columns)
    aligned = F.interpolate(grid, size=(rows, columns), mode="bicubic", antialias=True)
    resized.append({"grid": [rows, columns], "dino": pack(dino.permute(0, 2, 3, 1)), "antialiased": pack(aligned.permute(0, 2, 3, 1))})


def mae_positions(width, side):
    """facebookresearch/mae, util/pos_embed.py: get_2d_sincos_pos_embed with a class token."""

    def one(dimension, positions):
        omega = np.arange(dimension // 2, dtype=np.float64)
        omega /= dimension / 2.0
        omega = 1.0 / 10000**omega
        out = np.einsum("m,d->md", positions.reshape(-1), omega)
        return np.concatenate([np.sin(out), np.cos(out)], axis=1)

    both = np.stack(np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32)), axis=0)
    embedding = np.concatenate([one(width // 2, both[0]), one(width // 2, both[1])], axis=1)
    return np.concatenate([np.zeros([1, width]), embedding], axis=0)


def moco_positions(width, side):
    """facebookresearch/moco-v3, vits.py: build_2d_sincos_position_embedding."""
    grid_w, grid_h = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
    omega = torch.arange(width // 4).float() / (width // 4)
    omega = 1.0 / (10000.0**omega)
    out_w = torch.einsum("m,d->md", grid_w.flatten(), omega)
    out_h = torch.einsum("m,d->md", grid_h.flatten(), omega)
    embedding = torch.cat([torch.sin(out_w), torch.cos(out_w), torch.sin(out_h), torch.cos(out_h)], dim=1)
    return torch.cat([torch.zeros(1, width), embedding])


sincos = {"mae": pack(torch.tensor(mae_positions(8, 3))), "mocoV3": pack(moco_positions(8, 3))}

names = {}
for model, kwargs in [
    ("vit_tiny_patch16_224", {}),
    ("vit_small_patch14_dinov2", {"depth": 1}),
    ("vit_small_patch14_reg4_dinov2", {"depth": 1}),
    ("beit_base_patch16_224", {"depth": 1}),
]:
    with torch.device("meta"):
        net = timm.create_model(model, num_classes=10, **kwargs)
    names[model] = [[k, list(v.shape)] for k, v in net.state_dict().items()]

text = {"madeBy": "tools/golden/vit.py", "torch": torch.__version__, "timm": timm.__version__}
text |= {"cases": cases, "resized": {"base": pack(base), "sizes": resized}, "sincos": sincos, "names": names}
(OUT / "vit.json").write_text(json.dumps(text) + "\n")
