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


def relative_position_index():
    """Which entry of the table belongs to each pair of tokens, the class token first."""
    place = torch.arange(SIDE * SIDE)
    row, column = place // SIDE, place % SIDE
    span = 2 * SIDE - 1
    index = torch.full((SIDE * SIDE + 1, SIDE * SIDE + 1), span * span + 1)
    index[0], index[0, 0] = span * span, span * span + 2
    index[1:, 1:] = (row[:, None] - row + SIDE - 1) * span + column[:, None] - column + SIDE - 1
    return index


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(WIDTH))
        self.v_bias = nn.Parameter(torch.zeros(WIDTH))
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * SIDE - 1) ** 2 + 3, HEADS))
        self.register_buffer('index', relative_position_index(), persistent=False)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch, length, _ = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        qkv = functional.linear(x, self.qkv.weight, bias)
        q, k, v = qkv.view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.relative_position_bias_table[self.index].permute(2, 0, 1)[None]
        x = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.proj(x.transpose(1, 2).reshape(batch, length, WIDTH))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(WIDTH, 32)
        self.fc2 = nn.Linear(32, WIDTH)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.mlp = FeedForward()
        self.gamma_1 = nn.Parameter(torch.ones(WIDTH))
        self.gamma_2 = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        x = x + self.gamma_1 * self.attn(self.norm1(x))
        return x + self.gamma_2 * self.mlp(self.norm2(x))


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
        self.blocks = nn.Sequential(*[Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)

    def forward(self, x):
        x = self.patch_embed(x)
        before = torch.cat([self.cls_token], 1).expand(len(x), -1, -1)
        x = torch.cat([before, x], 1)
        x = self.blocks(x)
        return self.norm(x[:, 0])


def load_model(path=WEIGHTS):
    """The network with its weights, for inference."""
    model = Network()
    model.load_state_dict(load_file(path), strict=True)
    return model.eval()
