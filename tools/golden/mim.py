"""Golden values of MAE and SimMIM: lightly's MAE blocks over timm's ViT with seeded weights, the losses in PyTorch.

Run: python tools/golden/mim.py   (torch 2.13.0, lightly 1.6, timm)
Writes packages/mim/src/__fixtures__/{mae.json,mae.safetensors,simmim.json}
"""

import json
import math
import warnings
from pathlib import Path

import lightly
import safetensors.torch
import timm
import torch
from lightly.models import utils
from lightly.models.modules import MAEDecoderTIMM, MaskedVisionTransformerTIMM
from timm.models.vision_transformer import VisionTransformer

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(5)
out = Path(__file__).resolve().parents[2] / "packages/mim/src/__fixtures__"
versions = {"versions": f"torch {torch.__version__.split('+')[0]}, lightly {lightly.__version__}, timm {timm.__version__}", "script": "tools/golden/mim.py"}


def pack(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.6g}") for v in tensor.detach().flatten().tolist()]}


def fill(module):
    with torch.no_grad():
        for name, p in module.named_parameters():
            if "pos_embed" in name:
                continue
            noise = torch.randn_like(p)
            if p.ndim == 1 and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif p.ndim == 2 and name.endswith("weight") or p.ndim == 4:
                p.copy_(noise * 1.5 / math.sqrt(p[0].numel()))
            else:
                p.copy_(0.3 * noise)


vit = VisionTransformer(img_size=16, patch_size=4, embed_dim=16, depth=2, num_heads=2, num_classes=0)
encoder = MaskedVisionTransformerTIMM(vit)
decoder = MAEDecoderTIMM(num_patches=16, patch_size=4, embed_dim=16, decoder_embed_dim=8, decoder_depth=1, decoder_num_heads=2)
fill(vit)
fill(decoder)
images = torch.randn(3, 3, 16, 16).round(decimals=2)
keep, mask = utils.random_token_mask(size=(3, 17), mask_ratio=0.75)

# lightly's example: encode the visible tokens, put them among mask tokens, decode, and predict the masked ones.
encoded = encoder.encode(images=images, idx_keep=keep)
x = decoder.embed(encoded)
x_masked = utils.set_at_index(utils.repeat_token(decoder.mask_token, (3, 17)), keep, x.type_as(decoder.mask_token))
everywhere = decoder.predict(decoder.decode(x_masked))
predictions = utils.get_at_index(everywhere, mask)
patches = utils.patchify(images, 4)
target = utils.get_at_index(patches, mask - 1)
cases = []
for normalize in (True, False):
    loss = torch.nn.MSELoss()(predictions, utils.normalize_mean_var(target, dim=-1) if normalize else target)
    wanted = {"patch_embed": vit.patch_embed.proj.weight, "mask_token": decoder.mask_token, "decoder_pred": decoder.decoder_pred.weight}
    gradients = torch.autograd.grad(loss, list(wanted.values()), retain_graph=True)
    cases.append({"normalizeTargets": normalize, "loss": loss.item(), "gradients": {n: pack(g) for n, g in zip(wanted, gradients)}})

hidden = torch.zeros(3, 16).scatter_(1, mask - 1, 1.0)
order = torch.cat([keep[:, 1:] - 1, mask - 1], 1)
(out / "mae.json").write_text(
    json.dumps(
        {
            **versions,
            "images": pack(images.permute(0, 2, 3, 1)),
            "keep": (keep[:, 1:] - 1).tolist(),
            "restore": torch.argsort(order, dim=1).tolist(),
            "mask": hidden.tolist(),
            "patches": pack(patches),
            "predictions": pack(everywhere[:, 1:]),
            "cases": cases,
        }
    )
    + "\n"
)
state = {f"backbone.{k}": v.contiguous() for k, v in vit.state_dict().items()} | {f"decoder.{k}": v.contiguous() for k, v in decoder.state_dict().items()}
safetensors.torch.save_file(state, out / "mae.safetensors")

# SimMIM: `loss_recon * mask` over pixels of NCHW images, as the authors' code writes it.
prediction = torch.randn(3, 3, 8, 8).requires_grad_()
picture = torch.randn(3, 3, 8, 8)
pixel_mask = torch.tensor([[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]]).float()
wide = pixel_mask.reshape(3, 2, 2).repeat_interleave(4, 1).repeat_interleave(4, 2).unsqueeze(1)
loss = (torch.nn.functional.l1_loss(picture, prediction, reduction="none") * wide).sum() / (wide.sum() + 1e-5) / 3
loss.backward()
(out / "simmim.json").write_text(
    json.dumps(
        {
            **versions,
            "prediction": pack(prediction.permute(0, 2, 3, 1)),
            "images": pack(picture.permute(0, 2, 3, 1)),
            "mask": pixel_mask.tolist(),
            "loss": loss.item(),
            "gradient": pack(prediction.grad.permute(0, 2, 3, 1)),
        }
    )
    + "\n"
)
