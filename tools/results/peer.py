"""The peer of one run of the table: lightly's loss and head of the method, in PyTorch, on the same images with the same backbone,
augmentation, optimizer, schedule, batch, steps and seed. Augmentation runs on whole batches, so that the peer is not slowed by images
drawn one by one. Prints one line of JSON; features go into files that our evaluation reads.
"""
import copy
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(len(__import__("os").sched_getaffinity(0)))
job = json.loads(sys.argv[1])
options, size, channels = job["options"], job["shape"][1], job["shape"][3]
torch.manual_seed(job["seed"])


def load(part):
    pixels = np.fromfile(part["path"], dtype=np.uint8).reshape(part["count"], size, size, channels)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


# --- augmentation, one random draw for each image ---------------------------------------------------------------------------------
MEAN, DEVIATION = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]) if channels == 3 else ([0.5], [0.25])
MEAN, DEVIATION = (torch.tensor(v).view(1, -1, 1, 1) for v in (MEAN, DEVIATION))


def crops(x, scale, cubic):
    n = len(x)
    area = torch.empty(10, n).uniform_(scale, 1)
    ratio = torch.empty(10, n).uniform_(math.log(3 / 4), math.log(4 / 3)).exp()
    width, height = (area * ratio).sqrt(), (area / ratio).sqrt()
    fits = (torch.maximum(width, height) <= 1).float()
    first = fits.argmax(0)
    some = fits.sum(0) > 0
    pick = lambda v: torch.where(some, v.gather(0, first[None])[0], torch.ones(n))
    width, height = pick(width), pick(height)
    left, top = torch.rand(n) * (1 - width), torch.rand(n) * (1 - height)
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 2] = width * flip, 2 * left + width - 1
    theta[:, 1, 1], theta[:, 1, 2] = height, 2 * top + height - 1
    grid = F.affine_grid(theta, [n, channels, size, size], align_corners=False)
    return F.grid_sample(x, grid, mode="bicubic" if cubic else "bilinear", padding_mode="border", align_corners=False).clamp(0, 1)


