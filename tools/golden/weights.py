"""Golden files for packages/weights: what torchvision, timm, lightly and transformers save, and the features they compute.

Needs: torch 2.13, torchvision 0.28, timm 1.0.31, lightly 1.6, transformers 5.24, safetensors 0.8. Run: python tools/golden/weights.py
Every network is tiny, with seeded random weights. Checkpoints of DINO, DINOv2, MAE and MoCo are put together with the names of
their code around networks of timm, torchvision and transformers, which compute the same.
"""

import argparse
import copy
import json
import os
import pathlib

os.environ["HF_HUB_OFFLINE"] = "1"
import lightly.models
import lightly.models.modules
import safetensors.torch
import timm
import torch
import torchvision
import transformers as T

torch.set_num_threads(1)
torch.manual_seed(0)
OUT = pathlib.Path(__file__).parents[2] / "packages/weights/src/__fixtures__"
OUT.mkdir(exist_ok=True)
SMALL = {"img_size": 24, "patch_size": 6, "embed_dim": 16, "depth": 2, "num_heads": 2, "num_classes": 3}
HF = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 24, "patch_size": 6}
cases = []


def images(size):
    """[2, 3, size, size] by a formula of the index in [batch, height, width, channel] order."""
    i = torch.arange(2 * size * size * 3, dtype=torch.float64)
    return ((i * 7919 % 1009) / 504.5 - 1).float().reshape(2, size, size, 3).permute(0, 3, 1, 2)


def fill(model, deviation=0.3):
    """Weights large enough that every part matters."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn_like(p)
            if p.ndim == 1 and (name.endswith("weight") or "gamma" in name or "lambda" in name):
                p.copy_(0.7 + 0.2 * noise)
            elif p.ndim >= 2 and name.endswith("weight"):
                p.copy_(noise * 1.2 / p[0].numel() ** 0.5)
            else:
                p.copy_(deviation * noise)
        for name, b in model.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(0.2 * torch.randn_like(b))
            elif name.endswith("running_var"):
                b.copy_(0.5 + torch.rand_like(b))
    return model.eval()


def case(name, source, features, size=24, heads=2, wide=None, **more):
    x = images(size)
    with torch.no_grad():
        result = features(x).reshape(2, -1)
        golden = {"file": name, "from": source, "size": size, "heads": heads, "features": [[float(f"{v:.7g}") for v in row] for row in result.tolist()]}
        if wide:
            golden["wide"] = {"size": wide, "features": [[float(f"{v:.7g}") for v in row] for row in features(images(wide)).reshape(2, -1).tolist()]}
    cases.append({**golden, **more})


def pre_logits(model):
    return lambda x: model.forward_head(model.forward_features(x), pre_logits=True)


def vit(**more):
    return fill(timm.models.vision_transformer.VisionTransformer(**{**SMALL, **more}))


class Narrow(torchvision.models.ResNet):
    """torchvision's ResNet with two channels in the first stage instead of 64."""

    def __init__(self, block, layers, width=2):
        super().__init__(block, layers, num_classes=3)
        self.inplanes = width
        self.conv1 = torch.nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        for i, depth in enumerate(layers):
            setattr(self, f"layer{i + 1}", self._make_layer(block, width * 2**i, depth, stride=1 if i == 0 else 2))
        self.fc = torch.nn.Linear(width * 8 * block.expansion, 3)


def resnet(depths=(2, 2, 2, 2), block=torchvision.models.resnet.BasicBlock):
    return fill(Narrow(block, list(depths)))


def resnet_features(model):
    return lambda x: torch.nn.Sequential(*list(model.children())[:-1])(x)


# timm
model = vit()
safetensors.torch.save_file(model.state_dict(), OUT / "timm-vit.safetensors", {"format": "pt"})
case("timm-vit.safetensors", "timm", pre_logits(model))
model = vit(embed_dim=64, depth=1, num_heads=1, qkv_bias=False, qk_norm=True, global_pool="avg", class_token=False).half().float()
torch.save({"state_dict": copy.deepcopy(model).half().state_dict(), "epoch": 3}, OUT / "timm-half.pth")
case("timm-half.pth", "timm", pre_logits(model), heads=None)
model = vit(reg_tokens=4, no_embed_class=True, init_values=1e-5, dynamic_img_size=True)
safetensors.torch.save_file(model.state_dict(), OUT / "timm-dinov2-registers.safetensors")
case("timm-dinov2-registers.safetensors", "timm", pre_logits(model), wide=36)
model = fill(timm.models.beit.Beit(**SMALL, use_abs_pos_emb=False, use_rel_pos_bias=True, init_values=0.1))
safetensors.torch.save_file(model.state_dict(), OUT / "timm-beit.safetensors")
case("timm-beit.safetensors", "timm", pre_logits(model), heads=None)

