import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'tools/vitest.config.ts'],
    reporters: ['default', './tools/count-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
