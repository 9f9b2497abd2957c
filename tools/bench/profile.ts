/** What the operations of a step take, beside the peak that the engine reaches on this machine. */
import { recordOperations, type OperationRecord, type TensorForm } from '@ssl/backend';
import { compile, disposeTree, type Precision, type TensorTree } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';

/** All operations of one kind in one step. */
export interface KindTime {
  readonly kind: string;
  readonly count: number;
  readonly seconds: number;
  /** Multiplications and additions; 0 for what is neither product nor convolution. */
  readonly operations: number;
  /** Of inputs and outputs. */
  readonly bytes: number;
}

/** The best that the engine did here: operations or bytes a second. */
export interface Peaks {
  readonly product: number;
  readonly convolution: number;
  readonly bandwidth: number;
}

export interface Profile {
  readonly kinds: readonly KindTime[];
  readonly peaks: Peaks;
}

const sizeOf = (form: TensorForm | undefined): number => (form === undefined ? 0 : form.shape.reduce((product, length) => product * length, 1));
const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, bfloat16: 2, float16: 2, int64: 8, bool: 1, uint8: 1 };
const bytesOf = (form: TensorForm | undefined): number => (form === undefined ? 0 : sizeOf(form) * (widths[form.type] ?? 4));

/** Multiplications and additions of a product or a convolution; 0 for anything else. */
export function operationCount({ kind, inputs, outputs: [output] }: OperationRecord): number {
  const [first, second, third] = inputs;
  if (kind.includes('Conv2DBackpropFilter')) return (2 * sizeOf(output) * sizeOf(third)) / (third?.shape.at(-1) ?? 1);
  if (kind.includes('Conv2DBackpropInput')) return (2 * sizeOf(second) * sizeOf(third)) / (third?.shape.at(-1) ?? 1);
  if (kind.includes('Conv2D')) return (2 * sizeOf(output) * sizeOf(second)) / (second?.shape.at(-1) ?? 1);
  if (!kind.includes('MatMul') || output === undefined) return 0;
  const batch = output.shape.slice(0, -2).reduce((product, length) => product * length, 1);
  // Of B x M x K and B x K x N, transposed or not, K is this.
  return 2 * sizeOf(output) * Math.sqrt((sizeOf(first) * sizeOf(second)) / sizeOf(output) / batch);
}

/** `_MklNativeConv2D` is Conv2D by oneDNN. */
const plainKind = (kind: string): string => kind.replace(/^_(MklNative|Mkl)/, '');

/**
 * Sums by kind, the slowest first. Of each operation the quickest of its runs counts, so that a disturbance of the machine
 * does not.
 */
export function byKind(steps: readonly (readonly OperationRecord[])[]): KindTime[] {
  const quickest = new Map<string, OperationRecord>();
  for (const step of steps) {
    const seen = new Map<string, number>();
    for (const operation of step) {
      const occurrence = seen.get(operation.name) ?? 0;
      seen.set(operation.name, occurrence + 1);
      const key = `${operation.name} ${occurrence}`;
      if ((quickest.get(key)?.seconds ?? Number.POSITIVE_INFINITY) > operation.seconds) quickest.set(key, operation);
    }
  }
  const kinds = new Map<string, KindTime>();
  for (const operation of quickest.values()) {
    const kind = plainKind(operation.kind);
    const { count, seconds, operations, bytes } = kinds.get(kind) ?? { count: 0, seconds: 0, operations: 0, bytes: 0 };
    kinds.set(kind, {
      kind,
      count: count + 1,
      seconds: seconds + operation.seconds,
      operations: operations + operationCount(operation),
      bytes: bytes + [...operation.inputs, ...operation.outputs].reduce((sum, form) => sum + bytesOf(form), 0),
    });
  }
  return [...kinds.values()].sort((a, b) => b.seconds - a.seconds);
}

/** The highest rate that the operations which `of` counts reach in some calls of a function. */
async function peakOf<Args extends TensorTree>(fn: (args: Args) => tf.Tensor, args: Args, precision: Precision, of: (operation: OperationRecord) => number): Promise<number> {
  const run = compile(fn, { name: 'bench: peak', precision });
  const recorder = recordOperations('bench: peak');
  try {
    for (let call = 0; call < 8; call++) tf.dispose(await run(args));
  } finally {
    recorder.stop();
    run.dispose();
    disposeTree(args);
  }
  return Math.max(...recorder.runs.flat().map((operation) => of(operation) / operation.seconds).filter(Number.isFinite));
}

/** Square products, 3 x 3 convolutions of ResNet's shapes, and an addition of vectors that no cache holds. */
export async function measurePeaks(precision: Precision): Promise<Peaks> {
  const side = 1024;
  const product = await peakOf(({ a, b }: { a: tf.Tensor2D; b: tf.Tensor2D }) => tf.matMul(a, b), { a: tf.ones([side, side]) as tf.Tensor2D, b: tf.ones([side, side]) as tf.Tensor2D }, precision, operationCount);
  const convolutions: number[] = [];
  for (const [image, channels] of [[32, 64], [16, 128], [8, 256]] as const) {
    const maps = { x: tf.ones([64, image, image, channels]) as tf.Tensor4D, filter: tf.ones([3, 3, channels, channels]) as tf.Tensor4D };
    convolutions.push(await peakOf(({ x, filter }: typeof maps) => tf.conv2d(x, filter, 1, 'same'), maps, precision, operationCount));
  }
  const length = 1 << 24;
  const vectors = { a: tf.ones([length]), b: tf.ones([length]) };
  const bandwidth = await peakOf(({ a, b }: typeof vectors) => tf.add(a, b), vectors, 'float32', ({ kind }) => (kind.startsWith('Add') || kind.includes('Add') ? 3 * 4 * length : 0));
  return { product, convolution: Math.max(...convolutions), bandwidth };
}

/** Profiles some calls of a step. */
export async function profileStep(step: () => Promise<unknown>, precision: Precision, calls: number): Promise<Profile> {
  const before = await measurePeaks(precision);
  const recorder = recordOperations('');
  const steps: OperationRecord[][] = [];
  try {
    await step(); // traces
    for (let call = 0; call < calls; call++) {
      const first = recorder.runs.length;
      await step();
      steps.push(recorder.runs.slice(first).flat());
    }
  } finally {
    recorder.stop();
  }
  const after = await measurePeaks(precision);
  const best = (name: keyof Peaks): number => Math.max(before[name], after[name]);
  return { kinds: byKind(steps), peaks: { product: best('product'), convolution: best('convolution'), bandwidth: best('bandwidth') } };
}
