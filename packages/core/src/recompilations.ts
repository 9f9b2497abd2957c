/** A compiled function met arguments of another structure, shape or type than before and was compiled once more. */
export interface Recompilation {
  /** Of the function. */
  readonly name: string;
  /** Forms it is compiled for now, from 2. */
  readonly traces: number;
  /** What differs from the form before, for people. */
  readonly reason: string;
}

type Listener = (recompilation: Recompilation) => void;

// On globalThis, as the engine: two installed copies of this package share it.
const slot = Symbol.for('@ssl/core/recompilations');
const registry = globalThis as { [slot]?: Set<Listener> | undefined };

/** For engines: tells whoever listens. */
export function reportRecompilation(recompilation: Recompilation): void {
  for (const listener of registry[slot] ?? []) listener(recompilation);
}

/**
 * Hears of functions that are compiled again, of all functions of this process; `train` turns the first of each into a
 * warning.
 *
 * @returns A function that ends it.
 */
export function onRecompilation(listener: Listener): () => void {
  const listeners = (registry[slot] ??= new Set());
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
