import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';

/** Imports a package as a module in `folder` would, or gives nothing where it is not installed there. */
export async function importFrom(folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const parentURL = pathToFileURL(resolve(folder, 'noop.js')).href;
  const found = createJiti(parentURL).esmResolve(name, { parentURL, try: true });
  return found === undefined ? undefined : ((await import(found)) as Record<string, unknown>);
}
