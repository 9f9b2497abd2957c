import { maxPool, sequential } from '@ssl/core';
import type { Module } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { scaledConv2d } from './scaled-conv2d.js';

/** Sizes of the dVAE's encoder and decoder. */
export interface DvaeNetworkOptions {
  readonly channels: number;
  /** How many different tokens there are. */
  readonly vocabulary: number;
  /** Features of the first group of blocks; each further group doubles them. */
  readonly width: number;
  /** Groups of blocks; between two groups the side is halved. */
  readonly groups: number;
  readonly blocks: number;
}

type Net = Module<Tensor4D, Tensor4D>;

/** Features of a token before the decoder's first group. */
const decoderInput = (width: number): number => Math.max(8, width / 2);

/** Layers without parameters. */
const layer = (forward: (x: Tensor4D) => Tensor4D): Net => ({
  init: () => ({ params: {}, buffers: {} }),
  forward: (_scope, x) => tf.tidy(() => forward(x)),
});
const rectify = (): Net => layer((x) => tf.relu(x));

/** Each pixel four times, in a square. */
const doubled = (): Net =>
  layer((x) => {
    const [batch, height, width, channels] = x.shape;
    const wide = tf.reshape(tf.concat([x, x], 3), [batch, height, 2 * width * channels]);
    return tf.reshape(tf.concat([wide, wide], 2), [batch, 2 * height, 2 * width, channels]);
  });

/** `x + gain * residual(x)`, through a convolution of one pixel where the features change. */
function block(inputs: number, outputs: number, gain: number, kernels: readonly number[]): Net {
  const hidden = Math.max(1, outputs / 4);
  const path = sequential<Tensor4D, Tensor4D>(
    Object.fromEntries(
      kernels.flatMap((kernel, i): [string, Module][] => [
        [`relu_${String(i + 1)}`, rectify() as unknown as Module],
        [`conv_${String(i + 1)}`, scaledConv2d(i === 0 ? inputs : hidden, i === kernels.length - 1 ? outputs : hidden, kernel) as unknown as Module],
      ]),
    ),
  );
  const identity = inputs === outputs ? undefined : scaledConv2d(inputs, outputs, 1);
  const parts = sequential({ ...(identity && { id_path: identity as unknown as Module }), res_path: path as unknown as Module });
  return {
    init: (seed) => parts.init(seed),
    forward: (scope, x) =>
      tf.tidy(() => {
        const skipped = identity === undefined ? x : identity.forward(scope.child('id_path'), x);
        return tf.add(skipped, tf.mul(path.forward(scope.child('res_path'), x), gain));
      }),
  };
}

/** Groups of blocks with `between` after each but the last. */
function groupsOf(widths: readonly number[], inputs: number, kernels: readonly number[], blocks: number, between: () => Module): Record<string, Module> {
  const gain = 1 / (widths.length * blocks) ** 2;
  return Object.fromEntries(
    widths.map((width, g): [string, Module] => {
      const inner = Array.from({ length: blocks }, (_, i) => {
        const from = i > 0 ? width : g === 0 ? inputs : widths[g - 1]!;
        return [`block_${String(i + 1)}`, block(from, width, gain, kernels) as unknown as Module];
      });
      const last = g === widths.length - 1 ? [] : [['scale', between()]];
      return [`group_${String(g + 1)}`, sequential(Object.fromEntries([...inner, ...last]) as Record<string, Module>)];
    }),
  );
}

const widthsOf = ({ width, groups }: DvaeNetworkOptions): number[] => Array.from({ length: groups }, (_, g) => width * 2 ** g);

/**
 * The encoder without its last convolution: pixels to `[batch, height / 2^(groups - 1), …, width * 2^(groups - 1)]`.
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, appendix A.1.
 */
export function dvaeTrunk(options: DvaeNetworkOptions): Net {
  const { channels, width, blocks } = options;
  return sequential({
    input: scaledConv2d(channels, width, 7) as unknown as Module,
    ...groupsOf(widthsOf(options), width, [3, 3, 3, 1], blocks, () => maxPool(2) as unknown as Module),
    relu: rectify() as unknown as Module,
  });
}

/** Features of {@link dvaeTrunk}. */
export const dvaeFeatures = (options: DvaeNetworkOptions): number => widthsOf(options).at(-1)!;

/** The encoder's last convolution: logits of the tokens. */
export function dvaeTokenHead(options: DvaeNetworkOptions): Net {
  return scaledConv2d(dvaeFeatures(options), options.vocabulary, 1);
}

/** The decoder: (relaxed) one-hot tokens to two numbers for each pixel and channel. */
export function dvaeDecoder(options: DvaeNetworkOptions): Net {
  const { channels, vocabulary, width, blocks } = options;
  return sequential({
    input: scaledConv2d(vocabulary, decoderInput(width), 1) as unknown as Module,
    ...groupsOf(widthsOf(options).reverse(), decoderInput(width), [1, 3, 3, 3], blocks, () => doubled() as unknown as Module),
    relu: rectify() as unknown as Module,
    output: scaledConv2d(width, 2 * channels, 1) as unknown as Module,
  });
}
