import { storedValues, type StoredTensor } from './stored-tensor.js';

/** A tensor with values that are no numbers to compute with. */
export interface NonFiniteTensor {
  readonly name: string;
  readonly nan: number;
  /** Of both signs; of 64-bit numbers those too that are beyond float32. */
  readonly infinite: number;
  /** Values in all. */
  readonly count: number;
}

/**
 * The tensors with a value that is not finite.
 *
 * @example
 * nonFiniteTensors({ scale: storeValues([1, NaN], [2], 'F32') }); // [{ name: 'scale', nan: 1, infinite: 0, count: 2 }]
 */
export function nonFiniteTensors(tensors: Readonly<Record<string, StoredTensor>>): NonFiniteTensor[] {
  return Object.entries(tensors).flatMap(([name, tensor]) => {
    if (!isFloat(tensor)) return [];
    const values = storedValues(tensor);
    let nan = 0;
    let infinite = 0;
    for (const value of values) {
      // Only NaN and the infinities give NaN here.
      if (value - value === 0) continue;
      if (Number.isNaN(value)) nan++;
      else infinite++;
    }
    return nan + infinite === 0 ? [] : [{ name, nan, infinite, count: values.length }];
  });
}

/** For an error: the first few, each with how many of its values are NaN or infinite. */
export function describeNonFinite(found: readonly NonFiniteTensor[]): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const listed = found.slice(0, 5).map(({ name, nan, infinite, count: all }) => {
    const kinds = [...(nan > 0 ? [`${count(nan)} NaN`] : []), ...(infinite > 0 ? [`${count(infinite)} infinite`] : [])];
    return `'${name}' (${kinds.join(' and ')} of ${count(all)})`;
  });
  return `${listed.join(', ')}${found.length > listed.length ? ` and ${count(found.length - listed.length)} more tensors` : ''}`;
}

function isFloat({ dtype }: StoredTensor): boolean {
  return dtype.startsWith('F') || dtype === 'BF16';
}
