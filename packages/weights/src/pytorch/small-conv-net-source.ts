import { smallConvNetDefaults } from '@ssl/core';
import type { BackboneDescription } from '../backbone/backbone-description.js';
import { pythonTuple } from './python-literals.js';

type SmallConvNet = Extract<BackboneDescription, { kind: 'small-conv-net' }>;

/** The class of the small convolutional network in Python, `Network`. */
export function smallConvNetSource({ options }: SmallConvNet): string[] {
  const { channels, widths, strides } = { ...smallConvNetDefaults, ...options };
  return [
    'class Network(nn.Sequential):',
    `    """Images [batch, ${String(channels)}, height, width] to features [batch, ${String(widths.at(-1))}]."""`,
    '',
    '    def __init__(self):',
    '        layers = []',
    `        inputs = ${String(channels)}`,
    `        for width, stride in zip(${pythonTuple(widths)}, ${pythonTuple(strides)}):`,
    '            layers += [nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]',
    '            inputs = width',
    '        super().__init__(*layers)',
    '',
    '    def forward(self, x):',
    '        return super().forward(x).mean((2, 3))',
  ];
}
