import { SslError } from '@ssl/core';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
// Right from src/tensorflow and from dist/tensorflow.
const bundleFolder = new URL('../../dist/', import.meta.url);
const bundlerScript = new URL('../../scripts/bundle-kernels.mjs', import.meta.url);

export type BundleName = 'tfjs-node-kernels' | 'tfjs-gradients';

/**
 * Loads one of the files that `scripts/bundle-kernels.mjs` makes at build time. In the source tree, where it may be missing,
 * it is made on the spot.
 */
export async function loadBundle(name: BundleName): Promise<unknown> {
  const file = fileURLToPath(new URL(`${name}.cjs`, bundleFolder));
  if (!existsSync(file)) {
    if (!existsSync(bundlerScript)) {
      throw new SslError(`The package needs its file dist/${name}.cjs, which is missing. Install @ssl/backend anew.`, { from: '@ssl/backend' });
    }
    const bundler = (await import(bundlerScript.href)) as { bundleKernels(): Promise<void> };
    await bundler.bundleKernels();
  }
  return require(file);
}

/**
 * Registers tfjs-core's gradients with tfjs-core, which does not do so by itself (the package `@tensorflow/tfjs` does).
 * Every device needs it; calling it again does nothing.
 */
export async function registerGradients(): Promise<void> {
  await loadBundle('tfjs-gradients');
}
