"""The peers of `npm run bench`: one process, one workload, driven line by line by bench.mjs.

python peer.py WORKLOAD PRECISION VARIANT THREADS DATA
Prints {"ready": ...} when set up, answers each line `run N` with {"seconds": [...]} for N repetitions and `memory` with {"peakMB": ...}.
Every repetition handles the number of items that workloads.mjs states.
"""

import json
import os
import sys
import time

workload, precision, variant, threads, data = sys.argv[1:6]
os.environ["OMP_NUM_THREADS"] = threads

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(int(threads))
torch.manual_seed(0)
low = precision == "bfloat16"


def nt_xent(z: torch.Tensor, temperature: float = 0.5) -> torch.Tensor:
    z = F.normalize(z.float(), dim=1)
    n = z.shape[0] // 2
    similarity = z @ z.T / temperature
    similarity = similarity.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
    target = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(similarity, target)


class SimClr(nn.Module):
    """Backbone and a two-layer head."""

    def __init__(self, backbone: nn.Module, width: int):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 128))

    def forward(self, x):
        return self.head(self.backbone(x))


def resnet(name: str, cifar: bool) -> SimClr:
    import torchvision

    net = getattr(torchvision.models, name)()
    if cifar:
        net.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        net.maxpool = nn.Identity()
    width = net.fc.in_features
    net.fc = nn.Identity()
    return SimClr(net, width)


def vit(name: str, **options) -> SimClr:
    import timm

    net = timm.create_model(name, num_classes=0, **options)
    return SimClr(net, net.num_features)


