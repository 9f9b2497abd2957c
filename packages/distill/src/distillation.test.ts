import { useBackend } from '@ssl/backend';
import { constant, disposeTree, frozenNetwork, randomKey, smallConvNet, train, adamw, treeToMap, visionTransformer } from '@ssl/core';
import type { FrozenNetwork, MethodContext, SslMethod, TensorRecord } from '@ssl/core';
import { conformance, toyLoader, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dino } from './dino.js';
import { dinoV2, ibot, type IbotOptions } from './ibot.js';
import { dinoV2Plugin } from './ibot-plugins.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const vit = (width: number, options = {}) => visionTransformer({ imageSize: 16, patchSize: 4, width, depth: 2, heads: 2, ...options });
const common = { outputs: 6, patchOutputs: 5, crops: 3, momentum: constant(0.9), teacherTemperature: () => 0.06, patchTeacherTemperature: () => 0.07 };
/** Wider than the student, with heads of other widths. */
const taught = (options: Partial<IbotOptions> = {}) => dinoV2({ backbone: vit(24, { maskToken: true }), hidden: 20, layers: 3, bottleneck: 10, ...common, ...options });
const frozen = (method: ReturnType<typeof taught> = taught()): FrozenNetwork =>
  frozenNetwork({ method: method as unknown as SslMethod, state: method.init(7), imageSize: 16, channels: 3 });
const student = (options: Partial<IbotOptions> = {}) => dinoV2({ backbone: vit(16), teacher: frozen(), hidden: 16, layers: 2, bottleneck: 8, ...common, ...options });

const images = (seed: number): Tensor4D => tf.randomUniform([4, 16, 16, 3], -1, 1, 'float32', seed);
const views = (): Tensor4D[] => [images(1), images(2), images(3)];
const schedulesNow = () => ({ momentum: tf.scalar(0.9), teacherTemperature: tf.scalar(0.06), patchTeacherTemperature: tf.scalar(0.07) });
const step = (method: ReturnType<typeof student>) => {
  const schedules = schedulesNow();
  const { params, aux } = method.init(0);
  const { outputs } = method.forward({ params, aux, views: views(), extras: {}, schedules, training: true, key: randomKey(0, 0, 'x') });
  return { params, aux, outputs, ...method.objective({ params, aux, outputs, schedules, key: randomKey(0, 0, 'y') }) };
};

describe('distillation conforms', () => {
  conformance({ test, method: () => student() });
});

type Rows = number[][];
const rowsOf = (tensor: Tensor): Rows => tf.reshape(tensor, [-1, tensor.shape.at(-1)!]).arraySync() as Rows;
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const logitsOf = (vectors: Rows, layer: unknown): Rows => {
  const { weight, gain } = layer as { weight: Tensor; gain: Tensor };
  const [directions, lengths] = [weight.arraySync() as Rows, gain.arraySync() as Rows];
  return vectors.map((x) => directions.map((w, k) => (lengths[k]![0]! * dot(x, w)) / Math.hypot(...w)));
};
const logSoftmax = (row: number[]): number[] => {
  const sum = Math.log(row.reduce((total, x) => total + Math.exp(x), 0));
  return row.map((x) => x - sum);
};
/** Three rounds: columns share the mass equally, then rows do. */
function slowSinkhorn(logits: Rows, temperature: number): Rows {
  let q = logits.map((row) => row.map((x) => Math.exp(x / temperature)));
  for (let round = 0; round < 3; round++) {
    const columns = q[0]!.map((_, k) => q.reduce((sum, row) => sum + row[k]!, 0));
    q = q.map((row) => row.map((x, k) => x / columns[k]!));
    q = q.map((row) => row.map((x) => x / row.reduce((sum, y) => sum + y, 0)));
  }
  return q;
}
const crossEntropies = (targets: Rows, logits: Rows): number[] => targets.map((target, i) => -dot(target, logSoftmax(logits[i]!.map((x) => x / 0.1))));
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

test('the objective is the sum over crops, all patches of both global crops, and KoLeo, written out', () => {
  const { params, aux, outputs, loss, metrics } = step(student());
  const said = [0, 1].map((t) => logitsOf(rowsOf(outputs.teacher[t]!), aux.teacher.last_layer));
  const targets = slowSinkhorn(said.flat(), 0.06);
  const pairs: number[] = [];
  for (const t of [0, 1]) {
    for (const s of [0, 1, 2]) {
      if (s !== t) pairs.push(mean(crossEntropies(targets.slice(4 * t, 4 * t + 4), logitsOf(rowsOf(outputs.student[s]!), params.last_layer))));
    }
  }
  expect(outputs.studentPatches.shape).toEqual([4, 2, 16, 8]);
  expect(outputs.teacherPatches.shape).toEqual([4, 2, 16, 10]);
  const patchTargets = slowSinkhorn(logitsOf(rowsOf(outputs.teacherPatches), aux.teacher.patch_last_layer), 0.07);
  const patches = mean(crossEntropies(patchTargets, logitsOf(rowsOf(outputs.studentPatches), params.patch_last_layer)));
  const koleo = [0, 1].map((crop) => {
    const unit = rowsOf(outputs.features[crop]!).map((row) => row.map((x) => x / Math.hypot(...row)));
    return -mean(unit.map((x, i) => Math.log(Math.min(...unit.filter((_, j) => j !== i).map((y) => Math.hypot(...x.map((v, k) => v - y[k]!)))))));
  });
  expect(metrics.classLoss!.dataSync()[0]).toBeCloseTo(mean(pairs), 4);
  expect(metrics.patchLoss!.dataSync()[0]).toBeCloseTo(patches, 4);
  expect(loss.dataSync()[0]).toBeCloseTo(mean(pairs) + patches + 0.1 * (koleo[0]! + koleo[1]!), 4);
});

