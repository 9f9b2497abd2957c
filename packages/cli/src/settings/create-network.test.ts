import { smallConvNet, type VisionTransformer } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';

const settings = { width: 1, stem: 'cifar', channels: 3, imageSize: 32 } as const;

describe('createNetwork', () => {
  it('hands --recompute to the network', () => {
    const vit = (recompute?: boolean) => createNetwork({ ...settings, network: 'vit-tiny', ...(recompute === undefined ? {} : { recompute }) }) as VisionTransformer;
    expect(vit(true).options.checkpoint).toBe(true);
    expect(vit().options.checkpoint).toBe(false);
    expect(vit().options).toMatchObject({ imageSize: 32, patchSize: 4, width: 192, heads: 3 });
    expect(createNetwork({ ...settings, network: 'resnet18', recompute: true }).name).toBe('resnet18');
  });

  it('refuses images that no sensible patch divides, and names the sizes next to them', () => {
    expect(() => createNetwork({ ...settings, network: 'vit-tiny', imageSize: 34 })).toThrow(/--image-size 34 has none\. Use --image-size 32 or 36/);
    for (const imageSize of [8, 33, 34, 4096]) expect(createNetwork({ ...settings, network: 'resnet18', imageSize }).name).toBe('resnet18');
  });

  it('says where --recompute cannot be', () => {
    expect(() => createNetwork({ ...settings, network: 'small-conv', recompute: true })).toThrow(/too small for --recompute/);
    const given = { ...smallConvNet(), name: 'mine' };
    expect(() => createNetwork({ ...settings, network: given, recompute: true })).toThrow(/'mine'.*checkpoint: true/);
    expect(createNetwork({ ...settings, network: given, recompute: false })).toBe(given);
  });
});
