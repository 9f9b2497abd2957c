import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

// The dependency law of docs/architecture.md: who may import whom.
const dependencyLaw = [
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:backend', onlyDependOnLibsWithTags: ['type:core', 'type:backend'] },
  { sourceTag: 'type:data', onlyDependOnLibsWithTags: ['type:core', 'type:data'] },
  { sourceTag: 'type:augment', onlyDependOnLibsWithTags: ['type:core', 'type:augment'] },
  { sourceTag: 'type:method', onlyDependOnLibsWithTags: ['type:core', 'type:augment'] },
  { sourceTag: 'type:weights', onlyDependOnLibsWithTags: ['type:core', 'type:weights'] },
  { sourceTag: 'type:eval', onlyDependOnLibsWithTags: ['type:core', 'type:eval'] },
  { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['*'] },
];

/** Tests may use a device; nothing else may. */
const dependencyLawOfTests = dependencyLaw.map(({ sourceTag, onlyDependOnLibsWithTags }) => ({
  sourceTag,
  onlyDependOnLibsWithTags:
    sourceTag === 'type:core' ? onlyDependOnLibsWithTags : [...new Set([...onlyDependOnLibsWithTags, sourceTag, 'type:backend', 'type:augment'])],
}));

const engines = {
  group: [
    '@tensorflow/tfjs',
    '@tensorflow/tfjs/*',
    '@tensorflow/tfjs-node*',
    '@tensorflow/tfjs-backend-*',
    '@tensorflow/tfjs-core/dist/*',
    'koffi',
  ],
  message: 'Only @ssl/backend touches an engine; use @tensorflow/tfjs-core and @ssl/core/ops.',
};

const boundaries = (depConstraints) => [
  'error',
  { enforceBuildableLibDependency: true, allowCircularSelfDependency: true, allow: [], depConstraints },
];

export default tseslint.config(
  {
    name: 'ssl/ignored',
    ignores: ['**/dist/**', '**/out-tsc/**', '**/node_modules/**', '.nx/**', 'runs/**', '**/__fixtures__/**', '**/*.timestamp-*', '.venv/**', 'tools/bench/.venv/**'],
  },
  { name: 'ssl/options', linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { ...eslint.configs.recommended, name: 'ssl/javascript' },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    name: 'ssl/typescript',
    files: ['packages/*/src/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off', // tensor trees need type aliases: interfaces have no index signature
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off', // index access inside a checked range, under noUncheckedIndexedAccess
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': 'off', // public functions check at run time what the types promise: callers may be JavaScript
      '@typescript-eslint/no-unnecessary-type-assertion': 'off', // tfjs returns the generic its caller asserts; `as Tensor2D` reads better than its type argument
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      'no-console': 'error',
    },
  },
  {
    name: 'ssl/engine-imports',
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/backend/src/**', 'packages/core/src/**/*.test.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [engines] }] },
  },
  {
    name: 'ssl/boundaries',
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/*/src/**/*.test.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': boundaries(dependencyLaw) },
  },
  {
    name: 'ssl/boundaries-of-tests',
    files: ['packages/*/src/**/*.test.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': boundaries(dependencyLawOfTests) },
  },
  {
    name: 'ssl/untyped-files',
    files: ['**/*.{js,mjs}', '**/vitest*.ts', 'tools/**/*.ts', 'packages/*/bin/**', 'packages/*/scripts/**', 'packages/*/*.ts'],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, '@typescript-eslint/no-non-null-assertion': 'off' },
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: Object.fromEntries(
        ['console', 'process', 'URL', 'Buffer', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'fetch', 'AbortController', 'TextDecoder', 'TextEncoder', 'structuredClone', 'setImmediate'].map((name) => [name, 'readonly']),
      ),
    },
  },
);
