import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { tensorflowType, typeOfDataType } from './data-type.js';
import { filterGradientByProducts, isQuickerByProducts, isWrongInOneDnn } from './filter-gradient-by-products.js';
import { inputGradientByProduct, isStridedProduct } from './input-gradient-by-product.js';
import type { NodeBackend } from './node-backend.js';
import { backendName } from './backend-name.js';
import { activeBackend, attribute, runOp, runSingleOp } from './run-op.js';
import { TensorflowError } from './tensorflow-error.js';

type Run = (inputs: NamedTensorInfoMap, attributes: Readonly<Record<string, unknown>>, backend: NodeBackend) => TensorInfo;

function info(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  return inputs[name]!;
}

/** Sizes and padding of a convolution, from what tfjs gives its kernels. */
function convolutionSizes(xShape: readonly number[], filterShape: readonly number[], attributes: Readonly<Record<string, unknown>>): tf.backend_util.Conv2DInfo {
  type Padding = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode } = attributes as {
    strides: number; pad: Padding; dataFormat: 'NHWC' | 'NCHW'; dilations?: number; dimRoundingMode?: 'floor';
  };
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  const sizes = tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number], filterShape as [number, number, number, number], strides, dilations, pad, dimRoundingMode, false, format,
  );
  if (sizes.outHeight < 1 || sizes.outWidth < 1) {
    // The library would read memory that is not theirs, or end the process.
    const { inHeight, inWidth, effectiveFilterHeight, effectiveFilterWidth } = sizes;
    throw new TensorflowError(
      `conv2d: a filter of ${effectiveFilterHeight} x ${effectiveFilterWidth} does not fit images of ${inHeight} x ${inWidth} with padding ${JSON.stringify(pad)}. Take larger images, a smaller filter or more padding.`,
      3,
    );
  }
  return sizes;
}

/** tfjs-node knows padding in one of tfjs's three forms here, two there; the library takes any padding. */
function convolutionAttributes({ padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth, dataFormat }: tf.backend_util.Conv2DInfo) {
  const channelsLast = dataFormat === 'channelsLast';
  const explicit = padInfo.type !== 'SAME' && padInfo.type !== 'VALID';
  const sides = [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right];
  return [
    attribute.int('strides', channelsLast ? [1, strideHeight, strideWidth, 1] : [1, 1, strideHeight, strideWidth]),
    attribute.int('dilations', channelsLast ? [1, dilationHeight, dilationWidth, 1] : [1, 1, dilationHeight, dilationWidth]),
    attribute.string('padding', explicit ? 'EXPLICIT' : padInfo.type),
    attribute.string('data_format', channelsLast ? 'NHWC' : 'NCHW'),
    ...(explicit ? [attribute.int('explicit_paddings', channelsLast ? [0, 0, ...sides, 0, 0] : [0, 0, 0, 0, ...sides])] : []),
  ];
}

/**
 * Type that all tensors have and the precision in force leaves them in; undefined where one would be cast, and where other
 * formulations than the library's were not measured.
 */
function sharedType(backend: NodeBackend, tensors: readonly TensorInfo[]): number | undefined {
  const { binding } = backend;
  if (binding.runtime.hasGpu || process.arch !== 'x64') return undefined;
  const wanted = binding.precision === 'bfloat16' ? tensorflowType.bfloat16 : tensorflowType.float;
  return backend.getInputTensorIds(tensors).every((id) => binding.entry(id).type === wanted) ? wanted : undefined;
}

