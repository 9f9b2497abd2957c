import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassedOverTally } from '../passed-over.js';
import { roleOf } from './class-folders.js';
import { extensionOf, imageExtensions, isCompanion, reasonOfUnread } from './image-endings.js';
import { naturalOrder } from './natural-order.js';

/** The files of a folder with an ending (`.tar`), in natural order; what lies beside them is counted as passed over. */
export async function filesOfFolder(folder: string, ending: string, tally: PassedOverTally): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    const extension = extensionOf(name);
    if (entry.isDirectory()) {
      const inside = await readdir(join(folder, name)).catch((): string[] => []);
      for (const file of inside) if (extensionOf(file) === ending) tally.add(`${ending} file`, 'in a folder below, not read; name that folder too', `${name}/${file}`);
      continue;
    }
    const reason = reasonOfUnread(extension);
    if (extension === ending) found.push(name);
    else if (imageExtensions.has(extension)) tally.add('image', `beside the ${ending} files, not read; name a folder of images for it`, name);
    else if (reason !== undefined) tally.add(`${extension} file`, reason, name);
    else if (isCompanion(extension)) tally.add(`${extension} file`, 'no image', name, { mayBeImages: false });
  }
  return found.sort(naturalOrder).map((name) => join(folder, name));
}

/** What people should know where files for training and for a test are read as one: `train-00000.parquet` beside `test-00000.parquet`. */
export function partsOfFiles(names: readonly string[]): string[] {
  const roles = new Map<string, string>();
  for (const name of names) {
    const role = roleOf(/^[^\d.]*/.exec(name)?.[0].replace(/[-_](of)?[-_]?$/, '') ?? '');
    if (role !== undefined && !roles.has(role)) roles.set(role, name);
  }
  if (!roles.has('training') || roles.size < 2) return [];
  return [`files of several parts are read as one set (${[...roles.values()].join(', ')}); name the files of one part to keep the other for the test`];
}
