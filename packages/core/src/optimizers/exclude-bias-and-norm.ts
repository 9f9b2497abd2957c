import type { ParameterGroupRule } from './optimizer.js';

/**
 * No weight decay and no LARS adaptation for biases and for scale and offset of norms: everything of rank 0 or 1.
 * The trainer's first rule; methods and users override it with later ones.
 */
export const excludeBiasAndNorm: ParameterGroupRule = {
  match: (_path, shape) => shape.length <= 1,
  weightDecay: 0,
  adapt: false,
};
