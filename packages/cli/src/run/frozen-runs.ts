import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { frozenRoles, loadFrozenNetwork, type FrozenNetwork, type MethodContext } from '@ssl/core';
import type { SslConfig } from '../config/config-schema.js';
import type { AnyPlugin } from '../methods/plugins-of.js';
import { UsageError } from '../usage-error.js';
import { buildRun } from './build-run.js';
import { findRun } from './find-run.js';
import type { FrozenRun, FrozenRuns, RunDescription } from './run-description.js';
import { show } from './run-folder.js';
import { orOlderCheckpoint } from './whole-checkpoint.js';

/**
 * The runs that `--teacher` and `--tokenizer` name.
 *
 * @throws UsageError where the method takes none of that kind, or the run was not trained yet.
 */
export function findFrozenRuns(plugin: AnyPlugin, config: SslConfig, folder: string): FrozenRuns | undefined {
  const found = frozenRoles.flatMap((role): [string, FrozenRun][] => {
    const named = config[role];
    if (named === undefined) return [];
    if (plugin.frozen?.includes(role) !== true) throw new UsageError(`${plugin.name} takes no --${role}. Leave it out.`);
    const { description, checkpoint, folder: place } = findRun(named, folder, resolve(folder, config.output ?? 'runs'));
    if (checkpoint === undefined) throw new UsageError(`The ${role} ${show(place.path)} has no checkpoint yet. Let it train to the end of an epoch first.`);
    return [[role, { checkpoint, description }]];
  });
  return found.length === 0 ? undefined : (Object.fromEntries(found) as FrozenRuns);
}

/** Builds the networks of other runs that a run learns from. */
export async function buildFrozenRuns({ frozen = {} }: RunDescription, folder: string): Promise<Pick<MethodContext, 'frozen'>> {
  const networks = await Promise.all(
    Object.entries(frozen).map(async ([role, { checkpoint, description }]): Promise<[string, FrozenNetwork]> => {
      const { method } = await buildRun(description, folder);
      const network = { method, imageSize: description.imageSize, channels: description.channels };
      // Where the file is gone, this run's own checkpoint has the weights; only their shapes are needed.
      return [role, existsSync(checkpoint) ? await orOlderCheckpoint(checkpoint, `--${role}`, () => loadFrozenNetwork(checkpoint, network)) : { ...network, weights: () => method.init(description.seed) }];
    }),
  );
  return networks.length === 0 ? {} : { frozen: Object.fromEntries(networks) };
}
