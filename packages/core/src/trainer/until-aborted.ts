/**
 * The values of a source until a signal fires, also while a value is waited for: a disk that hangs does not keep a run from being saved.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let waiting = false;
  try {
    while (!signal.aborted) {
      waiting = true;
      const next = await nextOrAborted(iterator, signal);
      if (next === undefined) return;
      waiting = false;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    const closed = iterator.return?.().catch(() => undefined);
    if (!waiting) await closed; // otherwise it comes after the value that is waited for
  }
}

/** A listener for each value: a race against one promise for the whole run would remember every step. */
function nextOrAborted<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T> | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      resolve(undefined);
    };
    signal.addEventListener('abort', abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => {
        signal.removeEventListener('abort', abort);
      });
  });
}
