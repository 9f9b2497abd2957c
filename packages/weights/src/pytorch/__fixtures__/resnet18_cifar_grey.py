# Written by ssl export for weights.safetensors.
import pathlib

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

WEIGHTS = pathlib.Path(__file__).resolve().parent / 'weights.safetensors'
IMAGE_SIZE, CHANNELS, CROP = 8, 1, 1
MEAN = torch.tensor((0.5,)).view(-1, 1, 1)
STD = torch.tensor((0.25,)).view(-1, 1, 1)


def preprocess(image):
    """An image of PIL: the centred square, resized and normalised, [1, CHANNELS, IMAGE_SIZE, IMAGE_SIZE]."""
    from PIL import Image

    width, height = image.size
    side = CROP * min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    image = image.convert('L').resize((IMAGE_SIZE, IMAGE_SIZE), Image.BILINEAR, box=(left, top, left + side, top + side))
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).float().view(1, IMAGE_SIZE, IMAGE_SIZE, CHANNELS).permute(0, 3, 1, 2) / 255
    return (pixels - MEAN) / STD


class Block(nn.Module):
    expansion = 1

    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or inputs != planes * self.expansion:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes * self.expansion, 1, stride, bias=False), nn.BatchNorm2d(planes * self.expansion))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class Network(nn.Module):
    """Images [batch, 1, height, width] to features [batch, 16]."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(2)
        inputs = 2
        for stage, depth in enumerate((2, 2, 2, 2)):
            blocks = []
            for i in range(depth):
                blocks.append(Block(inputs, 2 * 2**stage, 2 if i == 0 and stage > 0 else 1))
                inputs = 2 * 2**stage * Block.expansion
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean((2, 3))


def load_model(path=WEIGHTS):
    """The network with its weights, for inference."""
    model = Network()
    model.load_state_dict(load_file(path), strict=True)
    return model.eval()
