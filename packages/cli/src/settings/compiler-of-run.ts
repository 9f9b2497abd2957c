import { chooseCompiler, inspectBackends, type Compiler } from '@ssl/backend';
import { totalmem } from 'node:os';
import type { SslConfig } from '../config/config-schema.js';
import { chooseSettings, isTransformer, type Settings } from './choose-settings.js';
import { createNetwork } from './create-network.js';
import type { DataFacts } from './data-facts.js';

/** More than a core of any processor gives in bfloat16, so that the time of a run is estimated too short. */
const operationsPerSecond = 3e11;

/** Seconds of one training step of a ViT with two views of each image on `threads` cores, at best. */
export function leastStepSeconds(settings: Pick<Settings, 'network' | 'width' | 'stem' | 'channels' | 'imageSize' | 'batchSize'>, threads: number): number {
  const network = createNetwork(settings);
  if (!('options' in network)) return 0;
  const { width, depth, imageSize, patchSize } = network.options as { width: number; depth: number; imageSize: number; patchSize: number };
  const tokens = (imageSize / patchSize) ** 2 + 1;
  const forward = 2 * tokens * (12 * width * width + 2 * tokens * width) * depth;
  return (2 * settings.batchSize * 3 * forward) / (operationsPerSecond * threads);
}

/**
 * What compiles this run. XLA is switched on when the engine is loaded, so it is decided before, from what the configuration
 * and the data say; for other networks than ViTs it needs no look at the machine.
 */
export async function compilerOfRun(config: SslConfig, facts: DataFacts, { threads, transformer: needed }: { readonly threads: number; readonly transformer: boolean }): Promise<{ compiler: Compiler; reason: string }> {
  const { compiler: wanted = 'auto', device = 'auto', precision = 'float32', network } = config;
  const transformer = network === undefined ? needed : isTransformer(network);
  if (wanted !== 'auto' || !transformer || precision !== 'bfloat16') {
    return chooseCompiler(wanted, { device: 'cpu', architecture: transformer ? 'transformer' : 'convolutional', precision, steps: 0, secondsPerStep: 0, memory: totalmem() });
  }
  const candidates = await inspectBackends({ device });
  const first = device === 'auto' ? candidates.find(({ outcome }) => outcome === 'available')?.device : device;
  const { settings } = chooseSettings(config, facts, { gpu: first === 'cuda' || first === 'webgpu', transformer });
  return chooseCompiler(wanted, {
    device: first ?? 'js',
    architecture: 'transformer',
    precision,
    steps: Math.floor(facts.size / settings.batchSize) * settings.epochs,
    secondsPerStep: leastStepSeconds(settings, threads),
    memory: totalmem(),
  });
}
