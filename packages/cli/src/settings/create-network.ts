import { resnet18, resnet34, resnet50, smallConvNet, smallConvNetDefaults, vitBase, vitSmall, vitTiny, type Backbone } from '@ssl/core';
import { UsageError } from '../usage-error.js';
import type { Settings } from './choose-settings.js';
import { requirePatchSize } from './patch-size.js';

type NetworkSettings = Pick<Settings, 'network' | 'width' | 'stem' | 'channels' | 'imageSize' | 'recompute' | 'patchSize'>;

/**
 * Builds the network that the settings name.
 *
 * @throws UsageError where its activations shall be recomputed and it cannot do that, or no patch divides the images.
 */
export function createNetwork(settings: NetworkSettings): Backbone {
  const { network, width, stem, channels, recompute: checkpoint = false } = settings;
  if (typeof network !== 'string' || network === 'small-conv') {
    if (checkpoint) throw cannotRecompute(network);
    if (typeof network !== 'string') return network;
    return smallConvNet({ channels, widths: smallConvNetDefaults.widths.map((channelCount) => scaled(channelCount, width)) });
  }
  switch (network) {
    case 'resnet18':
      return resnet18({ stem, channels, width: scaled(64, width), checkpoint });
    case 'resnet34':
      return resnet34({ stem, channels, width: scaled(64, width), checkpoint });
    case 'resnet50':
      return resnet50({ stem, channels, width: scaled(64, width), checkpoint });
    case 'vit-tiny':
      return vitTiny({ ...patches(settings, 64 * scaled(3, width)), checkpoint });
    case 'vit-small':
      return vitSmall({ ...patches(settings, 64 * scaled(6, width)), checkpoint });
    case 'vit-base':
      return vitBase({ ...patches(settings, 64 * scaled(12, width)), checkpoint });
  }
}

function cannotRecompute(network: Settings['network']): UsageError {
  if (typeof network === 'string') return new UsageError(`The network '${network}' is too small for --recompute. Leave it out, or choose --network resnet18 or vit-tiny.`);
  return new UsageError(`--recompute cannot change the network '${network.name}', which ssl.config.ts gives as an object. Leave it out, and create the network with { checkpoint: true }.`);
}

/** Heads of 64 features whatever the width. */
function patches({ imageSize, channels, patchSize = requirePatchSize(imageSize) }: NetworkSettings, width: number) {
  return { imageSize, channels, patchSize, width, heads: width / 64 };
}

/** Channels of a network that is `factor` times as wide. */
export function scaled(channelCount: number, factor: number): number {
  return Math.max(1, Math.round(channelCount * factor));
}
