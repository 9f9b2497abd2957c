import { resnet18, resnet34, resnet50, smallConvNet, smallConvNetDefaults, type Backbone } from '@ssl/core';
import type { Settings } from './choose-settings.js';

/** Builds the network that the settings name. */
export function createNetwork({ network, width, stem, channels }: Pick<Settings, 'network' | 'width' | 'stem' | 'channels'>): Backbone {
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
  }
}

function scaled(channelCount: number, factor: number): number {
  return Math.max(1, Math.round(channelCount * factor));
}
