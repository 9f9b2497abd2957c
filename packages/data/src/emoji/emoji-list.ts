/** An icon set as `icons.json` of an iconify package holds it; only what is used here. */
export interface IconSet {
  readonly icons: Readonly<Record<string, Icon>>;
  readonly aliases?: Readonly<Record<string, { readonly parent: string; readonly hFlip?: boolean; readonly vFlip?: boolean; readonly rotate?: number }>>;
  readonly width?: number;
  readonly height?: number;
}

export interface Icon {
  readonly body: string;
  readonly width?: number;
  readonly height?: number;
  readonly hidden?: boolean;
}

/** One style: its icons, and the names of each category where the package has them. */
export interface StyleContent {
  readonly style: string;
  readonly set: IconSet;
  readonly categories: Readonly<Record<string, readonly string[]>>;
}

export interface EmojiEntry {
  readonly style: string;
  readonly name: string;
  readonly category: string;
  /** What is drawn: the same in every style. */
  readonly concept: string;
}

/** Styles whose categories count: they follow Unicode's nine groups, older ones have groups of their own. */
const categoryStyles: ReadonlySet<string> = new Set(['noto', 'twemoji']);
const tones = ['light', 'medium-light', 'medium', 'medium-dark', 'dark'];

/**
 * Joins the styles: one entry for each concept and style that has it. A concept is the CLDR name without hyphens, aliases of
 * any style joined. Skin tones, hidden icons, and icons of no known category are left out.
 */
export function emojiList(styles: readonly StyleContent[]): EmojiEntry[] {
  const conceptOf = joinAliases(styles);
  const categoryOf = new Map<string, string>();
  for (const { style, categories } of styles) {
    if (!categoryStyles.has(style)) continue;
    for (const [category, names] of Object.entries(categories)) {
      for (const name of names) {
        const concept = conceptOf(name);
        if (!categoryOf.has(concept)) categoryOf.set(concept, category);
      }
    }
  }
  const entries: EmojiEntry[] = [];
  for (const { style, set } of styles) {
    const seen = new Set<string>();
    for (const [name, icon] of Object.entries(set.icons)) {
      const concept = conceptOf(name);
      const category = categoryOf.get(concept);
      if (category === undefined || icon.hidden === true || seen.has(concept) || isSkinTone(name, set)) continue;
      seen.add(concept);
      entries.push({ style, name, category, concept });
    }
  }
  return entries;
}

const slug = (name: string): string => name.replaceAll('-', '');

/** Maps a name to the concept that stands for it and all its aliases. */
function joinAliases(styles: readonly StyleContent[]): (name: string) => string {
  const parents = new Map<string, string>();
  const root = (concept: string): string => {
    let at = concept;
    for (let next = parents.get(at); next !== undefined; next = parents.get(at)) at = next;
    return at;
  };
  for (const { set } of styles) {
    for (const [name, { parent, hFlip, vFlip, rotate }] of Object.entries(set.aliases ?? {})) {
      if (hFlip === true || vFlip === true || rotate !== undefined) continue; // another picture
      const [from, to] = [root(slug(name)), root(slug(parent))];
      if (from !== to) parents.set(from, to);
    }
  }
  return (name) => root(slug(name));
}

/** `…-dark-skin-tone`; or `x-dark` where `x` comes in all five tones (Fluent's names). */
function isSkinTone(name: string, { icons }: IconSet): boolean {
  if (name.includes('skin-tone')) return true;
  const tone = tones.filter((one) => name.endsWith(`-${one}`)).sort((a, b) => b.length - a.length)[0];
  if (tone === undefined) return false;
  const base = name.slice(0, -tone.length);
  return tones.every((one) => icons[base + one] !== undefined);
}
