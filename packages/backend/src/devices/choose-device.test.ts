import { describe, expect, it } from 'vitest';
import { addonCandidate } from './addon-candidate.js';
import type { BackendSettings, Candidate, StartedDevice } from './candidate.js';
import { chooseDevice } from './choose-device.js';
import type { ConcreteDevice } from './device.js';
import { eagerEngine } from './eager-engine.js';
import type { ImportModule } from './import-module.js';
import { webgpuCandidate } from '../webgpu/webgpu-candidate.js';

const settings: BackendSettings = {
  precision: 'float32',
  threads: 2,
  deterministic: false,
  xla: false,
  library: undefined,
  cacheFolder: undefined,
  download: true,
  onProgress: undefined,
  signal: undefined,
};

/** A candidate that works, has an obstacle, or throws when it is started. */
function candidate(device: ConcreteDevice, how: 'works' | { obstacle: string } | { throws: string }, started: string[] = []): Candidate {
  return {
    device,
    implementation: `implementation of ${device}`,
    obstacle: () => Promise.resolve(typeof how === 'object' && 'obstacle' in how ? how.obstacle : undefined),
    start: () => {
      started.push(device);
      if (typeof how === 'object' && 'throws' in how) return Promise.reject(new Error(how.throws));
      const result: StartedDevice = { engine: eagerEngine(device, device), tfjsBackend: device, implementation: `${device} 1.0`, notes: [] };
      return Promise.resolve(result);
    },
  };
}

describe('chooseDevice', () => {
  it("takes a GPU before everything else with 'auto', and starts nothing more", async () => {
    const started: string[] = [];
    const choice = await chooseDevice('auto', [candidate('cuda', 'works', started), candidate('cpu', 'works', started)], settings);
    expect(choice.device).toBe('cuda');
    expect(started).toEqual(['cuda']);
    expect(choice.candidates).toEqual([
      { device: 'cuda', implementation: 'cuda 1.0', outcome: 'taken', reason: 'the first that works' },
      { device: 'cpu', implementation: 'implementation of cpu', outcome: 'available', reason: "not needed: 'cuda' works" },
    ]);
  });

  it('goes on after an obstacle and after a failure, with the reasons', async () => {
    const { device, candidates } = await chooseDevice(
      'auto',
      [candidate('cuda', { obstacle: 'no NVIDIA GPU' }), candidate('cpu', { throws: 'bad library' }), candidate('wasm', 'works')],
      settings,
    );
    expect(device).toBe('wasm');
    expect(candidates.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['unavailable', 'no NVIDIA GPU'],
      ['failed', 'bad library'],
      ['taken', 'the first that works'],
    ]);
  });

  it('starts only the device that was asked for', async () => {
    const started: string[] = [];
    const all = (['cuda', 'cpu', 'js'] as const).map((device) => candidate(device, 'works', started));
    expect((await chooseDevice('cpu', all, settings)).device).toBe('cpu');
    expect(started).toEqual(['cpu']);
  });

  it('does not replace the device that was asked for by another', async () => {
    await expect(chooseDevice('cuda', [candidate('cuda', { obstacle: 'no NVIDIA GPU' }), candidate('cpu', 'works')], settings)).rejects.toThrow(
      "device 'cuda' (implementation of cuda) was asked for, but it does not work here: no NVIDIA GPU. Repair that, or take device 'auto'.",
    );
  });

  it('lists every reason when nothing works', async () => {
    await expect(
      chooseDevice('auto', [candidate('cuda', { obstacle: 'no GPU' }), candidate('cpu', { throws: 'no library' })], settings),
    ).rejects.toThrow(/one working device is needed, but none was found:\n {2}cuda: no GPU\n {2}cpu: no library\n/);
  });

  it('stops at an abort instead of taking the next', async () => {
    const controller = new AbortController();
    controller.abort();
    const run = chooseDevice('auto', [candidate('cpu', { throws: 'aborted' }), candidate('js', 'works')], { ...settings, signal: controller.signal });
    await expect(run).rejects.toThrow(/abort/i);
  });
});

function modules(installed: Record<string, unknown>): ImportModule {
  return Object.assign(
    (name: string) => (name in installed ? Promise.resolve(installed[name]) : Promise.reject(new Error(`Cannot find ${name}`))),
    { isInstalled: (name: string) => name in installed },
  );
}

describe('the native addon', () => {
  it('counts as unavailable where it is not installed', async () => {
    expect(await addonCandidate('cuda', modules({})).obstacle(settings)).toBe(
      '@tensorflow/tfjs-node-gpu is not installed (npm install @tensorflow/tfjs-node-gpu); or leave out `addon`',
    );
    expect(await addonCandidate('cpu', modules({ '@tensorflow/tfjs-node': {} })).obstacle(settings)).toBeUndefined();
  });

  it('fails with the reason of its loader', async () => {
    const broken = Object.assign(() => Promise.reject(new Error('tfjs_binding.node is missing')), { isInstalled: () => true });
    const { candidates } = await chooseDevice('auto', [addonCandidate('cpu', broken), candidate('js', 'works')], settings);
    expect(candidates[0]).toMatchObject({ outcome: 'failed', reason: 'tfjs_binding.node is missing' });
  });
});

describe('webgpu', () => {
  it('names the packages that are absent', async () => {
    expect(await webgpuCandidate(modules({ webgpu: {} })).obstacle(settings)).toBe(
      'not installed: @tensorflow/tfjs-backend-webgpu (npm install @tensorflow/tfjs-backend-webgpu)',
    );
  });
});
