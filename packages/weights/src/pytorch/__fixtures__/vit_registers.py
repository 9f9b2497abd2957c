# Written by ssl export for weights.safetensors.
import pathlib

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

WEIGHTS = pathlib.Path(__file__).resolve().parent / 'weights.safetensors'
IMAGE_SIZE, CHANNELS, CROP = 8, 3, 1
MEAN = torch.tensor((0.485, 0.456, 0.406)).view(-1, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).view(-1, 1, 1)


def preprocess(image):
    """An image of PIL: the centred square, resized and normalised, [1, CHANNELS, IMAGE_SIZE, IMAGE_SIZE]."""
    from PIL import Image

    width, height = image.size
    side = CROP * min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    image = image.convert('RGB').resize((IMAGE_SIZE, IMAGE_SIZE), Image.BILINEAR, box=(left, top, left + side, top + side))
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).float().view(1, IMAGE_SIZE, IMAGE_SIZE, CHANNELS).permute(0, 3, 1, 2) / 255
    return (pixels - MEAN) / STD


WIDTH, DEPTH, HEADS, EPSILON = 8, 2, 2, 0.000001
PATCH_SIZE, SIDE = 4, 2  # pixels, patches


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=True)
        self.q_norm = nn.LayerNorm(WIDTH // HEADS, eps=EPSILON)
        self.k_norm = nn.LayerNorm(WIDTH // HEADS, eps=EPSILON)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch, length, _ = x.shape
        qkv = self.qkv(x)
        q, k, v = qkv.view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.q_norm(q), self.k_norm(k)
        x = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(batch, length, WIDTH))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(WIDTH, 32)
        self.fc2 = nn.Linear(16, WIDTH)

    def forward(self, x):
        a, b = self.fc1(x).chunk(2, -1)
        return self.fc2(functional.silu(a) * b)


class LayerScale(nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.mlp = FeedForward()
        self.ls1 = LayerScale()
        self.ls2 = LayerScale()

    def forward(self, x):
        x = x + self.ls1.gamma * self.attn(self.norm1(x))
        return x + self.ls2.gamma * self.mlp(self.norm2(x))


class PatchEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(3, WIDTH, PATCH_SIZE, PATCH_SIZE)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Network(nn.Module):
    """Images [batch, 3, SIDE * PATCH_SIZE, SIDE * PATCH_SIZE] to features [batch, 8]."""

    def __init__(self):
        super().__init__()
        self.patch_embed = PatchEmbedding()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.reg_token = nn.Parameter(torch.zeros(1, 2, WIDTH))
        self.pos_embed = nn.Parameter(torch.zeros(1, SIDE * SIDE, WIDTH))
        self.blocks = nn.Sequential(*[Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)

    def forward(self, x):
        x = self.patch_embed(x)
        before = torch.cat([self.cls_token, self.reg_token], 1).expand(len(x), -1, -1)
        x = x + self.pos_embed
        x = torch.cat([before, x], 1)
        x = self.blocks(x)
        return self.norm(x[:, 0])


def load_model(path=WEIGHTS):
    """The network with its weights, for inference."""
    model = Network()
    model.load_state_dict(load_file(path), strict=True)
    return model.eval()