# torchvision
model = resnet()
torch.save(model.state_dict(), OUT / "torchvision-resnet18.pth")
case("torchvision-resnet18.pth", "torchvision", resnet_features(model), size=64, heads=None)
model = resnet((3, 4, 6, 3), torchvision.models.resnet.Bottleneck)
torch.save(copy.deepcopy(model).half().state_dict(), OUT / "torchvision-resnet50.pth", _use_new_zipfile_serialization=False)
case("torchvision-resnet50.pth", "torchvision", resnet_features(model.half().float()), size=64, heads=None)
model = fill(torchvision.models.VisionTransformer(24, 6, 2, 2, 16, 64, num_classes=3))
torch.save(model.state_dict(), OUT / "torchvision-vit.pth")


def torchvision_vit(x):
    tokens = torch.cat([model.class_token.expand(2, -1, -1), model._process_input(x)], 1)
    return model.encoder(tokens)[:, 0]


case("torchvision-vit.pth", "torchvision", torchvision_vit)

# DINO: {'student', 'teacher', 'optimizer', 'epoch', 'args', 'dino_loss'}, the old form
teacher, student = vit(num_classes=0), vit(num_classes=0)
head = {"head.mlp.0.weight": torch.ones(4, 16), "head.last_layer.weight_g": torch.ones(4, 1)}
torch.save(
    {
        "student": {**{f"module.backbone.{k}": v for k, v in student.state_dict().items()}, **{f"module.{k}": v for k, v in head.items()}},
        "teacher": {**{f"backbone.{k}": v for k, v in teacher.state_dict().items()}, **head},
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        "epoch": 100,
        "args": argparse.Namespace(arch="vit_small"),
        "dino_loss": {"center": torch.zeros(1, 4)},
    },
    OUT / "dino.pth",
    _use_new_zipfile_serialization=False,
)
case("dino.pth", "dino", pre_logits(teacher), others=["student.module.backbone"])
case("dino.pth", "dino", pre_logits(student), checkpointKey="student")

# DINOv2's names around transformers' networks, which compute the same


def hub(model, chunks):
    rename = [
        ("embeddings.cls_token", "cls_token"), ("embeddings.mask_token", "mask_token"), ("embeddings.register_tokens", "register_tokens"),
        ("embeddings.position_embeddings", "pos_embed"), ("embeddings.patch_embeddings.projection", "patch_embed.proj"), ("layernorm.", "norm."),
        ("encoder.layer.", "blocks."), ("attention.output.dense", "attn.proj"), ("layer_scale1.lambda1", "ls1.gamma"),
        ("layer_scale2.lambda1", "ls2.gamma"), ("mlp.weights_in", "mlp.w12"), ("mlp.weights_out", "mlp.w3"),
    ]
    state, out = model.state_dict(), {}
    for i in range(2):
        for kind in ("weight", "bias"):
            parts = [f"encoder.layer.{i}.attention.attention.{p}.{kind}" for p in ("query", "key", "value")]
            if parts[0] not in state:
                parts = [f"encoder.layer.{i}.attention.{p}.{kind}" for p in ("query", "key", "value")]
            out[f"blocks.{i}.attn.qkv.{kind}"] = torch.cat([state.pop(p) for p in parts])
    for key, value in state.items():
        for a, b in rename:
            key = key.replace(a, b)
        out[key] = value
    return {k.replace("blocks.1.", "blocks.1.1.").replace("blocks.0.", "blocks.0.0.") if chunks else k: v for k, v in out.items()}


def last(model):
    return lambda x: model(x).last_hidden_state[:, 0]


def from_saved(model, file):
    """The names that the library saves, which differ from those in memory."""
    model.save_pretrained(OUT / "saving")
    state = safetensors.torch.load_file(OUT / "saving/model.safetensors")
    for path in (OUT / "saving").iterdir():
        path.unlink()
    (OUT / "saving").rmdir()
    if file is not None:
        torch.save(state, OUT / file) if file.endswith(".bin") else safetensors.torch.save_file(state, OUT / file, {"format": "pt"})
    return state


class Saved:
    def __init__(self, model):
        self.state = from_saved(model, None)

    def state_dict(self):
        return dict(self.state)


registers = fill(T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(**HF, num_register_tokens=4)))
torch.save(hub(Saved(registers), chunks=False), OUT / "dinov2-registers.pth")
case("dinov2-registers.pth", "dinov2", last(registers))
swiglu = fill(T.Dinov2Model(T.Dinov2Config(**HF, use_swiglu_ffn=True)))
state = hub(Saved(swiglu), chunks=True)
torch.save({"teacher": {f"backbone.{k}": v for k, v in state.items()} | {"dino_head.mlp.0.weight": torch.ones(4, 16)}, "iteration": 9}, OUT / "dinov2-giant.pth")
case("dinov2-giant.pth", "dinov2", last(swiglu))

# MAE: {'model': encoder and decoder}
model = vit(num_classes=0)
mae = timm.models.vision_transformer.VisionTransformer(**SMALL)
from lightly.models.utils import get_2d_sincos_pos_embed

with torch.no_grad():
    model.pos_embed.copy_(torch.from_numpy(get_2d_sincos_pos_embed(16, 4, cls_token=True)).float()[None])
