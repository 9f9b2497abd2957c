import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { batchNorm } from './batch-norm.js';
import { conv2d } from './conv2d.js';
import { initChildren } from './init-children.js';
import { maxPool } from './max-pool.js';
import type { Backbone, Module } from './module.js';
import type { Scope } from './scope.js';
import { sequential } from './sequential.js';

export interface ResnetOptions {
  /**
   * 'imagenet': 7 x 7 convolution of stride 2 and max pooling, as torchvision; 'cifar': 3 x 3 convolution of stride 1
   * without pooling, as SimCLR's appendix B.9 has it for images of 32 px.
   */
  readonly stem?: 'imagenet' | 'cifar';
  /** Channels of the first stage, 64 in the papers; the other stages have 2, 4 and 8 times as many. */
  readonly width?: number;
  /** Channels of the images. */
  readonly channels?: number;
  /** The last batch norm of each block starts at 0, so that every block starts as the identity (Goyal et al. 2017). */
  readonly zeroInitResidual?: boolean;
  /** Activation checkpointing: keep only what lies between the blocks for the gradient, and compute each block again. */
  readonly checkpoint?: boolean;
}

export const resnetDefaults = {
  stem: 'imagenet',
  width: 64,
  channels: 3,
  zeroInitResidual: false,
  checkpoint: false,
} as const satisfies Required<ResnetOptions>;

interface Architecture {
  readonly name: string;
  readonly block: (inputs: number, planes: number, stride: number, lastScale: number) => Module<Tensor4D, Tensor4D>;
  /** Output channels of a block divided by its planes. */
  readonly expansion: number;
  readonly depths: readonly [number, number, number, number];
}

/** ResNet-18 (He et al. 2016), named and initialised as torchvision's, without the classifier `fc`. */
export function resnet18(options: ResnetOptions = {}): Backbone {
  return resnet({ name: 'resnet18', block: basicBlock, expansion: 1, depths: [2, 2, 2, 2] }, options);
}

/** ResNet-34, named and initialised as torchvision's, without the classifier `fc`. */
export function resnet34(options: ResnetOptions = {}): Backbone {
  return resnet({ name: 'resnet34', block: basicBlock, expansion: 1, depths: [3, 4, 6, 3] }, options);
}

/** ResNet-50 (stride in the 3 x 3 convolution), named and initialised as torchvision's, without the classifier `fc`. */
export function resnet50(options: ResnetOptions = {}): Backbone {
  return resnet({ name: 'resnet50', block: bottleneck, expansion: 4, depths: [3, 4, 6, 3] }, options);
}

function resnet({ name, block, expansion, depths }: Architecture, options: ResnetOptions): Backbone {
  const { stem, width, channels, zeroInitResidual, checkpoint } = { ...resnetDefaults, ...options };
  const lastScale = zeroInitResidual ? 0 : 1;
  let inputs = width;
  const stages = depths.map((depth, stage) => {
    const planes = width * 2 ** stage;
    const blocks = Array.from({ length: depth }, (_, i) => {
      const built = block(inputs, planes, i === 0 && stage > 0 ? 2 : 1, lastScale);
      inputs = planes * expansion;
      return checkpoint ? checkpointedBlock(built) : built;
    });
    return [`layer${String(stage + 1)}`, sequential<Tensor4D, Tensor4D>(blocks)] as const;
  });
  const conv1 = stem === 'imagenet' ? convolution(channels, width, 7, 2) : convolution(channels, width, 3, 1);
  const children = { conv1, bn1: batchNorm(width), ...Object.fromEntries(stages) };
  const pool = maxPool(3, { stride: 2, padding: 1 });

  const featureMap: Backbone['featureMap'] = (scope, images) => {
    let x = conv1.forward(scope.child('conv1'), images);
    x = tf.relu(children.bn1.forward(scope.child('bn1'), x) as Tensor4D);
    if (stem === 'imagenet') x = pool.forward(scope, x);
    for (const [stage, blocks] of stages) x = blocks.forward(scope.child(stage), x);
    return x;
  };
  return {
    name,
    featureDimension: inputs,
    init: (seed) => initChildren(seed, children),
    featureMap,
    forward: (scope, images) => tf.mean(featureMap(scope, images), [1, 2]),
  };
}

function checkpointedBlock(block: Module<Tensor4D, Tensor4D>): Module<Tensor4D, Tensor4D> {
  const forward = (scope: Scope, x: Tensor4D): Tensor4D => block.forward(scope, x);
  return { init: (seed) => block.init(seed), forward: (scope, x) => (scope.training ? scope.checkpoint(forward, x) : forward(scope, x)) };
}

/** A convolution as ResNets have them: no bias, padding that keeps the size, kaiming fan-out. */
function convolution(inputs: number, outputs: number, kernel: number, stride: number): Module<Tensor4D, Tensor4D> {
  return conv2d(inputs, outputs, kernel, {
    stride,
    padding: (kernel - 1) / 2,
    bias: false,
    initialisation: 'kaimingFanOut',
  });
}

function basicBlock(inputs: number, planes: number, stride: number, lastScale: number): Module<Tensor4D, Tensor4D> {
  return residual(inputs, planes, stride, {
    conv1: convolution(inputs, planes, 3, stride),
    bn1: batchNorm(planes),
    conv2: convolution(planes, planes, 3, 1),
    bn2: batchNorm(planes, { scale: lastScale }),
  });
}

function bottleneck(inputs: number, planes: number, stride: number, lastScale: number): Module<Tensor4D, Tensor4D> {
  return residual(inputs, planes * 4, stride, {
    conv1: convolution(inputs, planes, 1, 1),
    bn1: batchNorm(planes),
    conv2: convolution(planes, planes, 3, stride),
    bn2: batchNorm(planes),
    conv3: convolution(planes, planes * 4, 1, 1),
    bn3: batchNorm(planes * 4, { scale: lastScale }),
  });
}

/** relu(branch(x) + shortcut(x)): `branch` alternates convolution and norm, with ReLU after every norm but the last. */
function residual(
  inputs: number,
  outputs: number,
  stride: number,
  branch: Readonly<Record<string, Module | Module<Tensor4D, Tensor4D>>>,
): Module<Tensor4D, Tensor4D> {
  const layers = Object.entries(branch) as [string, Module][];
  const downsample =
    stride === 1 && inputs === outputs
      ? undefined
      : sequential([convolution(inputs, outputs, 1, stride), batchNorm(outputs)]);
  return {
    init: (seed) => initChildren(seed, { ...branch, ...(downsample ? { downsample } : {}) }),
    forward(scope, input) {
      let x: Tensor = input;
      layers.forEach(([name, layer], i) => {
        x = layer.forward(scope.child(name), x);
        if (i % 2 === 1 && i < layers.length - 1) x = tf.relu(x);
      });
      const shortcut = downsample ? downsample.forward(scope.child('downsample'), input) : input;
      return tf.relu(tf.add(x, shortcut)) as Tensor4D;
    },
  };
}