def grey_of(x):
    return (x * torch.tensor([0.2989, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True) if channels == 3 else x


def shift_hue(x, turns):
    high, low = x.amax(1), x.amin(1)
    chroma = high - low
    safe = torch.where(chroma == 0, torch.ones_like(chroma), chroma)
    r, g, b = ((high[:, None] - x) / safe[:, None]).unbind(1)
    hue = torch.where(x[:, 0] == high, b - g, torch.where(x[:, 1] == high, 2 + r - b, 4 + g - r))
    hue = ((hue / 6 + turns.view(-1, 1, 1)) % 1) * 6
    saturation = chroma / torch.where(high == 0, torch.ones_like(high), high)
    channel = lambda k: high - high * saturation * torch.clamp(torch.minimum((k + hue) % 6, 4 - (k + hue) % 6), 0, 1)
    return torch.stack([channel(5), channel(3), channel(1)], 1)


def jitter(x, strengths, probability):
    n = len(x)
    applied = torch.rand(n) < probability
    order = torch.randperm(4).tolist()  # one order for the batch, as torchvision has for a call
    each = lambda v: v.view(-1, 1, 1, 1)
    factor = lambda s: torch.where(applied, torch.empty(n).uniform_(max(0, 1 - s), 1 + s), torch.ones(n))
    for step in order:
        if step == 0:
            x = (x * each(factor(strengths[0]))).clamp(0, 1)
        elif step == 1:
            f = each(factor(strengths[1]))
            x = (f * x + (1 - f) * grey_of(x).mean((1, 2, 3), keepdim=True)).clamp(0, 1)
        elif step == 2 and channels == 3:
            f = each(factor(strengths[2]))
            x = (f * x + (1 - f) * grey_of(x)).clamp(0, 1)
        elif step == 3 and channels == 3 and strengths[3] > 0:
            x = shift_hue(x, torch.where(applied, torch.empty(n).uniform_(-strengths[3], strengths[3]), torch.zeros(n)))
    return x


def view(x, recipe):
    x = crops(x, options["cropScale"], recipe.get("cubic", False))
    if "jitter" in recipe:
        x = jitter(x, [options.get("strength", 1) * s for s in recipe["jitter"]], recipe.get("probability", 0.8))
    if channels == 3 and recipe.get("greyscale", 0.2) > 0:
        x = torch.where((torch.rand(len(x)) < 0.2).view(-1, 1, 1, 1), grey_of(x).expand_as(x), x)
    if recipe.get("solarize", 0) > 0:
        x = torch.where((torch.rand(len(x)) < recipe["solarize"]).view(-1, 1, 1, 1) & (x >= 0.5), 1 - x, x)
    return (x - MEAN) / DEVIATION


method = job["method"]
weak, byol = [0.4, 0.4, 0.4, 0.1], [0.4, 0.4, 0.2, 0.1]
strong = [0.8, 0.8, 0.8, 0.2]
asymmetric = [{"jitter": byol, "cubic": True}, {"jitter": byol, "cubic": True, "solarize": 0.2}]
recipes = {
    "simclr": [{"jitter": strong}] * 2,
    "swav": [{"jitter": strong}] * 2,
    "moco-v1": [{"jitter": [0.4] * 4, "probability": 1}] * 2,
    "moco-v2": [{"jitter": weak}] * 2,
    "simsiam": [{"jitter": weak}] * 2,
    "byol": asymmetric,
    "barlow-twins": asymmetric,
    "dino": asymmetric,
    "ibot": asymmetric,
    "dinov2": asymmetric,
    "mae": [{"cubic": True, "greyscale": 0}],
    "simmim": [{"cubic": True, "greyscale": 0}],
    "vicreg": [{"jitter": byol, "cubic": True, "solarize": 0.1}] * 2,
}[method]


# --- networks ---------------------------------------------------------------------------------------------------------------------
def backbone():
    layers, before = [], channels
    for width, stride in zip([16, 32, 32, 64, 64, 128], [2, 2, 1, 2, 1, 2]):
        convolution = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
        layers += [convolution, nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


PATCHES, SIDE = 16, 4  # as smallVisionTransformer of small-network.ts


class Transformer(nn.Module):
    """lightly's ViT in the shape of ours; its features are the mean of the patches or the class token, after the last norm."""

    def __init__(self, mae=False):
        super().__init__()
        network = VisionTransformer(img_size=size, patch_size=size // SIDE, in_chans=channels, num_classes=0, embed_dim=96, depth=3, num_heads=3)
        given = {} if mae else {"weight_initialization": "skip", "pos_embed_initialization": "skip"}  # timm's own, learned positions
        self.tokens = MaskedVisionTransformerTIMM(network, **given)

    def forward(self, x):
        tokens = self.tokens.encode(x)
        return tokens[:, 1:].mean(1) if options.get("pool") == "mean" else tokens[:, 0]


def copy_of(module):
    frozen = copy.deepcopy(module)
    for parameter in frozen.parameters():
        parameter.requires_grad = False
    return frozen


def move(teacher, student, momentum):
    with torch.no_grad():
        for a, b in zip(teacher.parameters(), student.parameters()):
            a.mul_(momentum).add_(b, alpha=1 - momentum)


from lightly import loss as losses  # noqa: E402
from lightly.models import utils  # noqa: E402
from lightly.models.modules import heads  # noqa: E402
from lightly.models.modules.masked_vision_transformer_decoder_timm import MaskedVisionTransformerDecoderTIMM  # noqa: E402
from lightly.models.modules.masked_vision_transformer_timm import MaskedVisionTransformerTIMM, init_weights  # noqa: E402
from timm.models.vision_transformer import VisionTransformer  # noqa: E402

steps = job["steps"]
WIDTH, net = (96, Transformer(mae=method == "mae")) if method in ("mae", "simmim", "ibot", "dinov2") else (128, backbone())
evaluated = net
cosine = lambda start, step: 1 - (1 - start) * (1 + math.cos(math.pi * step / steps)) / 2
after = lambda step: None
dimension = options["dimension"] if "dimension" in options else None

if method == "simclr":
    head = heads.SimCLRProjectionHead(WIDTH, options["projectorWidth"] or WIDTH, dimension, num_layers=options["projectorLayers"])
    model, criterion = nn.Sequential(net, head), losses.NTXentLoss(temperature=options["temperature"])
    objective = lambda a, b, step: criterion(*model(torch.cat([a, b])).chunk(2))
elif method in ("moco-v1", "moco-v2"):
    head = nn.Linear(WIDTH, dimension) if method == "moco-v1" else heads.MoCoProjectionHead(WIDTH, WIDTH, dimension)
    model = nn.Sequential(net, head)
    teacher = copy_of(model)
    criterion = losses.NTXentLoss(temperature=options["temperature"], memory_bank_size=(options["queue"], dimension))
    parts = options["shuffleGroups"]

    def objective(a, b, step):
        query = torch.cat([model(part) for part in a.chunk(parts)])
        with torch.no_grad():
            order = torch.randperm(len(b))
            key = torch.cat([teacher(part) for part in b[order].chunk(parts)])[order.argsort()]
        return criterion(query, key)

    after = lambda step: move(teacher, model, options["momentum"])
elif method == "simsiam":
    wide = options["dimension"]
    head = heads.SimSiamProjectionHead(WIDTH, wide, wide)
    if options["layers"] == 2:  # as the paper has for CIFAR
        head.layers = nn.Sequential(*list(head.layers)[:3], *list(head.layers)[-2:])
    predictor = heads.SimSiamPredictionHead(wide, options["bottleneck"], wide)
    model, criterion = nn.ModuleList([net, head, predictor]), losses.NegativeCosineSimilarity()

    def objective(a, b, step):
        za, zb = head(net(a)), head(net(b))
        return 0.5 * (criterion(predictor(za), zb.detach()) + criterion(predictor(zb), za.detach()))
elif method == "byol":
    head = heads.BYOLProjectionHead(WIDTH, options["hidden"], dimension)
    predictor = heads.BYOLPredictionHead(dimension, options["hidden"], dimension)
    online = nn.Sequential(net, head)
    teacher, model, criterion = copy_of(online), nn.ModuleList([online, predictor]), losses.NegativeCosineSimilarity()

    def objective(a, b, step):
        with torch.no_grad():
            ta, tb = teacher(a), teacher(b)
        # 2 - 2 cos for each direction, as in the paper; lightly's is the cosine alone
        return 4 + 2 * (criterion(predictor(online(a)), tb) + criterion(predictor(online(b)), ta))

    after = lambda step: move(teacher, online, cosine(options["momentum"], step))
elif method in ("barlow-twins", "vicreg"):
    wide, layers = options["dimension"], options["layers"]
    plain = [(WIDTH if i == 0 else wide, wide, nn.BatchNorm1d(wide), nn.ReLU()) for i in range(layers - 1)]
    head = heads.ProjectionHead([*plain, (wide, wide, None, None)])
    for layer in head.layers:
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias = None
    model = nn.Sequential(net, head)
    if method == "vicreg":
        criterion = losses.VICRegLoss(options["invariance"], options["variance"], options["covariance"])
        objective = lambda a, b, step: criterion(model(a), model(b))
    else:
        criterion = losses.BarlowTwinsLoss(lambda_param=options["lambda"])
        objective = lambda a, b, step: options["scale"] * criterion(model(a), model(b))
elif method == "swav":
    from lightly.models.modules import SwaVPrototypes

    head = heads.SwaVProjectionHead(WIDTH, options["hidden"], dimension)
    prototypes = SwaVPrototypes(dimension, options["prototypes"], n_steps_frozen_prototypes=options["frozenPrototypes"])
    model = nn.ModuleList([net, head, prototypes])
    criterion = losses.SwaVLoss(options["temperature"], options["iterations"], options["epsilon"])

    def objective(a, b, step):
        prototypes.normalize()
        z = F.normalize(head(net(torch.cat([a, b]))), dim=1)
        return criterion(list(prototypes(z, step).chunk(2)), [])
elif method == "dino":
    make = lambda: heads.DINOProjectionHead(
        WIDTH, options["hidden"], options["bottleneck"], options["outputs"], batch_norm=options["batchNorm"]
    )
    model, teacher = nn.Sequential(net, make()), nn.Sequential(backbone(), make())  # weight norm cannot be deep-copied
    teacher.load_state_dict(model.state_dict())
    for parameter in teacher.parameters():
        parameter.requires_grad = False
    evaluated = teacher[0]
    criterion = losses.DINOLoss(options["outputs"], student_temp=options["temperature"], center_momentum=options["centreMomentum"])

    def objective(a, b, step):
        with torch.no_grad():
            said = teacher(torch.cat([a, b])).chunk(2)
        return criterion(list(said), list(model(torch.cat([a, b])).chunk(2)), teacher_temp=options["teacherTemperature"])

    after = lambda step: move(teacher, model, cosine(options["momentum"], step))

elif method == "mae":
    narrow = options["decoderWidth"]
    decoder = MaskedVisionTransformerDecoderTIMM(PATCHES, narrow, options["decoderDepth"], options["decoderHeads"])
    to_decoder, to_pixels = nn.Linear(WIDTH, narrow), nn.Linear(narrow, channels * (size // SIDE) ** 2)
    to_decoder.apply(init_weights), to_pixels.apply(init_weights)
    model = nn.ModuleList([net, to_decoder, decoder, to_pixels])

    def objective(x, step):
        keep, hidden = utils.random_token_mask((len(x), 1 + PATCHES), mask_ratio=options["maskRatio"])
        all_masked = utils.repeat_token(decoder.mask_token, (len(x), 1 + PATCHES))
        tokens = utils.set_at_index(all_masked, keep, to_decoder(net.tokens.encode(x, idx_keep=keep)))
        predicted = to_pixels(utils.get_at_index(decoder(tokens), hidden))
        target = utils.get_at_index(utils.patchify(x, size // SIDE), hidden - 1)
        return F.mse_loss(predicted, utils.normalize_mean_var(target) if options["normalizeTargets"] else target)
elif method == "simmim":
    head = nn.Linear(WIDTH, channels * (size // SIDE) ** 2)
    model = nn.ModuleList([net, head])

    def objective(x, step):
        _, hidden = utils.random_grid_token_mask((len(x), 1 + PATCHES), options["maskRatio"], options["maskUnit"])
        predicted = head(utils.get_at_index(net.tokens.encode(x, idx_mask=hidden), hidden))
        return F.l1_loss(predicted, utils.get_at_index(utils.patchify(x, size // SIDE), hidden - 1))
elif method in ("ibot", "dinov2"):
    separate = options["heads"] == "separate"
    make = lambda outputs: heads.DINOProjectionHead(WIDTH, options["hidden"], options["bottleneck"], outputs)
    clusters = [options["outputs"], options["patchOutputs"] if separate else options["outputs"]]
    model, teacher = (nn.ModuleList([start, *map(make, clusters[: 1 + separate])]) for start in (net, Transformer()))
    teacher.load_state_dict(model.state_dict())
    for parameter in teacher.parameters():
        parameter.requires_grad = False
    evaluated = teacher[0]
    # lightly centres by a running mean; it has no Sinkhorn-Knopp for these losses
    common = {"student_temp": options["temperature"], "center_momentum": options["centreMomentum"]}
    of_class, of_patches = losses.DINOLoss(clusters[0], **common), losses.IBOTPatchLoss(clusters[1], **common)
    koleo = losses.KoLeoLoss()

    def objective(a, b, step):
        x = torch.cat([a, b])
        mask = utils.random_block_mask(
            (len(x), SIDE, SIDE), options["maskProbability"], options["maskRatioLowest"], options["maskRatioHighest"], min_num_masks_per_block=1
        )
        flat = mask.flatten(1)
        with torch.no_grad():
            seen = teacher[0].tokens.encode(x)
            said, said_of_patches = teacher[1](seen[:, 0]), teacher[-1](seen[:, 1:][flat])
        tokens = net.tokens.encode(x, mask=F.pad(flat, (1, 0)))
        temperature = options["teacherTemperature"]
        loss = options["classWeight"] * of_class(list(said.chunk(2)), list(model[1](tokens[:, 0]).chunk(2)), teacher_temp=temperature)
        loss = loss + options["patchWeight"] * of_patches(said_of_patches, model[-1](tokens[:, 1:][flat]), mask, temperature)
        if options["koleoWeight"] > 0:
            loss = loss + options["koleoWeight"] * sum(map(koleo, tokens[:, 0].chunk(2)))
        return loss

    after = lambda step: move(teacher, model, cosine(options["momentum"], step))

decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
plain = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
groups = [{"params": decayed, "weight_decay": options["weightDecay"]}, {"params": plain, "weight_decay": 0.0}]
if options["optimizer"] == "adamw":
    optimizer = torch.optim.AdamW(groups, lr=job["peak"], betas=(0.9, 0.95 if method == "mae" else 0.999))
else:
    optimizer = torch.optim.SGD(groups, lr=job["peak"], momentum=0.9)
# iBOT limits each parameter's gradient, DINOv2 that of backbone and heads, the others the whole.
clipped = [list(model.parameters())]
if method in ("ibot", "dinov2"):
    clipped = [[p] for p in model.parameters()] if method == "ibot" else [list(part.parameters()) for part in model]
constant = {id(p) for p in predictor.parameters()} if method == "simsiam" else set()
if constant:  # the predictor's rate does not decay
    for group in list(optimizer.param_groups):
        kept = [p for p in group["params"] if id(p) in constant]
        group["params"] = [p for p in group["params"] if id(p) not in constant]
        optimizer.add_param_group({"params": kept, "weight_decay": group["weight_decay"], "constant": True})

images = load(job["images"])
test = load(job["test"]) if "test" in job else None
started = time.perf_counter()


def embed(state):
    evaluated.eval()
    with torch.no_grad():
        for part, pixels in (("train", images), ("test", test)):
            if pixels is not None:
                z = torch.cat([evaluated((chunk.float() / 255 - MEAN) / DEVIATION) for chunk in pixels.split(256)])
                z.numpy().astype(np.float32).tofile(f"{job['features']}-{state}-{part}.f32")
    evaluated.train()


embed("untrained")
model.train()
per_epoch, batch, seen = len(images) // job["batchSize"], job["batchSize"], []
warm = min(int(options["warmupEpochs"] * per_epoch), steps // 10)
for step in range(steps):
    if step % per_epoch == 0:
        order = torch.randperm(len(images))
    x = images[order[(step % per_epoch) * batch : (step % per_epoch + 1) * batch]].float() / 255
    rate = job["peak"] * (step + 1) / warm if step < warm else job["peak"] * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))
    for group in optimizer.param_groups:
        group["lr"] = job["peak"] if group.get("constant") else rate
    views = [view(x, recipe) for recipe in recipes]
    optimizer.zero_grad(set_to_none=True)
    loss = objective(*views, step)
    loss.backward()
    if options.get("clipNorm", 0) > 0:
        for part in clipped:
            nn.utils.clip_grad_norm_(part, options["clipNorm"])
    optimizer.step()
    after(step)
    if step % max(1, steps // 40) == 0 or step == steps - 1:
        seen.append(loss.item())
seconds = time.perf_counter() - started
embed("trained")
version = __import__("lightly").__version__
print(json.dumps({"dimension": WIDTH, "seconds": seconds, "losses": seen, "name": f"lightly {version}, PyTorch {torch.__version__.split('+')[0]}"}))
