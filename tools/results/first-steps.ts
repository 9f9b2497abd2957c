/**
 * Holds a change of shape to the numbers of before: sha256 of the parameters and of `aux` after 4 steps, and the losses, of every installed
 * method with its paper's options and with those for small data, with the plugin's own views and recipe.
 *
 *   node --conditions=@ssl/source --import tsx tools/results/first-steps.ts > before.tsv
 *   (the change)
 *   node --conditions=@ssl/source --import tsx tools/results/first-steps.ts | diff before.tsv -
 *
 * Kernels differ between processors, so the table is compared on one machine and not committed.
 */
import { createHash } from 'node:crypto';
import { useBackend } from '@ssl/backend';
import { simclr } from '@ssl/contrastive';
import { adamw, frozenNetwork, lars, sgd, smallConvNet, train, visionTransformer, type MethodContext, type MethodPlugin, type MethodState, type SslMethod, type TensorRecord } from '@ssl/core';
import { toyLoader } from '@ssl/core/testing';
import { dvae } from '@ssl/mim';
import * as tf from '@tensorflow/tfjs-core';

const size = 32;
const batchSize = 16;
const stepsPerEpoch = 4;

/** Heads of a size that a toy batch supports; everything else is the preset's. */
const small: Readonly<Record<string, number>> = {
  dimension: 16, hidden: 32, projectorWidth: 32, bottleneck: 8, prototypes: 16, outputs: 32, patchOutputs: 32, queue: 64, hardest: 16, mixed: 8, mixedWithQuery: 4, shuffleGroups: 2, vocabulary: 16, codes: 16,
};

function networkOf({ network }: MethodPlugin) {
  return network === 'transformer'
    ? visionTransformer({ name: 'vit', imageSize: size, patchSize: 8, width: 24, depth: 2, heads: 3 })
    : smallConvNet({ widths: [8, 16], strides: [2, 2] });
}

/** What BEiT, VQ-KD and a student of DINOv2 are given: networks at their start. */
function frozenOf(plugin: MethodPlugin, options: Readonly<Record<string, unknown>>, context: MethodContext): Pick<MethodContext, 'frozen'> {
  const frozen = (method: SslMethod, imageSize: number) => frozenNetwork({ method, state: method.init(1) as MethodState, imageSize, channels: 3 });
  if (plugin.frozen?.includes('tokenizer') === true) {
    return { frozen: { tokenizer: frozen(dvae({ vocabulary: 16, width: 8, groups: 2, blocks: 1 }) as unknown as SslMethod, size / 2) } };
  }
  if (plugin.name === 'vq-kd') return { frozen: { teacher: frozen(simclr({ backbone: smallConvNet({ widths: [8, 16], strides: [2, 2] }) }) as unknown as SslMethod, size) } };
  return { frozen: { teacher: frozen(plugin.create(context, options).method, size) } };
}

/** Paths and bytes of all tensors. */
async function digest(tree: object): Promise<string> {
  const hash = createHash('sha256');
  const visit = async (value: unknown, path: string): Promise<void> => {
    if (value instanceof tf.Tensor) {
      hash.update(`${path} ${value.dtype} ${value.shape.join('x')}\n`);
      const data = (await value.data()) as Float32Array;
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value).sort()) await visit((value as Record<string, unknown>)[key], `${path}/${key}`);
    }
  };
  await visit(tree, '');
  return hash.digest('hex').slice(0, 16);
}

async function row(plugin: MethodPlugin, preset: 'paper' | 'small data', taught: boolean): Promise<string> {
  const options = { ...plugin.defaults, ...(preset === 'small data' ? plugin.smallData : {}) };
  const sizes = Object.fromEntries(Object.entries(small).filter(([key]) => key in options));
  const context = { backbone: networkOf(plugin), imageSize: size, channels: 3, batchSize, datasetSize: stepsPerEpoch * batchSize, totalSteps: 3 * stepsPerEpoch, stepsPerEpoch };
  const given = { ...options, ...sizes };
  const { method, views, recipe } = plugin.create({ ...context, ...(taught ? frozenOf(plugin, given, context) : {}) }, given);
  const losses: number[] = [];
  const result = await train({
    method,
    views,
    loader: toyLoader({ batchSize, size, channels: 3 }),
    optimizer: { sgd, adamw, lars }[recipe.optimizer](recipe.optimizerOptions),
    learningRate: recipe.learningRate,
    weightDecay: recipe.weightDecay,
    ...(recipe.clipNorm === undefined ? {} : { clipNorm: recipe.clipNorm }),
    steps: 4,
    seed: 3,
    monitorEvery: 2,
    hooks: [{ name: 'losses', onStep: ({ loss, metrics, embedding }) => void losses.push(loss, ...Object.values(metrics), ...Object.values(embedding ?? {}).map(Number)) }],
  });
  const cells = [plugin.name, `${preset}${taught ? ', taught' : ''}`, await digest(result.params), await digest(result.aux as TensorRecord), losses.map((value) => value.toPrecision(9)).join(' ')];
  result.dispose();
  return cells.join('\t');
}

await useBackend({ device: 'cpu' });
const lists = await Promise.all(['@ssl/contrastive', '@ssl/distill', '@ssl/cca', '@ssl/mim'].map(async (name) => ((await import(name)) as { methods: readonly MethodPlugin[] }).methods));
for (const plugin of lists.flat().filter(({ name }) => name !== 'uda')) { // uda needs labelled images
  const alone = plugin.frozen === undefined || plugin.name === 'dinov2';
  for (const preset of ['paper', 'small data'] as const) {
    for (const taught of [...(alone ? [false] : []), ...(plugin.frozen === undefined ? [] : [true])]) process.stdout.write(`${await row(plugin, preset, taught)}\n`);
  }
}
process.exit(0);
