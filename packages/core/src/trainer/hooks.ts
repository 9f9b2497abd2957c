import { SslError } from '../errors.js';
import type { TrainHook } from './train-hook.js';

/** A hook threw. `cause` is what it threw. */
export class HookError extends SslError {
  override readonly name = 'HookError';
  readonly hook: string;

  constructor(hook: string, event: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`hook '${hook}' must not throw, and threw in ${event}: ${reason}. Correct the hook or leave it out; the weights are as they were.`, {
      from: '@ssl/core',
      cause,
    });
    this.hook = hook;
  }
}

type Handlers = Omit<Required<TrainHook>, 'name'>;

/** Calls one handler of every hook, in order, and awaits each. */
export async function callHooks<Name extends keyof Handlers>(
  hooks: readonly TrainHook[],
  name: Name,
  event: Parameters<Handlers[Name]>[0],
): Promise<void> {
  for (const hook of hooks) {
    try {
      await (hook[name] as ((event: unknown) => void | Promise<void>) | undefined)?.call(hook, event);
    } catch (error) {
      throw new HookError(hook.name, name, error);
    }
  }
}