const kernels: Readonly<Record<string, Run>> = {
  /** A cast to the type that a tensor has is free; tfjs casts often, and bfloat16 must stay bfloat16 there. */
  [tf.Cast]: (inputs, { dtype }, backend) => {
    const x = info(inputs, 'x');
    if (x.dtype === dtype) {
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    }
    return runSingleOp('Cast', [attribute.type('DstT', typeOfDataType(dtype as tf.DataType))], [x]);
  },
  [tf.BatchMatMul]: (inputs, { transposeA, transposeB }) => {
    const a = info(inputs, 'a');
    const b = info(inputs, 'b');
    const matrices = a.shape.length === 2 && b.shape.length === 2;
    const [nameA, nameB] = matrices ? ['transpose_a', 'transpose_b'] : ['adj_x', 'adj_y'];
    return runSingleOp(matrices ? 'MatMul' : 'BatchMatMulV2', [attribute.bool(nameA as string, transposeA === true), attribute.bool(nameB as string, transposeB === true)], [a, b]);
  },
  [tf.LogSoftmax]: (inputs, { axis }) => {
    const logits = info(inputs, 'logits');
    const rank = logits.shape.length;
    if (axis !== rank - 1 && axis !== -1) {
      throw new Error(`LogSoftmax along axis ${String(axis)} of a tensor of rank ${rank} is not supported: only along the last axis.`);
    }
    return runSingleOp('LogSoftmax', [], [logits]);
  },
  [tf.BitwiseAnd]: (inputs) => runSingleOp('BitwiseAnd', [], [info(inputs, 'a'), info(inputs, 'b')]),
  [tf.BroadcastTo]: (inputs, { shape }) => {
    const dims = tf.tensor1d(shape as number[], 'int32');
    try {
      return runSingleOp('BroadcastTo', [], [info(inputs, 'x'), dims]);
    } finally {
      dims.dispose();
    }
  },
  /** tfjs-node's reads the indices to check them, which a trace cannot do; the library checks them itself. */
  [tf.GatherV2]: (inputs, { axis, batchDims = 0 }) => {
    const place = tf.scalar(axis as number, 'int32');
    try {
      return runSingleOp('GatherV2', [attribute.int('batch_dims', batchDims as number)], [info(inputs, 'x'), info(inputs, 'indices'), place]);
    } finally {
      place.dispose();
    }
  },
  /** Inference. The third version takes bfloat16 images with float32 statistics. */
  [tf.FusedBatchNorm]: (inputs, { varianceEpsilon }) => {
    const { x, mean, variance, scale, offset } = inputs as unknown as Record<'x' | 'mean' | 'variance', tf.Tensor> & Partial<Record<'scale' | 'offset', tf.Tensor>>;
    return tf.tidy(() => {
      if (mean.shape.length > 1) {
        const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon as number));
        const normalized = tf.mul(tf.sub(x, mean), scale === undefined ? inverse : tf.mul(inverse, scale));
        return offset === undefined ? normalized : tf.add(normalized, offset);
      }
      const operands = [x, scale ?? tf.ones(mean.shape), offset ?? tf.zeros(mean.shape), mean, variance];
      const settings = [attribute.float('epsilon', varianceEpsilon as number), attribute.string('data_format', 'NHWC'), attribute.bool('is_training', false)];
      return runOp('FusedBatchNormV3', settings, operands, 6)[0]!;
    });
  },
  [tf.Conv2D]: (inputs, attributes) => {
    const [x, filter] = [info(inputs, 'x'), info(inputs, 'filter')];
    return runSingleOp('Conv2D', convolutionAttributes(convolutionSizes(x.shape, filter.shape, attributes)), [x, filter]);
  },
  [tf.Conv2DBackpropFilter]: (inputs, attributes, backend) => {
    const [x, dy] = [info(inputs, 'x'), info(inputs, 'dy')];
    const convolution = convolutionSizes(x.shape, attributes.filterShape as number[], attributes);
    const type = sharedType(backend, [x, dy]);
    if (isWrongInOneDnn(convolution) || (type !== undefined && isQuickerByProducts(convolution, type))) {
      return filterGradientByProducts(inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D, convolution);
    }
    const sizes = tf.tensor1d(attributes.filterShape as number[], 'int32');
    try {
      return runSingleOp('Conv2DBackpropFilter', convolutionAttributes(convolution), [x, sizes, dy]);
    } finally {
      sizes.dispose();
    }
  },
  [tf.Conv2DBackpropInput]: (inputs, attributes, backend) => {
    const [filter, dy] = [info(inputs, 'filter'), info(inputs, 'dy')];
    const convolution = convolutionSizes(attributes.inputShape as number[], filter.shape, attributes);
    const type = sharedType(backend, [dy]);
    if (type !== undefined && isStridedProduct(convolution, type)) return inputGradientByProduct(inputs.dy as tf.Tensor4D, inputs.filter as tf.Tensor4D, convolution);
    const sizes = tf.tensor1d(attributes.inputShape as number[], 'int32');
    try {
      return runSingleOp('Conv2DBackpropInput', convolutionAttributes(convolution), [sizes, filter, dy]);
    } finally {
      sizes.dispose();
    }
  },
};

/** Registers the kernels that tfjs-node lacks, and the better ones of those that it has. */
export function registerExtraKernels(): void {
  for (const [kernelName, run] of Object.entries(kernels)) {
    if ((tf.getKernel(kernelName, backendName) as unknown) !== undefined) tf.unregisterKernel(kernelName, backendName);
    const kernelFunc: KernelFunc = ({ inputs, attrs }) => run(inputs as NamedTensorInfoMap, attrs ?? {}, activeBackend());
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}
