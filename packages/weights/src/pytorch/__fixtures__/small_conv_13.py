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


class Network(nn.Sequential):
    """Images [batch, 13, height, width] to features [batch, 4]."""

    def __init__(self):
        layers = []
        inputs = 13
        for width, stride in zip((4,), (2,)):
            layers += [nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        super().__init__(*layers)

    def forward(self, x):
        return super().forward(x).mean((2, 3))


def load_model(path=WEIGHTS):
    """The network with its weights, for inference."""
    model = Network()
    model.load_state_dict(load_file(path), strict=True)
    return model.eval()