decoder = {"mask_token": torch.ones(1, 1, 8), "decoder_pos_embed": torch.ones(1, 17, 8), "decoder_embed.weight": torch.ones(8, 16), "decoder_blocks.0.norm1.weight": torch.ones(8), "decoder_pred.weight": torch.ones(108, 8)}
torch.save({"model": {**model.state_dict(), **decoder}, "args": argparse.Namespace(mask_ratio=0.75), "epoch": 1}, OUT / "mae.pth")
case("mae.pth", "mae", pre_logits(model), positions="sincos")

# MoCo v2 and v3
query, key = resnet(), resnet()
torch.save(
    {
        "arch": "resnet18",
        "state_dict": {**{f"module.encoder_q.{k}": v for k, v in query.state_dict().items()}, **{f"module.encoder_k.{k}": v for k, v in key.state_dict().items()}, "module.queue": torch.ones(4, 8), "module.queue_ptr": torch.zeros(1, dtype=torch.long)},
    },
    OUT / "moco-v2.pth",
)
case("moco-v2.pth", "moco", resnet_features(query), size=64, heads=None)
base = vit(num_classes=0)
heads = {"head.0.weight": torch.ones(4, 16)}
torch.save({"state_dict": {f"module.{part}.{k}": v for part, net in (("base_encoder", base), ("momentum_encoder", vit(num_classes=0))) for k, v in {**net.state_dict(), **heads}.items()} | {"module.predictor.0.weight": torch.ones(4, 4)}}, OUT / "moco-v3.pth")
case("moco-v3.pth", "moco", pre_logits(base))

# lightly
model = resnet()
backbone = torch.nn.Sequential(*list(model.children())[:-1])
torch.save({f"backbone.{k}": v for k, v in backbone.state_dict().items()} | {"projection_head.layers.0.weight": torch.ones(4, 16)}, OUT / "lightly-resnet.pth")
case("lightly-resnet.pth", "lightly", lambda x: backbone(x), size=64, heads=None)
generator = fill(lightly.models.ResNetGenerator("resnet-18", width=2 / 64))
small = torch.nn.Sequential(*list(generator.children())[:-1], torch.nn.AdaptiveAvgPool2d(1))
torch.save(generator.state_dict(), OUT / "lightly-generator.pth")
case("lightly-generator.pth", "lightly", lambda x: torch.nn.functional.adaptive_avg_pool2d(generator.layer4(generator.layer3(generator.layer2(generator.layer1(torch.relu(generator.bn1(generator.conv1(x))))))), 1), size=32, heads=None)
model = vit(num_classes=0)
masked = lightly.models.modules.MaskedVisionTransformerTIMM(vit=model)
torch.save({f"backbone.{k}": v for k, v in masked.state_dict().items()}, OUT / "lightly-vit.pth")
case("lightly-vit.pth", "lightly", pre_logits(masked.vit))

# transformers
for name, model in {
    "vit": T.ViTModel(T.ViTConfig(**HF, intermediate_size=64)),
    "dinov2": T.Dinov2Model(T.Dinov2Config(**HF)),
    "dinov2-registers": T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(**HF)),
}.items():
    from_saved(fill(model), f"transformers-{name}.safetensors")
    case(f"transformers-{name}.safetensors", "transformers", last(model))
model = fill(T.ViTMAEForPreTraining(T.ViTMAEConfig(**HF, intermediate_size=64, decoder_hidden_size=8, decoder_num_hidden_layers=1, decoder_num_attention_heads=2, decoder_intermediate_size=16)))
from_saved(model, "transformers-mae.bin")
encoder = T.ViTModel(T.ViTConfig(**HF, intermediate_size=64, layer_norm_eps=1e-12), add_pooling_layer=False).eval()
missing = encoder.load_state_dict({k.removeprefix("vit."): v for k, v in model.state_dict().items() if k.startswith("vit.")}, strict=True)
case("transformers-mae.bin", "transformers", last(encoder))
model = fill(T.BeitModel(T.BeitConfig(**HF, intermediate_size=64, use_relative_position_bias=True)))
from_saved(model, "transformers-beit.safetensors")
case("transformers-beit.safetensors", "transformers", lambda x: model(x).pooler_output)
model = fill(T.BeitForMaskedImageModeling(T.BeitConfig(**HF, intermediate_size=64, vocab_size=5, use_shared_relative_position_bias=True, use_mask_token=True)))
from_saved(model, "transformers-beit-mim.safetensors")
case("transformers-beit-mim.safetensors", "transformers", lambda x: model.layernorm(model.beit(x).last_hidden_state)[:, 0])
model = fill(T.ResNetModel(T.ResNetConfig(embedding_size=2, hidden_sizes=[2, 4, 8, 16], depths=[2, 2, 2, 2], layer_type="basic")))
from_saved(model, "transformers-resnet.safetensors")
case("transformers-resnet.safetensors", "transformers", lambda x: model(x).pooler_output, size=64, heads=None)

versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__, "transformers": T.__version__}
(OUT / "imports.json").write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")
