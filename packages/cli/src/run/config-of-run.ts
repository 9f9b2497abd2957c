import { resolve } from 'node:path';
import { createBackbone } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import { findRun, type NewestOf } from './find-run.js';
import { resumableSettings } from './resumed-settings.js';

/** What a run was started with, as a configuration, with the settings of the file that do not change it. */
export function configOfRun(named: string | true, folder: string, fromFile: SslConfig, newest?: NewestOf): SslConfig {
  const { description } = findRun(named, folder, resolve(folder, fromFile.output ?? 'runs'), newest);
  const { method, data, imageSize, batchSize, accumulate, epochs, seed, smallData, optimizer, augmentation, frozen, labels, split, background, range, dataWeights, precision, compiler, width, stem, recompute, network, channels } = description;
  const written = description.init?.backbone ?? description.backbone;
  const given: Partial<SslConfig> = Object.fromEntries(Object.entries(fromFile).filter(([key]) => resumableSettings.has(key)));
  const compiled = compiler ?? fromFile.compiler;
  const labelled = labels ?? fromFile.labels;
  return {
    ...given,
    method: typeof fromFile.method === 'object' && fromFile.method.name === method ? fromFile.method : method,
    methodOptions: description.methodOptions,
    network: written !== undefined ? createBackbone(written) : typeof fromFile.network === 'object' ? fromFile.network : (network as NonNullable<SslConfig['network']>),
    channels,
    data: typeof data === 'string' ? data : [...data],
    ...{ imageSize, batchSize, accumulate, epochs, seed, smallData, precision, width, stem },
    ...Object.fromEntries(Object.entries(frozen ?? {}).map(([role, { checkpoint }]) => [role, checkpoint])),
    ...(compiled === undefined ? {} : { compiler: compiled }),
    // May be changed on the way: it does not touch what is computed.
    ...(recompute === undefined ? {} : { recompute: fromFile.recompute ?? recompute }),
    ...(labelled === undefined ? {} : { labels: labelled }),
    ...(split === undefined ? {} : { split }),
    ...(background === undefined ? {} : { background }),
    ...(range === undefined ? {} : { range: [...range] }),
    ...(dataWeights === undefined ? {} : { dataWeights: [...dataWeights] }),
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(augmentation === undefined ? {} : { augmentation: augmentation.map(({ epochs: length, policy }) => ({ epochs: length, policy: [...policy] })) }),
  };
}
