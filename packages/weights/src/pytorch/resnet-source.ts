import { resnetDefaults } from '@ssl/core';
import type { BackboneDescription } from '../backbone/backbone-description.js';

type Resnet = Extract<BackboneDescription, { kind: 'resnet' }>;

const depths = { resnet18: [2, 2, 2, 2], resnet34: [3, 4, 6, 3], resnet50: [3, 4, 6, 3] } as const;

/** The classes of a ResNet in Python, the last one `Network`. */
export function resnetSource({ name, options }: Resnet): string[] {
  const { width, channels, stem } = { ...resnetDefaults, ...options };
  const cifar = stem === 'cifar';
  return [
    ...(name === 'resnet50' ? bottleneck : basicBlock),
    '',
    '',
    'class Network(nn.Module):',
    `    """Images [batch, ${String(channels)}, height, width] to features [batch, ${String(width * 8 * (name === 'resnet50' ? 4 : 1))}]."""`,
    '',
    '    def __init__(self):',
    '        super().__init__()',
    `        self.conv1 = nn.Conv2d(${String(channels)}, ${String(width)}, ${cifar ? '3, 1, 1' : '7, 2, 3'}, bias=False)`,
    `        self.bn1 = nn.BatchNorm2d(${String(width)})`,
    `        inputs = ${String(width)}`,
    `        for stage, depth in enumerate((${depths[name].join(', ')})):`,
    '            blocks = []',
    '            for i in range(depth):',
    `                blocks.append(Block(inputs, ${String(width)} * 2**stage, 2 if i == 0 and stage > 0 else 1))`,
    `                inputs = ${String(width)} * 2**stage * Block.expansion`,
    "            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))",
    '',
    '    def forward(self, x):',
    '        x = functional.relu(self.bn1(self.conv1(x)))',
    ...(cifar ? [] : ['        x = functional.max_pool2d(x, 3, 2, 1)']),
    '        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))',
    '        return x.mean((2, 3))',
  ];
}

const shortcut = [
  '        self.downsample = None',
  '        if stride != 1 or inputs != planes * self.expansion:',
  '            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes * self.expansion, 1, stride, bias=False), nn.BatchNorm2d(planes * self.expansion))',
];
const sum = ['        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))'];

const basicBlock = [
  'class Block(nn.Module):',
  '    expansion = 1',
  '',
  '    def __init__(self, inputs, planes, stride):',
  '        super().__init__()',
  '        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)',
  '        self.bn1 = nn.BatchNorm2d(planes)',
  '        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)',
  '        self.bn2 = nn.BatchNorm2d(planes)',
  ...shortcut,
  '',
  '    def forward(self, x):',
  '        y = functional.relu(self.bn1(self.conv1(x)))',
  '        y = self.bn2(self.conv2(y))',
  ...sum,
];

const bottleneck = [
  'class Block(nn.Module):',
  '    expansion = 4',
  '',
  '    def __init__(self, inputs, planes, stride):',
  '        super().__init__()',
  '        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)',
  '        self.bn1 = nn.BatchNorm2d(planes)',
  '        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)',
  '        self.bn2 = nn.BatchNorm2d(planes)',
  '        self.conv3 = nn.Conv2d(planes, planes * 4, 1, bias=False)',
  '        self.bn3 = nn.BatchNorm2d(planes * 4)',
  ...shortcut,
  '',
  '    def forward(self, x):',
  '        y = functional.relu(self.bn1(self.conv1(x)))',
  '        y = functional.relu(self.bn2(self.conv2(y)))',
  '        y = self.bn3(self.conv3(y))',
  ...sum,
];
