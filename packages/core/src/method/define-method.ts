import { SslError } from '../errors.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { SslMethod } from './method.js';

/** What a method's author writes: everything but the version of the contract. */
export type MethodDefinition<Aux extends TensorRecord, Outputs extends TensorRecord, Carry extends TensorRecord> = Omit<
  SslMethod<Aux, Outputs, Carry>,
  'specVersion'
>;

/**
 * Makes a method of its parts and checks what can be checked before any tensor is there.
 *
 * @throws SslError for a name that is not lower-case words joined by hyphens, or a number of views below 1.
 * @example
 * const method = defineMethod({ name: 'mine', batch: { views: 2 }, coupling: 'none', … });
 */
export function defineMethod<
  Aux extends TensorRecord = TensorRecord,
  Outputs extends TensorRecord = TensorRecord,
  Carry extends TensorRecord = TensorRecord,
>(definition: MethodDefinition<Aux, Outputs, Carry>): SslMethod<Aux, Outputs, Carry> {
  const { name, batch } = definition;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new SslError(`a method's name needs lower-case letters and digits joined by hyphens, got '${name}'. Call it 'my-method'.`, {
      from: '@ssl/core',
    });
  }
  if (!Number.isInteger(batch.views) || batch.views < 1) {
    throw new SslError(`${name} needs a whole number of views from 1 on, got ${batch.views}. Correct batch.views.`, { from: '@ssl/core' });
  }
  return Object.freeze({ specVersion: 'ssl-method/1', ...definition });
}
