import { SslError } from '@ssl/core';
import { fileURLToPath } from 'node:url';

const ownFolder = new URL('.', import.meta.url).href;

/** Where the user's code was: the innermost stack line that is neither of the engine nor of an installed package. */
export function userLine(stack: string | undefined): string | undefined {
  const ownPath = fileURLToPath(ownFolder);
  const line = stack
    ?.split('\n')
    .filter((text) => /^\s+at /.test(text))
    .find((text) => !text.includes('node_modules') && !text.includes('(<anonymous>)') && !text.includes('node:') && !/tfjs-(gradients|node-kernels)\.cjs/.test(text) && ((!text.includes(ownPath) && !text.includes(ownFolder)) || text.includes('.test.')));
  return line?.trim().replace(/^at /, '');
}

/** The error for something inside a compiled function that has no meaning while the function is being traced. */
export function untraceable(functionName: string, action: string): SslError {
  const at = userLine(deepStack());
  return new SslError(
    `The compiled function '${functionName}' tried to ${action}${at === undefined ? '' : ` at ${at}`}. While it is compiled its tensors have no values yet. Return the tensor and read it outside, or choose between values with tf.where.`,
    { from: '@ssl/backend' },
  );
}

/** The stack down to the user's code, which lies deeper than the ten lines that Node keeps. */
function deepStack(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  try {
    return new Error().stack;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
