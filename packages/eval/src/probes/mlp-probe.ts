import { mlp } from '@ssl/core';
import { probe, type ProbeOptions, type ProbeResult, type ProbeSets } from './probe.js';

export interface MlpProbeOptions extends ProbeOptions {
  /** Widths of the hidden layers, each with batch norm and ReLU. */
  readonly hidden?: readonly number[];
}

export const mlpProbeDefaults = { hidden: [512] } as const satisfies MlpProbeOptions;

/**
 * A small network on frozen features: what is in them that a linear layer cannot reach. Everything else is as in {@link linearProbe}.
 *
 * @throws SslError as {@link linearProbe}.
 */
export async function mlpProbe(sets: ProbeSets, options: MlpProbeOptions = {}): Promise<ProbeResult> {
  const { hidden } = { ...mlpProbeDefaults, ...options };
  return probe((inputs, classes) => mlp([inputs, ...hidden, classes]), sets, options);
}
