import { defaultServerConditions } from 'vite';
import { defineProject, type UserWorkspaceConfig } from 'vitest/config';

/** Vitest configuration of one package: sources of the workspace are used directly, each test file in a process of its own. */
export function packageConfig(name: string): UserWorkspaceConfig {
  return defineProject({
    ssr: { resolve: { conditions: ['@ssl/source', ...defaultServerConditions] } },
    test: {
      name,
      include: ['src/**/*.test.ts'],
      pool: 'forks',
      testTimeout: 60_000,
      hookTimeout: 300_000,
    },
  });
}
