import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { euclideanNorm } from '../ops/euclidean-norm.js';
import { checkOptimizerOptions } from './check-optimizer-options.js';
import { applyMomentum, type MomentumOptions } from './momentum.js';
import type { Optimizer } from './optimizer.js';
import { updateEach, zeroSlots } from './update-each.js';

export interface LarsOptions extends Partial<MomentumOptions> {
  /** Trust coefficient: the share of a parameter's norm that one step of rate 1 may move it, above 0. */
  readonly eta?: number;
  /**
   * LARC (NVIDIA apex; SwAV, solo-learn): the adapted rate never exceeds the learning rate itself. Default false.
   */
  readonly clip?: boolean;
  /**
   * True: the norms of gradient and decay are added up, `|grad| + weightDecay |param| + epsilon`, as in the paper (You et al. 2017,
   * equation 6), apex, solo-learn and lightly. False (default): the norm of their sum, as in the code of SimCLR, BYOL,
   * MoCo v3, Barlow Twins and VICReg.
   */
  readonly separateNorms?: boolean;
  /** Added to the denominator with `separateNorms`. */
  readonly epsilon?: number;
}

/** Defaults of {@link lars}: those of SimCLR's and BYOL's code. */
export const larsDefaults = {
  momentum: 0.9,
  dampening: 0,
  nesterov: false,
  eta: 0.001,
  clip: false,
  separateNorms: false,
  epsilon: 1e-8,
} as const satisfies LarsOptions;

/**
 * Layer-wise adaptive rates (LARS): SGD whose step is scaled, parameter by parameter, to `eta` times the parameter's norm.
 * Groups with `adapt: false` (biases and norms) take plain SGD steps.
 *
 * `u = grad + weightDecay * param; u *= eta |param| / |u|; buffer = momentum * buffer + u; param -= learningRate * buffer`
 *
 * The rate is outside the momentum buffer, as in PyTorch (SimCLR's TensorFlow code has it inside, which differs only while the
 * rate changes). A parameter or gradient of norm zero is not adapted.
 *
 * @throws SslError for options outside their range.
 */
export function lars(options: LarsOptions = {}): Optimizer {
  const settings = { ...larsDefaults, ...options };
  checkOptimizerOptions('lars', { momentum: settings.momentum, dampening: settings.dampening }, settings);
  const slots = settings.momentum === 0 ? [] : ['momentum'];
  return {
    name: 'lars',
    init: (params) => zeroSlots(params, slots),
    update: (input) =>
      updateEach(input, slots, ({ param, grad, state, learningRate, weightDecay, age, group }) => {
        const decayed = weightDecay === null ? grad : tf.add(grad, tf.mul(param, weightDecay));
        const adapted = group.adapt
          ? tf.mul(decayed, trustRatio({ param, grad, decayed, learningRate, weightDecay }, settings))
          : decayed;
        const { direction, buffer } = applyMomentum(adapted, state.momentum ?? adapted, age, settings);
        return { param: tf.sub(param, tf.mul(direction, learningRate)), state: { momentum: buffer } };
      }),
  };
}

interface TrustInput {
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly decayed: Tensor;
  readonly learningRate: Scalar;
  readonly weightDecay: Scalar | null;
}

/** `eta |param| / |update|`; 1 where a norm is zero. */
function trustRatio(
  { param, grad, decayed, learningRate, weightDecay }: TrustInput,
  { eta, epsilon, clip, separateNorms }: Required<LarsOptions>,
): Tensor {
  const paramNorm = euclideanNorm(param);
  const gradNorm = euclideanNorm(separateNorms ? grad : decayed);
  const decayNorm = separateNorms && weightDecay !== null ? tf.mul(paramNorm, weightDecay) : 0;
  const denominator = separateNorms ? tf.add(tf.add(gradNorm, decayNorm), epsilon) : gradNorm;
  const both = tf.logicalAnd(tf.greater(paramNorm, 0), tf.greater(gradNorm, 0));
  // The division is guarded too: 0 / 0 in the branch not taken is harmless forward, but shows up as NaN in traces.
  const ratio = tf.div(tf.mul(paramNorm, eta), tf.where(both, denominator, tf.onesLike(denominator)));
  const adapted = clip ? tf.minimum(tf.div(ratio, learningRate), 1) : ratio;
  return tf.where(both, adapted, tf.onesLike(adapted));
}
