import type { ImportedBackbone } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import { createBackbone } from '@ssl/weights';
import { UsageError } from '../usage-error.js';
import type { DataFacts } from './data-facts.js';

/**
 * The configuration with what the weights to start from decide: network, channels, and images whose sides its patches divide.
 *
 * @throws UsageError where the configuration wants something else.
 */
export function settingsOfStart({ description, source }: ImportedBackbone, config: SslConfig, { side }: DataFacts): SslConfig {
  const network = createBackbone(description);
  const { options } = description;
  const channels = options.channels ?? 3;
  if (config.channels !== undefined && config.channels !== channels) throw new UsageError(`The network of ${source} takes ${String(channels)} channels, --channels says ${String(config.channels)}. Leave it out.`);
  const base = { ...config, network, channels } as const;
  if (description.kind !== 'vision-transformer') return base;
  const { patchSize = 16, imageSize: trained = 224 } = description.options;
  const asked = config.imageSize;
  if (asked !== undefined && asked % patchSize !== 0) {
    throw new UsageError(`The network of ${source} has patches of ${String(patchSize)} pixels, which do not divide --image-size ${String(asked)}. Use ${String(Math.max(1, Math.round(asked / patchSize)) * patchSize)}.`);
  }
  // No larger than 224, which fine-tunes well whatever the network was trained at, and not far above the images.
  const most = Math.min(trained, 224, side === undefined ? 224 : Math.max(side, 4 * patchSize));
  return { ...base, imageSize: asked ?? Math.max(1, Math.floor(most / patchSize)) * patchSize };
}
