import * as core from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { createJiti } from 'jiti';
import { defineConfig } from './define-config.js';

/**
 * Imports a TypeScript or JavaScript file of the user's. What it imports of `@ssl/core`, `@ssl/cli` and tfjs-core is the
 * copy that this process runs, so that the file's tensors and ours are the same kind.
 */
export async function importUserModule(path: string): Promise<unknown> {
  const jiti = createJiti(path, {
    fsCache: false,
    virtualModules: { '@ssl/core': core, '@tensorflow/tfjs-core': tf, '@ssl/cli': { defineConfig } },
  });
  return jiti.import(path);
}
