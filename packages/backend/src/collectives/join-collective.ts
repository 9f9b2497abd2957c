import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { registerKernels } from '../kernels/kernel-definition.js';
import { backendName } from '../tensorflow/index.js';
import type { NodeBackend } from '../tensorflow/node-backend.js';
import type { TensorflowRuntime } from '../tensorflow/runtime.js';
import { checkCluster, serverDefinition, taskName, type Cluster } from './cluster.js';
import { collectiveKernels } from './collective-kernels.js';

export interface JoinCollectiveOptions extends Cluster {
  /** Seconds to wait here for the other ranks to start. Default 300. */
  readonly joinTimeout?: number;
  /** Seconds to wait for the other ranks in every exchange. Default 120. */
  readonly timeout?: number;
}

export const joinCollectiveDefaults = { joinTimeout: 300, timeout: 120 } as const;

/** Membership of a group of processes. */
export interface Collective {
  readonly rank: number;
  readonly worldSize: number;
  /** Makes `allReduce` and its kin the identity again. The connections stay until the process ends. */
  leave(): void;
}

const kernelNames = ['SslAllReduce', 'SslAllGather', 'SslReduceScatter'] as const;

let joined: Cluster | undefined;

/**
 * Joins a group of processes, so that `allReduce`, `allGather` and `reduceScatter` of `@ssl/core/ops` exchange tensors
 * with them, over TensorFlow's own runtime (gRPC between CPUs). Waits until every rank is there.
 *
 * With one rank nothing is started, and the operations stay the identity.
 *
 * @throws SslError where the device is not libtensorflow, the options contradict each other, or a rank is missing
 *
 * @example
 * ```ts
 * await useBackend({ device: 'cpu' });
 * await joinCollective({ rank: 0, worldSize: 2, addresses: ['10.0.0.1:4444', '10.0.0.2:4444'] });
 * ```
 */
export async function joinCollective(options: JoinCollectiveOptions): Promise<Collective> {
  const { rank, worldSize, addresses, joinTimeout, timeout } = { ...joinCollectiveDefaults, ...options };
  checkCluster(options);
  if (worldSize === 1) return { rank, worldSize, leave: () => undefined };
  if (tf.getBackend() !== backendName) {
    throw new SslError(
      `joinCollective needs libtensorflow, but the active backend is '${tf.getBackend()}'. Call useBackend({ device: 'cpu' }) or 'cuda' first.`,
      { from: '@ssl/backend' },
    );
  }
  if (joined === undefined) {
    start(options);
    joined = { rank, worldSize, addresses };
  } else if (joined.rank !== rank || joined.addresses.join() !== addresses.join()) {
    throw new SslError(
      `a process joins one group only: this one is rank ${joined.rank} of ${joined.addresses.join(', ')}, and was to become rank ${rank} of ${addresses.join(', ')}. Start a new process.`,
      { from: '@ssl/backend' },
    );
  }
  await waitForPeers(options, joinTimeout);
  registerKernels(collectiveKernels(options, timeout), backendName);
  return {
    rank,
    worldSize,
    leave: () => {
      for (const name of kernelNames) tf.unregisterKernel(name, backendName);
    },
  };
}

function activeRuntime(): TensorflowRuntime {
  return (tf.backend() as NodeBackend).binding.runtime;
}

function start(cluster: Cluster): void {
  const runtime = activeRuntime();
  const definition = serverDefinition(cluster);
  runtime.api.TFE_EnableCollectiveOps(runtime.context, definition, definition.byteLength, runtime.status);
  runtime.check(() => `the start of rank ${cluster.rank} at ${cluster.addresses[cluster.rank] ?? ''}`);
}

/** Asks every other rank until it answers. A short question at a time, so that the event loop stays free. */
async function waitForPeers({ rank, addresses }: Cluster, timeout: number): Promise<void> {
  const { api, context, status } = activeRuntime();
  const end = performance.now() + timeout * 1000;
  const answers = (peer: number): boolean => {
    api.TFE_CollectiveOpsCheckPeerHealth(context, taskName(peer), 500, status);
    return api.TF_GetCode(status) === 0;
  };
  let missing = addresses.map((_, peer) => peer).filter((peer) => peer !== rank);
  for (;;) {
    missing = missing.filter((peer) => !answers(peer));
    if (missing.length === 0) return;
    if (performance.now() > end) {
      const names = missing.map((peer) => `${peer} (${addresses[peer] ?? ''})`).join(', ');
      throw new SslError(
        `all ${addresses.length} ranks must join, but after ${timeout} s rank ${names} did not answer. Start it with the same addresses, and see that this machine reaches that port.`,
        { from: '@ssl/backend' },
      );
    }
    await sleep(100);
  }
}
