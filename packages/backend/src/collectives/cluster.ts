import { SslError } from '@ssl/core';
import { bytesField, varintField } from '../tensorflow/wire-format.js';

/** One group of processes that compute together. */
export interface Cluster {
  /** This process, from 0. */
  readonly rank: number;
  readonly worldSize: number;
  /** `host:port` of every rank, in order; the same list in every process. */
  readonly addresses: readonly string[];
}

/** TensorFlow's name of a rank. */
export function taskName(rank: number): string {
  return `/job:worker/replica:0/task:${rank}`;
}

/** Throws an SslError where rank, size and addresses contradict each other. */
export function checkCluster({ rank, worldSize, addresses }: Cluster): void {
  const refuse = (message: string): never => {
    throw new SslError(message, { from: '@ssl/backend' });
  };
  if (!Number.isInteger(worldSize) || worldSize < 1) refuse(`worldSize must be a whole number of at least 1, got ${worldSize}.`);
  if (!Number.isInteger(rank) || rank < 0 || rank >= worldSize) {
    refuse(`rank must be a whole number from 0 to worldSize - 1 = ${worldSize - 1}, got ${rank}.`);
  }
  if (worldSize > 1 && addresses.length !== worldSize) {
    refuse(
      `addresses must hold one 'host:port' for each of the ${worldSize} ranks, got ${addresses.length}. Give the same list, in order of rank, to every process.`,
    );
  }
  for (const [index, address] of addresses.entries()) {
    if (!/^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(address)) {
      refuse(`addresses[${index}] must be 'host:port', got '${address}'.`);
    }
    if (addresses.indexOf(address) !== index) {
      refuse(`every rank needs an address of its own, but ${address} is given to ranks ${addresses.indexOf(address)} and ${index}.`);
    }
  }
}

/** The bytes of TensorFlow's `ServerDef`; collectives are led by rank 0. */
export function serverDefinition({ rank, addresses }: Cluster): Uint8Array {
  const tasks = addresses.flatMap((address, index) => bytesField(2, [...varintField(1, index), ...bytesField(2, address)]));
  const job = [...bytesField(1, 'worker'), ...tasks];
  const experimental = bytesField(1, taskName(0)); // collective_group_leader
  return Uint8Array.from([
    ...bytesField(1, bytesField(1, job)), // cluster
    ...bytesField(2, 'worker'), // job_name
    ...varintField(3, rank), // task_index
    ...bytesField(4, bytesField(16, experimental)), // default_session_config
    ...bytesField(5, 'grpc'), // protocol
  ]);
}
