import { SslError, type TrainedBackbone } from '@ssl/core';
import type { BuiltRun } from '../run/build-run.js';
import type { RunWeights } from './embed-images.js';

/**
 * The backbone that a run trains.
 *
 * @param purpose - What needs it, the beginning of the error.
 * @param otherwise - What else the user can do.
 * @throws SslError where the method does not say which one it is.
 */
export function trainedBackbone({ method }: Pick<BuiltRun, 'method'>, weights: RunWeights, purpose: string, otherwise = ''): TrainedBackbone {
  const trained = method.trainedBackbone?.(weights);
  if (trained !== undefined) return trained;
  throw new SslError(`${purpose} a method that says which backbone it trains; ${method.name} does not. Give the method \`trainedBackbone\`${otherwise}.`, { from: '@ssl/cli' });
}
