// Bundles what is taken from TensorFlow.js at build time, so that the published package needs neither `@tensorflow/tfjs-node`
// (whose install script downloads a native library) nor `@tensorflow/tfjs`:
//   dist/tfjs-node-kernels.cjs   NodeJSKernelBackend and its kernels
//   dist/tfjs-gradients.cjs      tfjs-core's gradients, which tfjs-core alone does not register
// Run by the nx target `bundle`, on which `build` depends, and by the package itself when it runs from source and the files are missing.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..');

const notice = `/*! Contains parts of TensorFlow.js (@tensorflow/tfjs-node, @tensorflow/tfjs-core), Copyright Google LLC, Apache License 2.0. See NOTICE. */`;

/** The backend and the kernels speak to tfjs-core only; `util.isNullOrUndefined` and `util.isArray` are gone in Node 23. */
const kernelsEntry = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
exports.NodeJSKernelBackend = require('@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js').NodeJSKernelBackend;
require('@tensorflow/tfjs-node/dist/register_all_kernels.js');
`;
const gradientsEntry = `import '@tensorflow/tfjs-core/dist/register_all_gradients.js';`;

async function bundle(entry, outputFile, options) {
  const esbuild = await import('esbuild');
  const result = await esbuild.build({
    stdin: { contents: entry, resolveDir: packageFolder, loader: 'js' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    legalComments: 'none',
    banner: { js: notice },
    logLevel: 'error',
    ...options,
  });
  mkdirSync(dirname(outputFile), { recursive: true });
  // Several test processes may do this at once: each writes its own file, and the last rename wins.
  const unfinished = `${outputFile}.${process.pid}`;
  writeFileSync(unfinished, result.outputFiles[0].contents);
  renameSync(unfinished, outputFile);
}

/** Writes both bundles into `folder`. */
export async function bundleKernels(folder = join(packageFolder, 'dist')) {
  await bundle(kernelsEntry, join(folder, 'tfjs-node-kernels.cjs'), {
    alias: { '@tensorflow/tfjs': '@tensorflow/tfjs-core' },
    external: ['@tensorflow/tfjs-core'],
  });
  await bundle(gradientsEntry, join(folder, 'tfjs-gradients.cjs'), {
    // The gradients reach into files that tfjs-core does not export. They bring their own copy of those, which works on
    // the one engine and the one gradient registry that tfjs keeps in the global object.
    mainFields: ['module', 'main'],
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleKernels(process.argv[2]);
}
