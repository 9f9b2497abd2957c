import type { Candidate } from '../devices/candidate.js';
import { activate } from '../devices/activate.js';
import { eagerEngine } from '../devices/eager-engine.js';
import type { ImportModule } from '../devices/import-module.js';

/** The parts of the npm package `webgpu` (Dawn for Node) that are used. */
interface Dawn {
  create(options: string[]): unknown;
  readonly globals: Readonly<Record<string, unknown>>;
}

const packages = ['@tensorflow/tfjs-backend-webgpu', 'webgpu'] as const;

/** tfjs's WebGPU backend over Dawn. Both packages are optional peers; nothing is loaded before it is asked for. */
export function webgpuCandidate(importModule: ImportModule): Candidate {
  return {
    device: 'webgpu',
    implementation: '@tensorflow/tfjs-backend-webgpu',
    obstacle() {
      const absent = packages.filter((name) => !importModule.isInstalled(name));
      return Promise.resolve(
        absent.length === 0 ? undefined : `not installed: ${absent.join(', ')} (npm install ${absent.join(' ')})`,
      );
    },
    async start({ precision }) {
      const dawn = (await importModule('webgpu')) as Dawn;
      const host = globalThis as { navigator?: object };
      Object.assign(host, dawn.globals);
      host.navigator ??= {}; // Node 20 has none
      Object.defineProperty(host.navigator, 'gpu', { configurable: true, value: dawn.create([]) });
      await importModule('@tensorflow/tfjs-backend-webgpu');
      await activate('webgpu');
      return {
        engine: eagerEngine('webgpu', 'WebGPU (Dawn)'),
        tfjsBackend: 'webgpu',
        implementation: '@tensorflow/tfjs-backend-webgpu',
        notes: precision === 'bfloat16' ? ['WebGPU computes in float32; bfloat16 was ignored'] : [],
      };
    },
  };
}
