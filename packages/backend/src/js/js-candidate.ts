import * as tf from '@tensorflow/tfjs-core';
import type { Candidate } from '../devices/candidate.js';
import { eagerEngine } from '../devices/eager-engine.js';
import { activate } from '../devices/activate.js';
import { registerConv2dFilterGradient } from '../kernels/conv2d-filter-gradient.js';

/** Plain JavaScript: tfjs's own `cpu` backend. Always works, slowest. */
export const jsCandidate: Candidate = {
  device: 'js',
  implementation: '@tensorflow/tfjs-backend-cpu',
  obstacle: () => Promise.resolve(undefined),
  async start({ precision }) {
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
    await activate('cpu');
    registerConv2dFilterGradient('cpu');
    return {
      engine: eagerEngine('js', 'CPU, plain JavaScript, 1 thread'),
      tfjsBackend: tf.getBackend(),
      implementation: `@tensorflow/tfjs-backend-cpu ${version}`,
      notes: precision === 'bfloat16' ? ['plain JavaScript computes in float32; bfloat16 was ignored'] : [],
    };
  },
};
