/**
 * The loss that a package exports, documents and compares with its reference is the one that its method trains: for every installed method,
 * `objective` over outputs of `forward` equals the exported functions over the same outputs, with weights that are not the defaults.
 */
import { useBackend } from '@ssl/backend';
import { barlowTwins, barlowTwinsLoss, swav, swavLoss, vicreg, vicregLoss } from '@ssl/cca';
import { infoNce, mixHardNegatives, mochi, mocoV1, mocoV2, mocoV3, mocoV3Loss, mocoV3VitDefaults, ntXent, simclr } from '@ssl/contrastive';
import { constant, frozenNetwork, groupBySize, randomKey, smallConvNet, visionTransformer, type MethodState, type SslMethod, type TensorRecord } from '@ssl/core';
import { l2Normalize, sinkhorn } from '@ssl/core/ops';
import { byol, byolLoss, centredTargets, dino, dinoLoss, dinoV2, ibot, ibotPatchLoss, koleoLoss, simsiam, simsiamLoss } from '@ssl/distill';
import { beit, dvae, mae, maeLoss, maskedTokenLoss, simmim, simmimLoss } from '@ssl/mim';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { installedMethods } from './results/installed-methods.js';

const [batch, size, patches] = [8, 16, 16];
const convolutional = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });
const transformer = (options = {}) => visionTransformer({ name: 'vit', imageSize: size, patchSize: 4, width: 24, depth: 1, heads: 3, ...options });
const head = { hidden: 16, bottleneck: 8, outputs: 12, crops: 3 };
const temperature = 0.3;

/** Half of the patches are hidden: the odd ones. */
const mask = () => tf.tile<Tensor2D>(tf.tensor2d([Array.from({ length: patches }, (_, i) => i % 2)]), [batch, 1]);
const order = (parity: number) => Array.from({ length: patches }, (_, i) => i).filter((i) => i % 2 === parity);
const extras: Readonly<Record<string, () => Record<string, Tensor>>> = {
  mae: () => {
    const shuffled = [...order(0), ...order(1)];
    const rows = (values: readonly number[]) => tf.tile(tf.tensor2d([[...values]], undefined, 'int32'), [batch, 1]);
    return { mask: mask(), keep: rows(order(0)), restore: rows(shuffled.map((_, i) => shuffled.indexOf(i))) };
  },
  simmim: () => ({ mask: mask() }),
  beit: () => ({ mask: mask(), tokenizerImages: tf.randomUniform([batch, size, size, 3], 0, 1, 'float32', 5) }),
  ibot: () => ({ masks: tf.stack([mask(), mask()], 1) }),
  dinov2: () => ({ masks: tf.stack([mask(), mask()], 1) }),
};

interface Seen<Outputs> {
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
  readonly outputs: Outputs;
  readonly schedules: Readonly<Record<string, Scalar>>;
  readonly key: tf.Tensor1D;
}
interface Row {
  readonly method: SslMethod;
  readonly loss: (seen: Seen<never>) => Scalar;
}
/** A row whose loss is typed by its method's outputs. */
function row<Outputs extends TensorRecord>(method: SslMethod<never, Outputs, never>, loss: (seen: Seen<Outputs>) => Scalar): Row {
  return { method: method as unknown as SslMethod, loss };
}

const weightOf = (tree: TensorRecord, name: string) => l2Normalize((tree[name] as { weight: Tensor2D }).weight) as Tensor2D;
const logitsOf = (weight: Tensor2D) => (vectors: Tensor2D) => tf.matMul<Tensor2D>(vectors, weight, false, true);
const flat = (vectors: Tensor4D) => tf.reshape<tf.Rank.R2>(vectors, [vectors.size / vectors.shape[3], vectors.shape[3]]);

/** Outputs of iBOT and DINOv2. */
type Patches = Parameters<ReturnType<typeof ibot>['objective']>[0]['outputs'];
interface Centres {
  readonly cls: tf.Tensor1D;
  readonly patches: tf.Tensor1D;
}