def training_step(model: nn.Module, batch: int, size: int, adam: bool):
    """Forward, backward and update of one SimCLR step on random images."""
    convolutional = not adam
    model.train()
    x = torch.randn(batch, 3, size, size)
    if convolutional:
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    if adam:
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, fused=True)
    run = torch.compile(model) if variant == "compile" else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            z = run(x)
        loss = nt_xent(z)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def simclr_transform(size: int):
    from torchvision.transforms import v2

    jitter = v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8)
    parts = [v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip(), jitter, v2.RandomGrayscale(0.2)]
    if size > 64:
        parts.append(v2.RandomApply([v2.GaussianBlur(size // 10 // 2 * 2 + 1, (0.1, 2.0))], p=0.5))
    return v2, parts


def augmentation(batch: int, size: int, source: int):
    images = torch.randint(0, 256, (batch, 3, source, source), dtype=torch.uint8)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    if variant == "kornia":
        import kornia.augmentation as K

        parts = [
            K.RandomResizedCrop((size, size), scale=(0.08, 1.0)),
            K.RandomHorizontalFlip(),
            K.ColorJitter(0.8, 0.8, 0.8, 0.2, p=0.8),
            K.RandomGrayscale(rgb_weights=torch.tensor([0.299, 0.587, 0.114]), p=0.2),
        ]
        if size > 64:
            parts.append(K.RandomGaussianBlur((size // 10 // 2 * 2 + 1,) * 2, (0.1, 2.0), p=0.5))
        parts.append(K.Normalize(torch.tensor(mean), torch.tensor(deviation)))
        transform = K.AugmentationSequential(*parts, data_keys=["input"])

        def step():
            floats = images.float() / 255
            return transform(floats), transform(floats)

        return step
    v2, parts = simclr_transform(size)
    transform = v2.Compose([*parts, v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, deviation)])

    def step():  # torchvision draws one set of parameters a call, so each image is a call
        return [(transform(image), transform(image)) for image in images]

    return step


def loader(batch: int, size: int):
    import torchvision

    v2, parts = simclr_transform(size)
    transform = v2.Compose(
        [v2.PILToTensor(), *parts, v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    )
    dataset = torchvision.datasets.ImageFolder(data, transform=lambda image: (transform(image), transform(image)))
    loading = torch.utils.data.DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=int(threads), drop_last=True, persistent_workers=True)
    return endless(loading)


def multi_crop(batch: int):
    """DINO's 2 global and 8 local crops of each image."""
    import torchvision
    from torchvision.transforms import v2

    jitter = v2.RandomApply([v2.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8)
    last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]

    def crop(size, scale, blur, solarize=0.0):
        return v2.Compose(
            [
                v2.RandomResizedCrop(size, scale=scale, interpolation=v2.InterpolationMode.BICUBIC, antialias=True),
                v2.RandomHorizontalFlip(),
                jitter,
                v2.RandomGrayscale(0.2),
                v2.RandomApply([v2.GaussianBlur(size // 10 // 2 * 2 + 1, (0.1, 2.0))], p=blur),
                v2.RandomSolarize(128, p=solarize),
                *last,
            ]
        )

    first, second, local = crop(224, (0.4, 1.0), 1.0), crop(224, (0.4, 1.0), 0.1, 0.2), crop(96, (0.05, 0.4), 0.5)
    to_tensor = v2.PILToTensor()

    def transform(image):
        image = to_tensor(image)
        return [first(image), second(image), *[local(image) for _ in range(8)]]

    dataset = torchvision.datasets.ImageFolder(data, transform=transform)
    return endless(torch.utils.data.DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=int(threads), drop_last=True, persistent_workers=True))


def endless(loading):
    state = {"iterator": iter(loading)}

    def step():
        try:
            return next(state["iterator"])
        except StopIteration:
            state["iterator"] = iter(loading)
            return next(state["iterator"])

    step.prefetched = 2 * int(threads)
    return step


def knn(n: int, dimension: int, k: int):
    import faiss

    faiss.omp_set_num_threads(int(threads))
    generator = np.random.default_rng(0)
    features = generator.standard_normal((n, dimension), dtype=np.float32)
    faiss.normalize_L2(features)

    def step():
        index = faiss.IndexFlatIP(dimension)
        index.add(features)
        return index.search(features, k)

    return step


builders = {
    "resnet18-cifar": lambda: training_step(resnet("resnet18", True), 128, 32, False),
    "resnet50-224": lambda: training_step(resnet("resnet50", False), 16, 224, False),
    "vit-tiny-16-224": lambda: training_step(vit("vit_tiny_patch16_224"), 32, 224, True),
    "vit-small-16-224": lambda: training_step(vit("vit_small_patch16_224"), 32, 224, True),
    "vit-tiny-4-32": lambda: training_step(vit("vit_tiny_patch16_224", img_size=32, patch_size=4), 128, 32, True),
    "augment-32": lambda: augmentation(256, 32, 32),
    "augment-224": lambda: augmentation(32, 224, 256),
    "loader-224": lambda: loader(32, 224),
    "pack-224": lambda: loader(32, 224),  # torchvision has no packed files: the JPEG folder again
    "multi-crop-224": lambda: multi_crop(32),
    "knn": lambda: knn(int(data), 512, 20),
}


def cpu_time() -> float:
    """CPU seconds of this process and of the loader's workers, which still run."""
    import multiprocessing

    ticks = 0
    for worker in multiprocessing.active_children():
        with open(f"/proc/{worker.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    step = builders[workload]()
    print(json.dumps({"ready": True, "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "run":
            seconds, cpu_seconds = [], []
            for _ in range(getattr(step, "prefetched", 0)):  # batches that were made while others were measured do not count
                step()
            for _ in range(int(words[1])):
                used = cpu_time()
                begin = time.perf_counter()
                step()
                seconds.append(time.perf_counter() - begin)
                cpu_seconds.append(cpu_time() - used)
            print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds}), flush=True)
        elif words[0] == "memory":
            with open("/proc/self/status", encoding="ascii") as status:
                peak = next(int(row.split()[1]) for row in status if row.startswith("VmHWM"))
            print(json.dumps({"peakMB": peak / 1024}), flush=True)
        else:
            return


if __name__ == "__main__":
    main()
