import method from './method.mjs';
import { namesOf } from './names.mjs';
import { packageReadme } from './templates/page.mjs';

/** `nx g ./tools/generators:method-package NAME` */
export default function methodPackage(tree, options) {
  const names = namesOf(options.name);
  const folder = `packages/${names.name}`;
  if (tree.exists(`${folder}/package.json`)) throw new Error(`${folder} is there already. Add a method to it with nx g ./tools/generators:method.`);
  const json = (file, value) => tree.write(file, `${JSON.stringify(value, undefined, 2)}\n`);
  const references = (...of) => of.map((name) => ({ path: `../${name}/tsconfig.lib.json` }));
  json(`${folder}/package.json`, {
    name: `@ssl/${names.name}`,
    version: '0.1.0',
    description: `The method ${names.name}`,
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { '@ssl/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['dist', '!dist/**/*.tsbuildinfo', 'src', '!src/**/*.test.ts', '!src/**/__fixtures__'],
    engines: { node: '>=20.19' },
    nx: { tags: ['type:method'] },
    dependencies: { '@ssl/augment': 'workspace:>=0.1.0 <1.0.0' },
    peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0', '@ssl/core': 'workspace:>=0.1.0 <1.0.0' },
    devDependencies: { '@tensorflow/tfjs-core': 'catalog:', '@ssl/core': 'workspace:*', '@ssl/backend': 'workspace:*' },
  });
  const extended = { extends: '../../tsconfig.base.json' };
  json(`${folder}/tsconfig.json`, { ...extended, files: [], references: [{ path: './tsconfig.lib.json' }, { path: './tsconfig.test.json' }] });
  json(`${folder}/tsconfig.lib.json`, {
    ...extended,
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/tsconfig.lib.tsbuildinfo' },
    include: ['src/**/*.ts'],
    exclude: ['src/**/*.test.ts'],
    references: references('core', 'augment'),
  });
  json(`${folder}/tsconfig.test.json`, {
    ...extended,
    compilerOptions: { rootDir: 'src', outDir: 'out-tsc/test' },
    include: ['src/**/*.test.ts'],
    references: [{ path: './tsconfig.lib.json' }, ...references('core', 'augment', 'backend')],
  });
  tree.write(`${folder}/vitest.config.ts`, `import { packageConfig } from '../../tools/vitest.shared.ts';\n\nexport default packageConfig('${names.name}');\n`);
  tree.write(`${folder}/src/index.ts`, `/** What \`ssl train --method\` finds in this package. */\nexport const methods = [] as const;\n`);
  tree.write(`${folder}/README.md`, packageReadme(names));
  const root = JSON.parse(tree.read('tsconfig.json', 'utf8'));
  json('tsconfig.json', { ...root, references: [...root.references, { path: `./${folder}` }] });
  const overview = tree.read('docs/README.md', 'utf8');
  const row = `| [@ssl/${names.name}](../${folder}/README.md) | ${names.name} |`;
  const last = overview.split('\n').findLast((line) => line.startsWith('| [@ssl/'));
  tree.write('docs/README.md', overview.replace(last, `${last}\n${row}`));
  method(tree, { name: names.name, package: names.name });
  return () => console.log(`Next: pnpm install, then npm test -- --project ${names.name}`);
}