test("the teacher says what it says in its own run, with its heads", () => {
  const teacher = taught();
  const own = teacher.init(7);
  const extras = { masks: tf.zeros([4, 2, 16]) };
  const { outputs: expected } = teacher.forward({ ...own, views: views(), extras, schedules: schedulesNow(), training: false, key: randomKey(0, 0, 'z') });
  const { outputs } = step(student());
  for (const [got, wanted] of [[outputs.teacher['0']!, expected.teacher['0']!], [outputs.teacher['1']!, expected.teacher['1']!], [outputs.teacherPatches, expected.teacherPatches]] as const) {
    expect(tf.max(tf.abs(tf.sub(got, wanted))).dataSync()[0]).toBeLessThan(1e-6);
  }
});

test('the student learns from it; the teacher stays to the bit, and the moving average is evaluated', async () => {
  const method = student();
  const before = treeToMap(method.init(1).aux.teacher);
  const losses: number[] = [];
  const result = await train({
    method,
    views: toyViews(3),
    loader: toyLoader({ batchSize: 8, size: 16 }),
    optimizer: adamw(),
    learningRate: 3e-3,
    steps: 40,
    seed: 1,
    monitorEvery: 0,
    hooks: [{ name: 'patches', onStep: ({ metrics }) => void losses.push(metrics.patchLoss!) }],
  });
  const aux = result.aux as unknown as ReturnType<typeof method.init>['aux'];
  const after = treeToMap(aux.teacher);
  expect(Object.keys(after)).toEqual(Object.keys(before));
  for (const [path, tensor] of Object.entries(after)) expect([...tensor.dataSync()], path).toEqual([...before[path]!.dataSync()]);
  expect(mean(losses.slice(-5))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
  const [average, now] = [treeToMap(aux.average!), treeToMap(result.params)];
  const path = 'backbone.blocks.0.attn.qkv.weight';
  expect([...average[path]!.dataSync()]).not.toEqual([...now[path]!.dataSync()]);
  const { backbone, variables } = method.trainedBackbone!({ params: result.params, aux });
  expect(backbone.featureDimension).toBe(16);
  expect([...treeToMap(variables.params)['blocks.0.attn.qkv.weight']!.dataSync()]).toEqual([...average[path]!.dataSync()]);
  result.dispose();
});

test('what was distilled can teach, with the moving average; so can iBOT with one head for both', () => {
  const first = student();
  const { aux } = first.init(3);
  const again = dinoV2({ backbone: vit(8), teacher: frozen(first as never), hidden: 8, layers: 2, bottleneck: 4, ...common }).init(0);
  const stored = again.aux.teacher as { network: TensorRecord };
  expect(treeToMap(stored.network)['blocks.0.attn.qkv.weight']!.shape).toEqual(treeToMap(aux.average!)['backbone.blocks.0.attn.qkv.weight']!.shape);
  const one = ibot({ backbone: vit(24, { maskToken: true }), hidden: 20, layers: 2, bottleneck: 10, ...common });
  const { loss } = step(student({ teacher: frozen(one), patchOutputs: 6 }));
  expect(loss.dataSync()[0]).toBeGreaterThan(0);
});

test('no tensor is left over', () => {
  const method = student();
  const before = tf.memory().numTensors;
  const { params, aux } = method.init(0);
  disposeTree([params, aux]);
  expect(tf.memory().numTensors).toBe(before);
});

test('a teacher that does not fit is explained', () => {
  const other = dino({ backbone: smallConvNet({ widths: [8], strides: [2] }), hidden: 8, bottleneck: 4, outputs: 6, crops: 2 });
  const stranger = frozenNetwork({ method: other as unknown as SslMethod, state: other.init(0), imageSize: 16, channels: 3 });
  expect(() => student({ teacher: stranger })).toThrow(/teacher that dinov2 or ibot trained, got a run of dino\. Take such a run, or leave the teacher out/);
  expect(() => student({ outputs: 12 })).toThrow(/got 12 and 5 for the student, 6 and 5 for the teacher.*--outputs, --patch-outputs/);
  expect(() => student({ backbone: vit(16, { channels: 1 }) })).toThrow(/same channels, got 1 and 3/);
  expect(() => student({ backbone: vit(16, { patchSize: 8 }) })).toThrow(/patches of the same size.*got 8 and 4 pixels/);
});

test('the plugin leaves out masks, mask token and stochastic depth with a teacher, and keeps them without', () => {
  const context: MethodContext = { backbone: vit(16), imageSize: 16, channels: 3, batchSize: 8, datasetSize: 80, totalSteps: 100, stepsPerEpoch: 10 };
  const options = { ...dinoV2Plugin.defaults, outputs: 6, patchOutputs: 5, hidden: 16, bottleneck: 8 };
  const [alone, distilled] = [dinoV2Plugin.create(context, options), dinoV2Plugin.create({ ...context, frozen: { teacher: frozen() } }, options)];
  const networkOf = ({ method }: typeof alone) => (method as unknown as ReturnType<typeof student>).selfDistillation.network.backbone.options;
  expect(alone.method.batch.extras).toEqual(['masks']);
  expect(networkOf(alone)).toMatchObject({ maskToken: true, stochasticDepth: 0.3, stochasticDepthRule: 'uniform' });
  expect(distilled.method.batch.extras).toBeUndefined();
  expect(networkOf(distilled)).toMatchObject({ maskToken: false, stochasticDepth: 0 });
  expect(dinoV2Plugin.frozen).toEqual(['teacher']);
});
