import { bytesField, varintField } from './wire-format.js';

export interface SessionConfig {
  /** Threads that one operation spreads over. */
  readonly intraOpThreads: number;
  /** Operations that run at the same time. */
  readonly interOpThreads: number;
  /** Use graphics cards where the library has them. */
  readonly gpu: boolean;
}

/** The bytes of TensorFlow's `ConfigProto`. Graphics memory grows on demand. */
export function sessionConfigBytes({ intraOpThreads, interOpThreads, gpu }: SessionConfig): Uint8Array {
  const noGpu = bytesField(1, [...bytesField(1, 'GPU'), ...varintField(2, 0)]);
  const growGpuMemory = bytesField(6, varintField(4, 1));
  return Uint8Array.from([...(gpu ? growGpuMemory : noGpu), ...varintField(2, intraOpThreads), ...varintField(5, interOpThreads)]);
}
