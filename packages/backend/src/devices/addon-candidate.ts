import type { Candidate } from './candidate.js';
import { activate } from './activate.js';
import { eagerEngine } from './eager-engine.js';
import type { ImportModule } from './import-module.js';

/** The native addon of tfjs itself. Its `index.js` registers the tfjs backend 'tensorflow' when it is loaded. */
export function addonCandidate(device: 'cpu' | 'cuda', importModule: ImportModule): Candidate {
  const name = device === 'cuda' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  return {
    device,
    implementation: name,
    obstacle: () =>
      Promise.resolve(
        importModule.isInstalled(name) ? undefined : `${name} is not installed (npm install ${name}); or leave out \`addon\``,
      ),
    async start({ precision, threads }) {
      await importModule(name);
      await activate('tensorflow');
      const notes = [`${name} runs eagerly on its own TensorFlow; threads (${threads}) are TensorFlow's choice`];
      if (precision === 'bfloat16') notes.push(`${name} computes in float32; bfloat16 was ignored`);
      return {
        engine: eagerEngine('tensorflow', device === 'cuda' ? 'NVIDIA GPU, native addon' : 'CPU, native addon'),
        tfjsBackend: 'tensorflow',
        implementation: name,
        notes,
      };
    },
  };
}
