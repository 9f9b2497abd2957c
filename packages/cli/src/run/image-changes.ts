import { formatCount } from '../progress/format.js';
import type { ImageList } from './data-fingerprint.js';

const listed = 3;

/**
 * Says how images differ from those of a list: how many came, went, or have another content or label, with the first names.
 *
 * @returns Nothing where they are the same.
 * @example imageChanges(before, now) // '1 is new (d.png), 2 are gone (a.png, b.png)'
 */
export function imageChanges(before: ImageList, now: ImageList): string | undefined {
  if (before.size !== now.size && (before.names.length < before.size || now.names.length < now.size)) {
    return `there are ${formatCount(now.size)} instead of ${formatCount(before.size)}`;
  }
  const [there, here] = [byName(before), byName(now)];
  const added = missing(here, there);
  const gone = missing(there, here);
  const both = [...there].flatMap(([name, old]) => old.slice(0, here.get(name)?.length ?? 0).map((image, i) => ({ name, old: image, now: here.get(name)![i]! })));
  const changed = both.filter((pair) => isChanged(pair.old, pair.now)).map(({ name }) => name);
  const labelled = both.filter((pair) => pair.old.label !== pair.now.label).map(({ name }) => name);
  const parts = [
    count(added, 'is new', 'are new'),
    count(gone, 'is gone', 'are gone'),
    count(changed, 'has another content', 'have another content'),
    count(labelled, 'has another class', 'have another class'),
  ].filter((part) => part !== undefined);
  if (parts.length > 0) return parts.join(', ');
  if (before.names.some((name, at) => name !== now.names[at])) return 'they come in another order';
  return before.channels === now.channels ? undefined : `they have ${String(now.channels)} channels instead of ${String(before.channels)}`;
}

interface Image {
  readonly label: string | undefined;
  readonly stamp: string;
  readonly content: string;
}

/** Images of one name, in their order: mixed data repeat them. */
function byName({ names, labels, classes, stamps, contents }: ImageList): Map<string, Image[]> {
  const images = new Map<string, Image[]>();
  for (const [at, name] of names.entries()) {
    const image = { label: classes[labels[at] ?? -1], stamp: stamps[at] ?? '', content: contents[at] ?? '' };
    const same = images.get(name);
    if (same === undefined) images.set(name, [image]);
    else same.push(image);
  }
  return images;
}

function missing(from: Map<string, Image[]>, other: Map<string, Image[]>): string[] {
  return [...from].flatMap(([name, { length }]) => Array<string>(Math.max(0, length - (other.get(name)?.length ?? 0))).fill(name));
}

/** The content decides where both were read; else what can be seen without reading. */
function isChanged(old: Image, now: Image): boolean {
  return old.content !== '' && now.content !== '' ? old.content !== now.content : old.stamp !== '' && now.stamp !== '' && old.stamp !== now.stamp;
}

function count(names: readonly string[], one: string, several: string): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, listed).map((name) => name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?'));
  return `${formatCount(names.length)} ${names.length === 1 ? one : several} (${shown.join(', ')}${names.length > listed ? ', …' : ''})`;
}
