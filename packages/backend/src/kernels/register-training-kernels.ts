import { backendName } from '../tensorflow/index.js';
import { attention } from './attention.js';
import { barrier } from './barrier.js';
import { batchNormTraining } from './batch-norm-training.js';
import { fusedFunction } from './fused.js';
import { gelu } from './gelu.js';
import { gramEigenvalues } from './gram-eigenvalues.js';
import { imagesFromBytes } from './images-from-bytes.js';
import { registerKernels } from './kernel-definition.js';
import { layerNorm } from './layer-norm.js';
import { randomNormal, randomUniform } from './random-numbers.js';
import { logSoftmax, softmaxCrossEntropy } from './softmax-losses.js';
import { squaredNorm } from './squared-norm.js';

/** Registers the training kernels that `@ssl/core/ops` looks for on the backend 'tensorflow'. */
export function registerTrainingKernels(): void {
  registerKernels(
    [
      attention,
      barrier,
      batchNormTraining,
      fusedFunction,
      gelu,
      gramEigenvalues,
      imagesFromBytes,
      layerNorm,
      logSoftmax,
      randomNormal,
      randomUniform,
      softmaxCrossEntropy,
      squaredNorm,
    ],
    backendName,
  );
}
