/**
 * `node tools/results/distillation.mjs [--seeds 2] [--epochs 6] [--teacher-epochs 8]`: a small student of DINOv2 on the emoji, alone and with a
 * frozen teacher, with equally many views, as in docs/distil-and-raise-resolution.md. Prints each run's kNN accuracy. Runs that are there are
 * not made again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fromSource, root, setUp } from '../setup.mjs';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '.cache/distillation');
const text = (value) => ({ type: 'string', default: value });
const { values: flags } = parseArgs({ options: { seeds: text('2'), epochs: text('6'), 'teacher-epochs': text('8') } });
const networks = { large: { width: 96, depth: 3, heads: 3 }, small: { width: 64, depth: 2, heads: 2 } };

await setUp();
mkdirSync(folder, { recursive: true });
for (const [name, sizes] of Object.entries(networks)) {
  const options = JSON.stringify({ name: `${name}-vit`, imageSize: 32, patchSize: 8, ...sizes });
  writeFileSync(path.join(folder, `${name}.config.ts`), `import { visionTransformer } from '@ssl/core';\n\nexport default { network: visionTransformer(${options}) };\n`);
}
const teacher = `teacher-${flags['teacher-epochs']}`;
trained(teacher, 'large', 0, ['--epochs', flags['teacher-epochs']]);
for (let seed = 0; seed < Number(flags.seeds); seed++) {
  trained(`alone-${flags.epochs}-${seed}`, 'small', seed, ['--epochs', flags.epochs]);
  trained(`distilled-${flags.epochs}-by-${flags['teacher-epochs']}-${seed}`, 'small', seed, ['--epochs', flags.epochs, '--teacher', `runs/${teacher}`]);
}

/** Trains a run unless it is there, and prints its accuracy. */
function trained(name, network, seed, flags) {
  const summary = path.join(folder, 'runs', name, 'summary.json');
  if (!existsSync(summary)) {
    const common = ['--method', 'dinov2', '--data', 'emoji', '--image-size', '32', '--batch-size', '128', '--device', 'cpu', '--threads', '1', '--no-tensorboard'];
    const command = [...fromSource, path.join(root, 'packages/cli/src/bin.ts'), 'train', ...common, '--config', `${network}.config.ts`, '--name', name, '--seed', String(seed), ...flags];
    const { status } = spawnSync(process.execPath, command, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) process.exit(1);
  }
  const { knn } = JSON.parse(readFileSync(summary, 'utf8'));
  const percent = ({ accuracy }) => `${(100 * accuracy).toFixed(1)} %`;
  console.log(`${name.padEnd(20)} kNN ${percent(knn.trained)}, untrained ${percent(knn.untrained)}`);
}
