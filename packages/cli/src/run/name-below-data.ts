import { dirname, resolve } from 'node:path';

/**
 * Makes the names of images independent of where the data lie: below the folder, or after the file, that `--data` named. Unlike
 * `Dataset.nameOf`, which keeps the name of a file and the absolute paths of a list, it is the same when the data are moved or renamed.
 *
 * @param sources What `--data` named, absolute.
 * @example nameBelowData(['/home/me/photos'])('/home/me/photos/cats/1.jpg') // 'cats/1.jpg'
 */
export function nameBelowData(sources: readonly string[]): (described: string) => string {
  const roots = sources.map((source, number) => ({ root: rootOf(source), mark: sources.length > 1 ? `${String(number + 1)}:` : '' })).sort((a, b) => b.root.length - a.root.length);
  return (described) => {
    const found = roots.find(({ root }) => described.startsWith(root) && /^[/:[]|^$/.test(described.slice(root.length, root.length + 1)));
    return found === undefined ? described : `${found.mark}${described.slice(found.root.length).replace(/^\//, '')}`;
  };
}

function rootOf(source: string): string {
  const [, format, path = source] = /^([a-z0-9]+):(.*)$/s.exec(source) ?? [];
  if (!path.includes('/')) return path; // a set by its name
  const isList = format === 'list' || (format === undefined && /\.(txt|tsv|list)$/i.test(path));
  const isRange = /\{\d+\.\.\d+\}/.test(path);
  return isList || isRange ? dirname(resolve(path)) : resolve(path);
}
