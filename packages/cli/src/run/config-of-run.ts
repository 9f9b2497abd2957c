import { resolve } from 'node:path';
import { createBackbone } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import { findRun } from './find-run.js';

/** What a resumed run was started with, as a configuration. */
export function configOfRun(named: string | true, folder: string, fromFile: SslConfig): SslConfig {
  const { description } = findRun(named, folder, resolve(folder, fromFile.output ?? 'runs'));
  const { method, data, imageSize, batchSize, accumulate, epochs, seed, smallData, optimizer, augmentation, frozen, split, background, range, dataWeights, precision, compiler, width, stem, recompute, network, channels } = description;
  const written = description.init?.backbone ?? description.backbone;
  return {
    ...fromFile,
    method: typeof fromFile.method === 'object' && fromFile.method.name === method ? fromFile.method : method,
    methodOptions: description.methodOptions,
    network: written !== undefined ? createBackbone(written) : typeof fromFile.network === 'object' ? fromFile.network : (network as NonNullable<SslConfig['network']>),
    channels,
    data: typeof data === 'string' ? data : [...data],
    ...{ imageSize, batchSize, accumulate, epochs, seed, smallData, precision, width, stem },
    ...Object.fromEntries(Object.entries(frozen ?? {}).map(([role, { checkpoint }]) => [role, checkpoint])),
    ...(compiler === undefined ? {} : { compiler }),
    // May be changed on the way: it does not touch what is computed.
    ...(recompute === undefined ? {} : { recompute: fromFile.recompute ?? recompute }),
    ...(split === undefined ? {} : { split }),
    ...(background === undefined ? {} : { background }),
    ...(range === undefined ? {} : { range: [...range] }),
    ...(dataWeights === undefined ? {} : { dataWeights: [...dataWeights] }),
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(augmentation === undefined ? {} : { augmentation: augmentation.map(({ epochs: length, policy }) => ({ epochs: length, policy: [...policy] })) }),
  };
}
