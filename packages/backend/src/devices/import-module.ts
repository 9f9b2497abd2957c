import { createRequire } from 'node:module';

/** Loads optional packages by name; replaced in tests. */
export interface ImportModule {
  (name: string): Promise<unknown>;
  /** True where the package can be resolved, without loading it. */
  isInstalled(name: string): boolean;
}

/** Looks beside @ssl/backend first, then in the user's own project. */
export const importModule: ImportModule = Object.assign(
  (name: string): Promise<unknown> => import(resolve(name) ?? name),
  { isInstalled: (name: string) => resolve(name) !== undefined },
);

function resolve(name: string): string | undefined {
  for (const place of [import.meta.url, `${process.cwd()}/package.json`]) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // not there; the next place
    }
  }
  return undefined;
}
