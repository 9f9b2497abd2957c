import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { composeViews, normalize, pbaSchedules, populationBasedAugment, randomResizedCrop, smallSide, type PbaPhase } from '@ssl/augment';
import type { Normalization, SslMethod, Views } from '@ssl/core';
import type { SslConfig } from '../config/config-schema.js';
import { UsageError } from '../usage-error.js';

const published = Object.keys(pbaSchedules) as (keyof typeof pbaSchedules)[];

/**
 * The schedule that `--augmentation` names: a published one, or a JSON file that `ssl search` wrote.
 *
 * @throws UsageError where it is neither.
 */
export function readAugmentation(named: NonNullable<SslConfig['augmentation']>, folder: string): readonly PbaPhase[] {
  if (typeof named !== 'string') return named;
  const known = published.find((name) => name === named);
  if (known !== undefined) return pbaSchedules[known];
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(resolve(folder, named), 'utf8'));
  } catch (cause) {
    throw new UsageError(`--augmentation needs ${published.join(', ')} or a file that ssl search wrote; ${named} could not be read: ${(cause as Error).message}.`, { cause });
  }
  const schedule = (read as { schedule?: unknown } | null)?.schedule;
  if (Array.isArray(schedule) && schedule.every(isPhase)) return schedule;
  throw new UsageError(`--augmentation needs a JSON file with a schedule: [{ "epochs": 3, "policy": [60 numbers] }, …], ${named} holds none. Take the schedule.json of an ssl search.`);
}

function isPhase(value: unknown): value is PbaPhase {
  const { epochs, policy } = (value ?? {}) as Partial<PbaPhase>;
  return Number.isInteger(epochs) && Array.isArray(policy) && policy.every(Number.isInteger);
}

/** What the views of a schedule are made for. */
export interface AugmentationContext {
  readonly imageSize: number;
  readonly channels: number;
  readonly normalization?: Normalization;
}

/**
 * Two views: crop and flip, then the schedule's operations.
 *
 * @throws UsageError for a method of other views, and for grey images.
 */
export function augmentationViews(schedule: readonly PbaPhase[], { name, batch }: SslMethod, { imageSize, channels, normalization }: AugmentationContext): Views {
  if (batch.views !== 2 || (batch.extras ?? []).length > 0) {
    throw new UsageError(`An augmentation schedule makes two views, ${name} needs ${[`${String(batch.views)} views`, ...(batch.extras ?? [])].join(', ')}. Leave --augmentation out, or take simclr, byol, vicreg …`);
  }
  if (channels !== 3) throw new UsageError(`An augmentation schedule changes colours and needs 3 channels, got ${String(channels)}. Use --channels 3, or leave --augmentation out.`);
  const view = [
    randomResizedCrop({ size: imageSize, scale: [imageSize <= smallSide ? 0.25 : 0.08, 1], flip: 0.5 }),
    populationBasedAugment({ schedule }),
    normalize(normalization),
  ];
  return composeViews([view, view]);
}
