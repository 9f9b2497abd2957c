import { naturalOrder } from './natural-order.js';
import type { FolderSection } from './scan-folder.js';

/** A folder that is a part of a set: `train`, `val`. */
export interface SetPart {
  /** Path below the data's folder. */
  readonly folder: string;
  /** Number of its images. */
  readonly images: number;
  readonly role: 'training' | 'validation' | 'test' | 'other';
  /** Whether folders below it are classes. */
  readonly labelled: boolean;
}

/** Which folders are classes, found by their names. */
export interface ClassFolders {
  /** Names of the classes in natural order; empty where no folders are classes. */
  readonly classes: readonly string[];
  /** Number of the class of a folder and all below it, by its path (one character for each byte); -1: none. */
  readonly labelOf: (folder: string) => number;
  /** Parts of the set, where there are some: the classes are the folders below them. */
  readonly parts: readonly SetPart[];
  /** What people should know: which folders were not taken as classes, and why. */
  readonly notes: readonly string[];
  /** Folders beside the classes that hold no image. */
  readonly empty: readonly string[];
}

interface Node {
  readonly path: string;
  /** Images that lie in it, and those below it too. */
  own: number;
  total: number;
  readonly children: Map<string, Node>;
}

/** Deeper folders belong to a class in any case. */
const deepest = 6;

/**
 * Finds the classes of a folder of images. They are its folders that hold images, where there are two or more, unless their names
 * say that they are something else: parts of a set (`train`, `val`, `unlabeled`), pieces (`part_000`, `shard-1`, `batch_2`), or what lies beside
 * labels (`images` and `masks`): then the folders below are looked at, all parts together; so they are below a folder that stands alone. Dates are no classes.
 *
 * @param empty Paths of folders without images and without folders.
 */
