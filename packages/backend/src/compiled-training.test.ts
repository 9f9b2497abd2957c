import { compileEagerly, currentEngine, flattenTree, registerEngine, sgd, train, warmupCosine } from '@ssl/core';
import { toyLoader, toyMethod, toyViews } from '@ssl/core/testing';
import { describe, expect, it } from 'vitest';
import { useBackend } from './use-backend.js';

const steps = 50;

/** Weights and losses of a run of 50 steps of the trainer, views and optimizer included. */
async function run(device: 'cpu' | 'wasm' | 'js', mode: 'compiled' | 'eager', accumulate: number): Promise<{ weights: Float32Array[]; losses: number[] }> {
  await useBackend({ device, deterministic: true });
  if (mode === 'eager') registerEngine({ ...currentEngine(), compile: compileEagerly });
  const losses: number[] = [];
  const result = await train({
    method: toyMethod(),
    views: toyViews(),
    loader: toyLoader(),
    optimizer: sgd(),
    learningRate: warmupCosine({ peak: 0.1, warmupSteps: 5 }),
    weightDecay: 1e-4,
    accumulate,
    steps,
    seed: 5,
    hooks: [{ name: 'losses', onStep: ({ loss }) => void losses.push(loss) }],
  });
  const { tensors } = flattenTree({ params: result.params, aux: result.aux });
  const weights = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  expect(result.warnings).toEqual([]);
  result.dispose();
  return { weights, losses };
}

/** Largest difference, relative to the largest entry of each tensor. */
function worstDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(b.map(({ length }) => length)).toEqual(a.map(({ length }) => length));
  const differences = a.map((values, i) => {
    const scale = Math.max(1e-3, ...values.map(Math.abs));
    return values.reduce((most, value, at) => Math.max(most, Math.abs(value - b[i]![at]!)), 0) / scale;
  });
  return Math.max(...differences);
}

describe.each(['cpu', 'wasm', 'js'] as const)('50 steps on %s', (device) => {
  it.each([1, 2])('are compiled what they are eagerly, and the same bits again (%i micro-batches)', async (accumulate) => {
    const compiled = await run(device, 'compiled', accumulate);
    expect(compiled.losses).toHaveLength(steps);
    expect(compiled.losses.at(-1)).toBeLessThan(compiled.losses[0]!);
    const again = await run(device, 'compiled', accumulate);
    expect(again).toEqual(compiled);
    const eager = await run(device, 'eager', accumulate);
    expect(worstDifference(compiled.weights, eager.weights)).toBeLessThan(device === 'cpu' ? 1e-3 : 1e-12);
    compiled.losses.forEach((loss, step) => {
      expect(eager.losses[step], `loss of step ${step}`).toBeCloseTo(loss, 3);
    });
  });
});
