import { SslError } from '@ssl/core';
import { PersistentReference, PythonRecord, PythonTensor, type PythonValue } from '../pickle/python-values.js';

/** What lies in a pickled checkpoint, by dotted path. */
export interface CollectedTensors {
  readonly tensors: ReadonlyMap<string, PythonTensor>;
  /** Everything else that is not empty: `epoch`, `args`, `optimizer.param_groups`. */
  readonly others: readonly string[];
}

/** Containers inside containers; state dictionaries need about four. */
const deepest = 64;
/** Ten times what the largest networks have with their optimizers. */
const mostTensors = 200_000;

/**
 * Flattens nested dictionaries and lists: `{ model: { 'cls_token': … } }` gives `model.cls_token`. The same container in two
 * places is walked twice, but not in a circle.
 */
export function collectTensors(root: PythonValue): CollectedTensors {
  const tensors = new Map<string, PythonTensor>();
  const others: string[] = [];
  const within = new Set<PythonValue>();
  /** Containers without any tensor, so that shared ones cannot be walked without end. */
  const empty = new Set<PythonValue>();

  /** True where there was a tensor. */
  function walk(value: PythonValue, path: string): boolean {
    if (value instanceof PythonTensor) {
      if (tensors.size >= mostTensors) {
        throw new SslError(`a checkpoint of at most ${String(mostTensors)} tensors was needed, got more. Save the state dictionary alone.`, { from: '@ssl/weights' });
      }
      tensors.set(path, value);
      return true;
    }
    const children = childrenOf(value);
    if (children === undefined || within.has(value) || within.size > deepest || empty.has(value)) return false;
    within.add(value);
    let found = false;
    const without: string[] = [];
    for (const [key, child] of children) {
      const place = path === '' ? key : `${path}.${key}`;
      if (walk(child, place)) found = true;
      else without.push(place);
    }
    within.delete(value);
    if (found) others.push(...without);
    else empty.add(value);
    return found;
  }

  walk(root, '');
  return { tensors, others };
}

function childrenOf(value: PythonValue): Iterable<readonly [string, PythonValue]> | undefined {
  if (value instanceof Map) return [...value].map(([key, child]) => [keyOf(key), child] as const);
  if (Array.isArray(value)) return value.map((child, i) => [String(i), child] as const);
  if (value instanceof PythonRecord) {
    const state = childrenOf(value.state) ?? [];
    return [...state, ...(childrenOf(value.entries) ?? [])];
  }
  return undefined;
}

function keyOf(key: PythonValue): string {
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : key instanceof PersistentReference ? 'storage' : 'key';
}
