# Written by ssl export for weights.safetensors.
import pathlib

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

WEIGHTS = pathlib.Path(__file__).resolve().parent / 'weights.safetensors'
IMAGE_SIZE, CHANNELS, CROP = 8, 13, 1
MEAN = torch.tensor((0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)).view(-1, 1, 1)
STD = torch.tensor((0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25)).view(-1, 1, 1)


def preprocess(bands):
    """Bands [CHANNELS, height, width] as floats from 0 to 1: the centred square, resized and normalised, [1, CHANNELS, IMAGE_SIZE, IMAGE_SIZE]."""
    bands = torch.as_tensor(bands, dtype=torch.float32)
    height, width = bands.shape[-2:]
    side = max(1, round(CROP * min(height, width)))
    top, left = (height - side) // 2, (width - side) // 2
    square = bands[None, :, top : top + side, left : left + side]
    pixels = functional.interpolate(square, size=(IMAGE_SIZE, IMAGE_SIZE), mode='bilinear', antialias=True)
    return (pixels - MEAN) / STD


class Block(nn.Module):
    expansion = 4

    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        self.downsample = None
        if stride != 1 or inputs != planes * self.expansion:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes * self.expansion, 1, stride, bias=False), nn.BatchNorm2d(planes * self.expansion))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class Network(nn.Module):
    """Images [batch, 13, height, width] to features [batch, 32]."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(13, 1, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(1)
        inputs = 1
        for stage, depth in enumerate((3, 4, 6, 3)):
            blocks = []
            for i in range(depth):
                blocks.append(Block(inputs, 1 * 2**stage, 2 if i == 0 and stage > 0 else 1))
                inputs = 1 * 2**stage * Block.expansion
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.max_pool2d(x, 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean((2, 3))


def load_model(path=WEIGHTS):
    """The network with its weights, for inference."""
    model = Network()
    model.load_state_dict(load_file(path), strict=True)
    return model.eval()