/** iBOT's and DINOv2's sum of the exported terms; the targets are the papers'. */
function selfDistillation({ params, aux, outputs, schedules }: Seen<Patches>, patchLayer: string, koleoWeight: number): Scalar {
  const teacher = aux.teacher as TensorRecord;
  const centres = aux.centres as Centres | Record<string, never>;
  const weights = tf.reshape<tf.Rank.R1>(outputs.hidden, [outputs.hidden.size]);
  const targets = (logits: Tensor2D, which: 'cls' | 'patches', sharpness: Scalar) =>
    'cls' in centres ? centredTargets(logits, centres[which], sharpness) : sinkhorn(tf.div(logits, sharpness), { epsilon: 1, iterations: 3, ...(which === 'patches' ? { weights } : {}) });
  const classTargets = tf.split(targets(tf.concat(outputs.teacher.map(logitsOf(weightOf(teacher, 'last_layer')))), 'cls', schedules.teacherTemperature!), 2);
  const classLoss = dinoLoss({ student: outputs.student.map(logitsOf(weightOf(params, 'last_layer'))), targets: classTargets, temperature });
  const rows: [number, number, number] = [2 * batch, outputs.hidden.shape[2], head.outputs];
  const patchLoss = ibotPatchLoss({
    student: tf.reshape(logitsOf(weightOf(params, patchLayer))(flat(outputs.studentPatches)), rows),
    targets: tf.reshape(targets(logitsOf(weightOf(teacher, patchLayer))(flat(outputs.teacherPatches)), 'patches', schedules.patchTeacherTemperature!), rows),
    mask: tf.reshape(outputs.hidden, [rows[0], rows[1]]),
    temperature,
  });
  const koleo = tf.add(koleoLoss(outputs.features[0]!), koleoLoss(outputs.features[1]!));
  return tf.addN([tf.mul(classLoss, 0.5), tf.mul(patchLoss, 2), tf.mul(koleo, koleoWeight)]) as Scalar;
}

