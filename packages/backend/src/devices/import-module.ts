import { createRequire } from 'node:module';

/** Loads optional packages by name; replaced in tests. */
export interface ImportModule {
  (name: string): Promise<unknown>;
  /** True where the package can be resolved, without loading it. */
  isInstalled(name: string): boolean;
}

const fromHere = createRequire(import.meta.url);
const fromProject = createRequire(`${process.cwd()}/package.json`);

/** Looks beside @ssl/backend first, then in the user's own project. */
export const importModule: ImportModule = Object.assign(
  async (name: string): Promise<unknown> => {
    const path = resolve(name);
    const loaded = (await import(path ?? name)) as { default?: unknown };
    return loaded;
  },
  { isInstalled: (name: string) => resolve(name) !== undefined },
);

function resolve(name: string): string | undefined {
  for (const require of [fromHere, fromProject]) {
    try {
      return require.resolve(name);
    } catch {
      // not there; the next place
    }
  }
  return undefined;
}
