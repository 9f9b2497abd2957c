import { gramEigenvalues as run } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/** Squares of the singular values of a matrix, in float64: `@ssl/eval`'s effective rank of wide features. No gradient. */
export const gramEigenvalues: KernelDefinition = {
  name: 'SslGramEigenvalues',
  forward: ({ x }) => run(x!),
};
