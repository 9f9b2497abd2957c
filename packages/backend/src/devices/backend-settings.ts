import type { Precision } from '@ssl/core';
import { SslError } from '@ssl/core';
import type { LibraryProgress } from '../library/library-progress.js';
import { availableCores } from '../tensorflow/index.js';
import type { BackendSettings } from './candidate.js';
import { parseDevice, type Device } from './device.js';

/** What `useBackend` takes. An option that is given beats the environment variable, which beats the default. */
export interface UseBackendOptions {
  /** Default: `SSL_BACKEND`, else 'auto'. */
  readonly device?: Device;
  /** Format of matrix products and convolutions. Default 'float32'. */
  readonly precision?: Precision;
  /** Processor threads for one operation. Default: `SSL_THREADS`, else as many as the machine gives to this process. */
  readonly threads?: number;
  /** Refuse operations whose result depends on the order in which threads finish (libtensorflow). Default false. */
  readonly deterministic?: boolean;
  /**
   * Let XLA compile all elementwise parts of compiled functions (libtensorflow), not only those that it compiles in any case:
   * 1 to 21 % slower where it was measured, with the first call 15 to 45 s later. Default false.
   */
  readonly xla?: boolean;
  /** Folder that holds libtensorflow, or a wheel. Default: `SSL_LIBTENSORFLOW`, else the cache, where it is fetched once. */
  readonly library?: string;
  /** Folder for fetched libraries. Default: `SSL_CACHE`, else `$XDG_CACHE_HOME/ssl`, else `~/.cache/ssl`. */
  readonly cacheFolder?: string;
  /** False: never fetch libtensorflow; where it is missing the device counts as unavailable. Default true. */
  readonly download?: boolean;
  /** Use the native addon of `@tensorflow/tfjs-node` or `-gpu` instead of ours. It must be installed. Default false. */
  readonly addon?: boolean;
  /** Gets news of a download. Default: they go to standard error. */
  readonly onProgress?: (progress: LibraryProgress) => void;
  /** Stops a download. */
  readonly signal?: AbortSignal;
}

export interface ResolvedOptions {
  readonly device: Device;
  readonly addon: boolean;
  readonly settings: BackendSettings;
}

const precisions: readonly Precision[] = ['float32', 'bfloat16'];

/** Options, then environment, then defaults; throws an SslError that names the source of a wrong value. */
export function resolveOptions(
  options: UseBackendOptions,
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  const device =
    options.device !== undefined
      ? parseDevice(options.device, 'device')
      : parseDevice(filled(environment.SSL_BACKEND) ?? 'auto', 'SSL_BACKEND');
  const precision = options.precision ?? 'float32';
  if (!precisions.includes(precision)) {
    throw new SslError(`precision must be 'float32' or 'bfloat16', got '${precision}'.`, { from: '@ssl/backend' });
  }
  const written = filled(environment.SSL_THREADS);
  return {
    device,
    addon: options.addon ?? false,
    settings: {
      precision,
      threads:
        options.threads !== undefined
          ? checkThreads(options.threads, 'threads', `${options.threads}`)
          : written !== undefined
            ? checkThreads(Number(written), 'SSL_THREADS', written)
            : availableCores(),
      deterministic: options.deterministic ?? false,
      xla: options.xla ?? false,
      library: options.library ?? filled(environment.SSL_LIBTENSORFLOW),
      cacheFolder: options.cacheFolder,
      download: options.download ?? true,
      onProgress: options.onProgress,
      signal: options.signal,
    },
  };
}

function checkThreads(value: number, source: string, written: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= 1024) return value;
  throw new SslError(`${source} must be a whole number from 1 to 1024, got ${written}. Leave it out to use every core.`, {
    from: '@ssl/backend',
  });
}

/** An empty variable counts as absent. */
function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
