import { dirname, relative, resolve, sep } from 'node:path';

/** The paths below the folder that they share: file names alone where all lie in one folder. */
export function relativeNames(paths: readonly string[]): string[] {
  const absolute = paths.map((path) => resolve(path));
  let shared = dirname(absolute[0] ?? '');
  const holds = (path: string): boolean => path.startsWith(shared.endsWith(sep) ? shared : `${shared}${sep}`);
  for (const path of absolute) while (!holds(path)) shared = dirname(shared);
  return absolute.map((path) => relative(shared, path).replaceAll(sep, '/'));
}
