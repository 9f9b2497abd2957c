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
    await tf.setBackend('cpu');
    // Or its first tensor prints advice to install tfjs-node.
    (tf.backend() as { firstUse?: boolean }).firstUse = false;
    await activate('cpu');
    registerConv2dFilterGradient('cpu');
    return {
      engine: eagerEngine('js', 'CPU, plain JavaScript, 1 thread'),
      tfjsBackend: 'cpu',
      implementation: `@tensorflow/tfjs-backend-cpu ${version}`,
      notes: precision === 'bfloat16' ? ['plain JavaScript computes in float32; bfloat16 was ignored'] : [],
    };
  },
};
