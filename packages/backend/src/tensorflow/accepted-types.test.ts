import * as tf from '@tensorflow/tfjs-core';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { autocast, autocastTypes } from './autocast.js';
import { tensorflowType as T } from './data-type.js';
import { createTensorflowEngine } from './engine.js';
import { inputSpans } from './input-spans.js';
import { isList, OpDefinitions } from './op-definition.js';
import { createTensorflowBackend, type TensorflowBackend } from './register.js';
import type { EagerTensor } from './tensor-entry.js';

let tensorflow: TensorflowBackend;
let definitions: OpDefinitions;

beforeAll(async () => {
  tensorflow = await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 1 });
  await tf.setBackend('tensorflow');
  definitions = new OpDefinitions(tensorflow.runtime);
});

/** Every operation whose name stands in the kernels of tfjs-node or in our own. */
function emittedOperations(): string[] {
  const tfjsNode = join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json')), 'dist/kernels');
  const files = [
    ...readdirSync(tfjsNode).filter((name) => name.endsWith('.js')).map((name) => join(tfjsNode, name)),
    ...['.', '../kernels'].flatMap((folder) =>
      readdirSync(join(import.meta.dirname, folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => join(import.meta.dirname, folder, name)),
    ),
  ];
  const quoted = files.flatMap((file) => Array.from(readFileSync(file, 'utf8').matchAll(/'(_?[A-Z][A-Za-z0-9]+)'/g), ([, name]) => name!));
  const kernels = tf.getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName);
  return [...new Set([...quoted, ...kernels])].filter((name) => {
    try {
      return definitions.get(name).inputs.length > 0;
    } catch {
      return false;
    }
  });
}

test('no operation is handed an element type that its definition or all its kernels refuse', () => {
  const names = emittedOperations();
  expect(names).toEqual(expect.arrayContaining(['Conv2D', 'FusedBatchNorm', 'FusedBatchNormV3', 'CropAndResize', 'Mod', 'ReluGrad', 'ConcatV2', 'L2Loss']));
  expect(names.length).toBeGreaterThan(150);
  const refused: string[] = [];
  for (const name of names.filter((candidate) => !candidate.startsWith('Resource') && !candidate.startsWith('Assign'))) {
    const definition = definitions.get(name);
    const count = definition.inputs.reduce((sum, input) => sum + (isList(input) ? 2 : 1), 0);
    for (const policy of [autocast(true), autocast(false), undefined]) {
      for (const given of [T.bfloat16, T.float]) {
        const inputs = Array.from({ length: count }, (): EagerTensor => ({ kind: 'eager', handle: 0, type: given, shape: [2] }));
        const spans = inputSpans(definition, definition.inputs.filter(isList).map((input) => ({ name: input.numberAttribute ?? input.typeListAttribute!, type: 1, value: 2 })), count);
        const types = autocastTypes(definition, spans, inputs, policy);
        for (const { input, start } of spans) {
          // Integers and the like never are floats, whatever autocast does.
          const takesFloat = input.typeAttribute !== undefined && definition.accepts(input.typeAttribute, T.float);
          if (takesFloat && !definition.accepts(input.typeAttribute!, types[start]!)) refused.push(`${name}.${input.name} ${types[start]!}`);
          if (input.fixedType === T.float && types[start] !== T.float) refused.push(`${name}.${input.name} is fixed`);
        }
      }
    }
  }
  expect(refused).toEqual([]);
});

test('the definitions and kernels are really read', () => {
  const accepts = (name: string, type: number, attribute = 'T') => definitions.get(name).accepts(attribute, type);
  expect([accepts('FusedBatchNorm', T.bfloat16), accepts('FusedBatchNorm', T.float)]).toEqual([false, true]);
  expect([accepts('FusedBatchNormV3', T.bfloat16), accepts('FusedBatchNormV3', T.bfloat16, 'U')]).toEqual([true, false]);
  expect([accepts('Conv2D', T.bfloat16), accepts('Conv2D', T.string)]).toEqual([true, false]);
  expect(accepts('Erfinv', T.bfloat16)).toBe(false); // the definition allows it; no kernel has it
});

test.each(['eager', 'compiled'] as const)('a batch norm with running statistics is evaluated in bfloat16, %s', async (mode) => {
  const engine = createTensorflowEngine(tensorflow);
  const x = tf.randomNormal([4, 6, 6, 8], 0, 1, 'float32', 1);
  const filter = tf.randomNormal([3, 3, 8, 8], 0, 0.2, 'float32', 2) as tf.Tensor4D;
  const statistics = [0.1, 1.5, 0.2, 0.8].map((value) => tf.fill([8], value)) as tf.Tensor1D[];
  const evaluate = () => tf.batchNorm(tf.conv2d(x as tf.Tensor4D, filter, 1, 'same'), statistics[0]!, statistics[1]!, statistics[2], statistics[3]);
  const expected = Array.from(evaluate().dataSync());
  const low = mode === 'eager' ? engine.withPrecision('bfloat16', evaluate) : await engine.compile(evaluate, { precision: 'bfloat16' })({});
  const values = Array.from(low.dataSync());
  expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(0.05);
});

test('a fixed float32 input takes what was computed in bfloat16', () => {
  const engine = createTensorflowEngine(tensorflow);
  const boxes = engine.withPrecision('bfloat16', () => tf.matMul(tf.tensor2d([[1]]), tf.tensor2d([[0, 0, 1, 1]]))) as tf.Tensor2D;
  const image = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
  const crop = engine.withPrecision('bfloat16', () => tf.image.cropAndResize(image, boxes, tf.tensor1d([0], 'int32'), [2, 2]));
  expect(Array.from(crop.dataSync())).toEqual([1, 1, 1, 1]);
});
