import { resnet18, resnet34, resnet50, smallConvNet, smallConvNetDefaults, vitBase, vitSmall, vitTiny, type Backbone } from '@ssl/core';
import type { Settings } from './choose-settings.js';

/** Builds the network that the settings name. */
export function createNetwork({ network, width, stem, channels, imageSize }: Pick<Settings, 'network' | 'width' | 'stem' | 'channels' | 'imageSize'>): Backbone {
  if (typeof network !== 'string') return network;
  switch (network) {
    case 'small-conv':
      return smallConvNet({ channels, widths: smallConvNetDefaults.widths.map((channelCount) => scaled(channelCount, width)) });
    case 'resnet18':
      return resnet18({ stem, channels, width: scaled(64, width) });
    case 'resnet34':
      return resnet34({ stem, channels, width: scaled(64, width) });
    case 'resnet50':
      return resnet50({ stem, channels, width: scaled(64, width) });
    case 'vit-tiny':
      return vitTiny(patches(imageSize, channels, 64 * scaled(3, width)));
    case 'vit-small':
      return vitSmall(patches(imageSize, channels, 64 * scaled(6, width)));
    case 'vit-base':
      return vitBase(patches(imageSize, channels, 64 * scaled(12, width)));
  }
}

/** Patches of 16 pixels, smaller ones where fewer than 8 would stand in a row; heads of 64 features whatever the width. */
function patches(imageSize: number, channels: number, width: number) {
  const patchSize = [16, 8, 4, 2].find((size) => imageSize % size === 0 && imageSize / size >= 8) ?? 1;
  return { imageSize, channels, patchSize, width, heads: width / 64 };
}

function scaled(channelCount: number, factor: number): number {
  return Math.max(1, Math.round(channelCount * factor));
}
