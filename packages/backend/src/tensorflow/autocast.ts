import { isFloat, tensorflowType as T } from './data-type.js';
import type { InputSpan } from './input-spans.js';
import { sizeOf } from './host-values.js';
import type { OpDefinition } from './op-definition.js';
import type { TensorEntry } from './tensor-entry.js';

const convolutions = [
  'Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter', '_FusedConv2D',
  'Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2',
  'DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter',
];
const products = ['MatMul', 'BatchMatMul', 'BatchMatMulV2', '_FusedMatMul', 'Einsum'];

/**
 * Statistics, and what loses its sense in eight bits of precision. BiasAddGrad is here because its CPU kernel adds up in
 * bfloat16: 6,272 ones give 256.
 */
const statistics = [
  'Softmax', 'LogSoftmax', 'SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits',
  'Exp', 'Expm1', 'Lgamma', 'Digamma', 'Erfinv', 'Mod', 'LRN', 'LRNGrad', 'Log', 'Log1p', 'Pow', 'Rsqrt', 'Sqrt', 'Square', 'SquaredDifference', 'Erf',
  'Mean', 'Sum', 'Prod', 'Cumsum', 'BiasAddGrad', 'L2Loss', 'UnsortedSegmentSum',
];

/** Operations that bfloat16 computes in one type whatever their inputs are. */
export interface Autocast {
  readonly bfloat16: ReadonlySet<string>;
  readonly float32: ReadonlySet<string>;
}

const withConvolutions: Autocast = { bfloat16: new Set([...convolutions, ...products]), float32: new Set(statistics) };
const withoutConvolutions: Autocast = { bfloat16: new Set(products), float32: new Set([...statistics, ...convolutions]) };

/** Matrix products, and convolutions where the processor is quick at them, are in bfloat16: what it makes faster. */
export const autocast = (convolves: boolean): Autocast => (convolves ? withConvolutions : withoutConvolutions);

/** Gradients that are computed in the type of the activation saved at this position. */
const follow: Readonly<Record<string, number>> = { ReluGrad: 1, Relu6Grad: 1, EluGrad: 1, SeluGrad: 1, LeakyReluGrad: 1, TanhGrad: 0, SigmoidGrad: 0, FusedBatchNormGradV3: 1, MaxPoolGrad: 0 };

/** Mixed operands follow the largest; at a tie float32 wins. */
function typeOfLargest(tensors: readonly TensorEntry[]): number {
  let largest = -1;
  let type: number = T.float;
  for (const tensor of tensors) {
    if (!isFloat(tensor.type)) continue;
    const size = sizeOf(tensor.shape);
    if (size > largest || (size === largest && tensor.type === T.float)) {
      largest = size;
      type = tensor.type;
    }
  }
  return type;
}

function wantedType(name: string, typeAttribute: string, inputs: readonly TensorEntry[], group: readonly TensorEntry[], policy: Autocast | undefined): number {
  if (policy === undefined || typeAttribute === 'U' || policy.float32.has(name) || touchesVariable(name)) return T.float;
  if (policy.bfloat16.has(name)) return T.bfloat16;
  const leader = follow[name] === undefined ? undefined : inputs[follow[name]];
  return leader?.type ?? typeOfLargest(group);
}

/** Operations on variables, whose element type is fixed. A tensor of another type there aborts the process. */
export function touchesVariable(name: string): boolean {
  return name.startsWith('Resource') || name.startsWith('Assign');
}

/** True when a call of `name` may have to cast: the rest is left alone without a look at its inputs. */
export function mayCast(name: string, policy: Autocast | undefined, inputs: readonly TensorEntry[]): boolean {
  if (name === 'Cast') return false;
  return policy?.bfloat16.has(name) === true || inputs.some((input) => input.type === T.bfloat16);
}

/**
 * The type that each input must have under the policy: equal for all inputs that share a type attribute.
 * Without a policy everything is computed in float32; with one, what it does not name follows its inputs. What no definition or no
 * kernel takes in bfloat16 is in float32.
 */
export function autocastTypes(definition: OpDefinition, spans: readonly InputSpan[], inputs: readonly TensorEntry[], policy: Autocast | undefined): number[] {
  const { name } = definition;
  const types = inputs.map((input) => input.type);
  const groups = new Map<string, number[]>();
  for (const { input, start, end } of spans) {
    if (input.fixedType !== undefined && isFloat(input.fixedType) && isFloat(types[start]!)) types[start] = input.fixedType;
    if (input.typeAttribute === undefined) continue;
    const positions = groups.get(input.typeAttribute) ?? [];
    for (let position = start; position < end; position++) positions.push(position);
    groups.set(input.typeAttribute, positions);
  }
  for (const [typeAttribute, positions] of groups) {
    const floats = positions.filter((position) => isFloat(types[position]!));
    if (floats.length === 0) continue;
    const group = floats.map((position) => inputs[position]!);
    const wanted = wantedType(name, typeAttribute, inputs, group, policy);
    const accepted = definition.accepts(typeAttribute, wanted) ? wanted : T.float;
    for (const position of floats) types[position] = accepted;
  }
  return types;
}
