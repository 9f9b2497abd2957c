import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import { randomKey, visionTransformer } from '@ssl/core';
import type { TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { dinoV2, ibot, type IbotOptions } from './ibot.js';

type Matrix = number[][];
interface Case {
  readonly loss: number;
  readonly parts: number[];
  readonly gradients: unknown[];
}
interface Golden {
  readonly student: Matrix[];
  readonly teacher: Matrix[];
  readonly studentPatches: Matrix[][];
  readonly teacherPatches: Matrix[][];
  readonly features: Matrix[];
  readonly hidden: number[][][];
  readonly lastLayers: Record<'student' | 'teacher' | 'student_patches' | 'teacher_patches', Matrix>;
  readonly centres: Record<'cls' | 'patches', number[]>;
  readonly newCentres: Record<'cls' | 'patches', number[]>;
  readonly temperatures: [number, number, number];
  readonly ibot: Case;
  readonly dinov2: Case;
}
const golden = JSON.parse(readFileSync(new URL('__fixtures__/ibot-objective.json', import.meta.url), 'utf8')) as Golden;
const farthest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

const settings = (): IbotOptions => ({
  backbone: visionTransformer({ imageSize: 8, patchSize: 4, width: 8, depth: 1, heads: 2, maskToken: true }),
  bottleneck: 6,
  outputs: 7,
  patchOutputs: 8,
  crops: 4,
  heads: 'separate',
});

function parts(method: ReturnType<typeof ibot>) {
  const { student, teacher, student_patches, teacher_patches } = golden.lastLayers;
  const layers = (cls: Matrix, patches: Matrix): TensorRecord => ({
    last_layer: { weight: tf.tensor2d(cls) },
    patch_last_layer: { weight: tf.tensor2d(patches) },
  });
  const centres = 'cls' in method.init(0).aux.centres ? { cls: tf.tensor1d(golden.centres.cls), patches: tf.tensor1d(golden.centres.patches) } : {};
  const [, cls, patches] = golden.temperatures;
  const schedules = { momentum: tf.scalar(1), teacherTemperature: tf.scalar(cls), patchTeacherTemperature: tf.scalar(patches) };
  const aux = { buffers: {}, teacher: layers(teacher, teacher_patches), centres };
  const params = layers(student, student_patches);
  const objective = (inputs: readonly Tensor[]) => {
    const outputs = {
      student: inputs.slice(0, 4) as Tensor2D[],
      teacher: golden.teacher.map((x) => tf.tensor2d(x)),
      studentPatches: inputs[4] as Tensor4D,
      teacherPatches: tf.tensor4d(golden.teacherPatches),
      hidden: tf.tensor3d(golden.hidden),
      features: inputs.slice(5) as Tensor2D[],
    };
    return { outputs, ...method.objective({ params, aux, outputs, schedules, key: randomKey(0, 0, 'objective') }) };
  };
  const inputs = [...golden.student.map((x) => tf.tensor2d(x)), tf.tensor4d(golden.studentPatches), ...golden.features.map((x) => tf.tensor2d(x))];
  return { params, aux, schedules, objective, inputs };
}

describe.each([
  ['ibot', () => ibot(settings()), golden.ibot],
  ['dinov2', () => dinoV2(settings()), golden.dinov2],
] as const)('the objective of %s', (_, make, wanted) => {
  beforeAll(() => useBackend({ device: 'js' }));

  it('equals the reference: loss, its parts, and gradients to crops, patches and features', () => {
    const { objective, inputs } = parts(make());
    const { loss, metrics } = objective(inputs);
    expect(loss.dataSync()[0]).toBeCloseTo(wanted.loss, 4);
    expect(metrics.classLoss!.dataSync()[0]).toBeCloseTo(wanted.parts[0]!, 4);
    expect(metrics.patchLoss!.dataSync()[0]).toBeCloseTo(wanted.parts[1]!, 4);
    if (wanted.parts.length === 3) expect(metrics.koleo!.dataSync()[0]).toBeCloseTo(wanted.parts[2]!, 4);
    const trained = inputs.slice(0, wanted.gradients.length);
    const rest = inputs.slice(trained.length);
    const { grads } = tf.valueAndGrads((...tensors: Tensor[]) => objective([...tensors, ...rest]).loss as Scalar)(trained);
    grads.forEach((grad, i) => expect(farthest(grad, tf.tensor(wanted.gradients[i] as Matrix)), `input ${i}`).toBeLessThan(1e-4));
  });
});

describe('the centres of ibot', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  const moved = (hidden?: Tensor3D) => {
    const method = ibot(settings());
    const { params, aux, schedules, objective, inputs } = parts(method);
    const { outputs } = objective(inputs);
    const changed = hidden === undefined ? outputs : { ...outputs, hidden };
    const { carry } = method.objective({ params, aux, outputs: changed, schedules, key: randomKey(0, 0, 'x') });
    return method.updateAux!({ params, aux, outputs: changed, carry, schedules, step: tf.scalar(0) }).centres as Record<'cls' | 'patches', Tensor>;
  };

  it('move to the mean of the teacher: over crops, and over hidden patches', () => {
    const { cls, patches } = moved();
    expect(farthest(cls, tf.tensor1d(golden.newCentres.cls))).toBeLessThan(1e-6);
    expect(farthest(patches, tf.tensor1d(golden.newCentres.patches))).toBeLessThan(1e-6);
  });

  it('of the patches stay where no patch is hidden', () => {
    expect(farthest(moved(tf.zeros([4, 2, 5])).patches, tf.tensor1d(golden.centres.patches))).toBe(0);
  });
});