const rows: Readonly<Record<string, () => Row>> = {
  simclr: () => row(simclr({ backbone: convolutional(), temperature }), ({ outputs: { first, second } }) => ntXent(first, second, { temperature }).loss),
  'moco-v1': () => row(mocoV1({ backbone: convolutional(), temperature, queue: 16, shuffleGroups: 2 }), ({ aux, outputs: { queries, keys } }) => infoNce(queries, keys, aux.queue as Tensor2D, { temperature }).loss),
  'moco-v2': () => row(mocoV2({ backbone: convolutional(), temperature, queue: 16, shuffleGroups: 2 }), ({ aux, outputs: { queries, keys } }) => infoNce(queries, keys, aux.queue as Tensor2D, { temperature }).loss),
  mochi: () => {
    const mixing = { hardest: 8, mixed: 4, mixedWithQuery: 2 };
    return row(mochi({ backbone: convolutional(), temperature, queue: 16, shuffleGroups: 1, mixing }), ({ aux, outputs: { queries, keys }, key }) => {
      const queue = aux.queue as Tensor2D;
      const more = tf.squeeze<Tensor2D>(tf.matMul(mixHardNegatives(queries, queue, key, mixing), tf.expandDims(queries, 2)), [2]);
      return infoNce(queries, keys, queue, { temperature, more }).loss;
    });
  },
  'moco-v3': () => row(mocoV3({ backbone: convolutional(), temperature, hidden: 16, dimension: 8 }), ({ outputs: { q1, q2, k1, k2 } }) => mocoV3Loss({ queries: [q1, q2], keys: [k1, k2], temperature }).loss),
  'moco-v3-vit': () => row(mocoV3({ ...mocoV3VitDefaults, backbone: transformer(), temperature, hidden: 16, dimension: 8 }), ({ outputs: { q1, q2, k1, k2 } }) => mocoV3Loss({ queries: [q1, q2], keys: [k1, k2], temperature }).loss),
  simsiam: () => row(simsiam({ backbone: convolutional(), dimension: 16 }), ({ outputs: { p1, p2, z1, z2 } }) => simsiamLoss({ predictions: [p1, p2], targets: [z1, z2] })),
  byol: () => row(byol({ backbone: convolutional(), hidden: 16, dimension: 8 }), ({ outputs: { p1, p2, z1, z2 } }) => byolLoss({ predictions: [p1, p2], targets: [z1, z2] })),
  'barlow-twins': () => row(barlowTwins({ backbone: convolutional(), dimension: 8, lambda: 0.3, scale: 0.2 }), ({ outputs: { first, second } }) => barlowTwinsLoss(first, second, { lambda: 0.3, scale: 0.2 }).loss),
  vicreg: () => {
    const weights = { invariance: 2, variance: 3, covariance: 5 };
    return row(vicreg({ backbone: convolutional(), dimension: 8, ...weights }), ({ outputs: { first, second } }) => vicregLoss(first, second, weights).loss);
  },
  swav: () => row(swav({ backbone: convolutional(), hidden: 16, dimension: 8, prototypes: 12, crops: 3, temperature, epsilon: 0.1 }), ({ params, outputs: { embeddings } }) =>
    swavLoss(embeddings.map(logitsOf((params.prototypes as { weight: Tensor2D }).weight)), { temperature, epsilon: 0.1 })),
  dino: () => row(dino({ backbone: convolutional(), ...head, temperature, teacherTemperature: constant(0.05) }), ({ params, aux, outputs: { student, teacher } }) => {
    const targets = teacher.map((vectors) => centredTargets(logitsOf(weightOf(aux.teacher as TensorRecord, 'last_layer'))(vectors), aux.centre as tf.Tensor1D, 0.05));
    return dinoLoss({ student: student.map(logitsOf(weightOf(params, 'last_layer'))), targets, temperature });
  }),
  ibot: () => row(ibot({ backbone: transformer({ maskToken: true }), ...head, temperature, classWeight: 0.5, patchWeight: 2, koleoWeight: 0 }), (seen) => selfDistillation(seen, 'last_layer', 0)),
  dinov2: () => row(dinoV2({ backbone: transformer({ maskToken: true }), ...head, patchOutputs: head.outputs, normLastLayer: true, temperature, classWeight: 0.5, patchWeight: 2, koleoWeight: 3 }), (seen) => selfDistillation(seen, 'patch_last_layer', 3)),
  mae: () => row(mae({ backbone: transformer(), decoderWidth: 12, decoderDepth: 1, decoderHeads: 3, normalizeTargets: true }), ({ outputs }) => maeLoss({ ...outputs, normalizeTargets: true })),
  simmim: () => row(simmim({ backbone: transformer({ maskToken: true }) }), ({ outputs: { predictions, patches: pixels, mask: hidden } }) => simmimLoss(predictions, pixels, hidden)),
  beit: () => {
    const tokenizer = dvae({ vocabulary: 12, width: 8, groups: 2, blocks: 1 });
    const frozen = frozenNetwork({ method: tokenizer as unknown as SslMethod, state: tokenizer.init(1) as MethodState, imageSize: size, channels: 3 });
    return row(beit({ backbone: transformer({ maskToken: true }), tokenizer: frozen }), ({ outputs }) => maskedTokenLoss(outputs).loss);
  },
};

beforeAll(() => useBackend({ device: 'cpu' }));

test('every installed method has a row', async () => {
  const names = (await installedMethods()).map(({ name }) => name);
  expect(Object.keys(rows).sort()).toEqual([...names].sort());
});

test.each(Object.keys(rows))('%s: the objective is the exported loss', (name) => {
  const { method, loss } = rows[name]!();
  const { params, aux } = method.init(3);
  const views = Array.from({ length: method.batch.views }, (_, view) => tf.randomNormal<tf.Rank.R4>([batch, size, size, 3], 0, 1, 'float32', view));
  expect(groupBySize(views)).toHaveLength(1);
  const schedules = Object.fromEntries(Object.entries(method.schedules).map(([key, schedule]) => [key, tf.scalar(schedule(2, 10))]));
  const key = randomKey(0, 0, 'objective');
  const { outputs } = method.forward({ params, aux, views, extras: extras[name]?.() ?? {}, training: true, key, schedules, step: tf.scalar(2) } as never);
  const objective = method.objective({ params, aux, outputs, schedules, key, step: tf.scalar(2) } as never);
  const expected = loss({ params, aux, outputs, schedules, key } as Seen<never>).dataSync()[0]!;
  expect(expected).not.toBe(0);
  expect(objective.loss.dataSync()[0]! / expected).toBeCloseTo(1, 5);
});