export function classFolders(sections: Iterable<FolderSection>, empty: readonly string[]): ClassFolders {
  const top = treeOf(sections);
  const parts: Omit<SetPart, 'labelled'>[] = [];
  const notes: string[] = [];
  const { groups, roots } = choose([top], { parts, notes });
  const classes = [...groups.keys()].sort(naturalOrder);
  const labels = new Map(classes.flatMap((name, label) => (groups.get(name) ?? []).map(({ path }) => [path, label] as const)));
  const depths = [...new Set([...labels.keys()].map((path) => path.split('/').length))];
  const labelOf = (folder: string): number => {
    const names = folder.split('/');
    for (const depth of depths) {
      const label = depth <= names.length ? labels.get(names.slice(0, depth).join('/')) : undefined;
      if (label !== undefined) return label;
    }
    return -1;
  };
  const rootPaths = new Set(roots.map(({ path }) => path));
  const below = (folder: string): boolean => [...labels.keys()].some((path) => text(path).startsWith(`${folder}/`));
  const beside = classes.length === 0 ? [] : empty.filter((path) => rootPaths.has(path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  return { classes: classes.map(text), labelOf, parts: parts.map((part) => ({ ...part, labelled: below(part.folder) })), notes, empty: beside.map(text) };
}

function treeOf(sections: Iterable<FolderSection>): Node {
  const node = (path: string): Node => ({ path, own: 0, total: 0, children: new Map<string, Node>() });
  const top = node('');
  for (const { folder, start, end } of sections) {
    const names = folder === '' ? [] : folder.split('/', deepest);
    let at = top;
    at.total += end - start;
    for (const name of names) {
      let child = at.children.get(name);
      if (child === undefined) at.children.set(name, (child = node(at.path === '' ? name : `${at.path}/${name}`)));
      child.total += end - start;
      at = child;
    }
    at.own += end - start;
  }
  return top;
}

interface Found {
  readonly parts: Omit<SetPart, 'labelled'>[];
  readonly notes: string[];
}

interface Chosen {
  readonly groups: ReadonlyMap<string, readonly Node[]>;
  /** The folders whose folders are the classes. */
  readonly roots: readonly Node[];
}

const nothing: Chosen = { groups: new Map(), roots: [] };

/** Classes below some folders that belong together: folders of one name in several of them are one class. */
function choose(given: readonly Node[], found: Found): Chosen {
  const roots = given.map(unwrapped);
  const groups = new Map<string, Node[]>();
  for (const { children } of roots) for (const [name, child] of children) groups.set(name, [...(groups.get(name) ?? []), child]);
  const names = [...groups.keys()].sort(naturalOrder);
  const below = (kept: (name: string) => boolean = () => true): Node[] => names.filter(kept).flatMap((name) => groups.get(name) ?? []);
  if (names.length === 0) return nothing;
  if (areParts(names)) {
    if (found.parts.length === 0) {
      for (const name of names) for (const { path, total } of groups.get(name) ?? []) found.parts.push({ folder: text(path), images: total, role: roleOf(name) ?? 'other' });
    }
    return choose(below((name) => !isAnnotation(name)), found);
  }
  if (arePieces(names)) {
    found.notes.push(`${listed(names)} are taken for pieces of one set, not for classes`);
    return choose(below(), found);
  }
  if (names.length > 1 && names.every(isDate)) {
    found.notes.push(`${listed(names)} are taken for dates, not for classes`);
    return nothing;
  }
  const annotations = names.filter(isAnnotation);
  if (annotations.length > 0 && annotations.length < names.length && names.every((name) => isAnnotation(name) || isWrapper(name))) {
    found.notes.push(`${listed(names)} are not taken for classes; the images in ${listed(annotations)} are used like the others, so name a folder of images alone where they are masks or labels`);
    return choose(below((name) => !isAnnotation(name)), found);
  }
  if (names.length > 1) return { groups, roots };
  return roots.every(({ own }) => own === 0) ? choose(below(), found) : nothing;
}

/** Where a folder holds nothing but one that is named `images`, that one. */
function unwrapped(node: Node): Node {
  const [only] = node.children;
  if (node.own > 0 || node.children.size !== 1 || only === undefined || !isWrapper(only[0])) return node;
  return unwrapped(only[1]);
}

const roles: readonly (readonly [RegExp, SetPart['role']])[] = [
  [/^(train|training|trn)$/, 'training'],
  [/^(val|valid|validation|validate|dev|devel|development)$/, 'validation'],
  [/^(test|testing|tst|eval|evaluation|holdout|heldout)$/, 'test'],
  [/^(unlabell?ed|labell?ed|unsup|unsupervised|sup|supervised|extra|pretrain|pretraining|finetune|finetuning)$/, 'other'],
];

/** The part that a folder's name says it is: `train`, `Train_Set`, `val2017`, `test images`. */
export function roleOf(name: string): SetPart['role'] | undefined {
  const bare = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const core = bare.replace(/^(imagenet|ilsvrc|coco)(?=.)/, '').replace(/(?<=.)(?:sets?|data|images?|imgs?|split|part|folder)+$/, '');
  return roles.find(([pattern]) => pattern.test(core) || pattern.test(bare))?.[1];
}

/** True where all names are those of parts, or one is for training and another for a test. */
function areParts(names: readonly string[]): boolean {
  const found = names.map(roleOf);
  if (names.length > 1 && found.every((role) => role !== undefined)) return true;
  return found.includes('training') && (found.includes('validation') || found.includes('test'));
}

const pieceStem = /^(?:part|shard|chunk|batch|split|fold|subset|block|piece|bucket|partition|images?|imgs?|pictures?|pics?|photos?|data|folder|dir|directory|disc|disk|volume)$/;

/** `part_000`, `Shard-1`, `fold a`, `00003-of-00012`, folders of cameras, and buckets of a hash (`00` … `ff`). */
function arePieces(names: readonly string[]): boolean {
  if (names.length < 2) return false;
  const lower = names.map((name) => name.toLowerCase());
  if (lower.every((name) => /^(?:[a-z]+[-_ .]?)?\d+[-_ ]of[-_ ]\d+$/.test(name))) return true;
  if (names.every((name) => /^\d{3}[A-Z_][A-Z0-9_]{4}$/.test(name))) return true; // 100APPLE, 101_PANA: cameras start a new one every some thousand images
  const stems = new Set(lower.map((name) => /^([a-z]+)[-_ .]*(?:\d+|\(\d+\)|(?<=[-_ .])[a-z])$/.exec(name)?.[1] ?? ''));
  if (stems.size === 1 && pieceStem.test([...stems][0] ?? '')) return true;
  const [first = ''] = lower;
  return (
    lower.length >= 16 && lower.every((name) => name.length === first.length && /^[0-9a-f]{1,4}$/.test(name)) &&
    lower.some((name) => /[a-f]/.test(name)) && lower.some((name) => /\d/.test(name))
  );
}

/** Years, months and days from 1900 to 2099. */
function isDate(name: string): boolean {
  return /^(19|20)\d\d(?:[-_. ]?(0[1-9]|1[0-2])(?:[-_. ]?([0-2]\d|3[01]))?)?$/.test(name);
}

const isWrapper = (name: string): boolean => /^(images?|imgs?|pictures?|pics?|photos?|jpegimages|jpe?gs?|pngs?|data|dataset|rgb|raw)$/i.test(name);
const isAnnotation = (name: string): boolean => /^(labels?|annotations?|annots?|masks?|segmentations?|segmentation_?(?:class|object)|gt|ground_?truth|targets?|depth|edges?|trimaps?)$/i.test(name);

function listed(names: readonly string[]): string {
  return names.slice(0, 3).map(text).join(', ') + (names.length > 3 ? ` … (${names.length} folders)` : '');
}

const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
