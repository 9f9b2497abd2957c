import { SslError, type StoredTensor } from '@ssl/core';
import type { BackboneDescription } from './backbone-description.js';

/**
 * Depth, width, stem and channels of a ResNet from its tensors.
 *
 * @param tensors - By torchvision's names, in PyTorch's layout.
 * @throws SslError where the network is none of those that are here.
 */
export function inferResnet(tensors: Readonly<Record<string, StoredTensor>>, source: string): BackboneDescription {
  const names = Object.keys(tensors);
  const depths = [1, 2, 3, 4].map((stage) => new Set(names.flatMap((name) => new RegExp(`^layer${String(stage)}\\.(\\d+)\\.`).exec(name)?.[1] ?? [])).size);
  const bottleneck = 'layer1.0.conv3.weight' in tensors;
  const found = { '2,2,2,2,basic': 'resnet18', '3,4,6,3,basic': 'resnet34', '3,4,6,3,bottleneck': 'resnet50' } as const;
  const key = `${depths.join(',')},${bottleneck ? 'bottleneck' : 'basic'}`;
  const [width, channels, kernel] = tensors['conv1.weight']?.shape ?? [];
  if (!isKey(found, key) || width === undefined || channels === undefined || (kernel !== 7 && kernel !== 3)) {
    throw new SslError(
      `${source} was to hold a ResNet-18, -34 or -50 with a first convolution of 7 x 7 or 3 x 3, got ${depths.join(', ')} ${bottleneck ? 'bottleneck' : 'basic'} blocks and ${String(kernel)} x ${String(kernel)}. Take weights of one of these.`,
      { from: '@ssl/weights' },
    );
  }
  return { kind: 'resnet', name: found[key], options: { stem: kernel === 7 ? 'imagenet' : 'cifar', width, channels } };
}

function isKey<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}
