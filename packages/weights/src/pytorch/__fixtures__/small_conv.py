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


class Network(nn.Sequential):
    """Images [batch, 3, height, width] to features [batch, 8]."""

    def __init__(self):
        layers = []
        inputs = 3
        for width, stride in zip((4, 8), (2, 1)):
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
