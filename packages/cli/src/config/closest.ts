import { closest as nearestWord, distance } from 'fastest-levenshtein';

/** The known word that was probably meant by `word`, or nothing where none is near. */
export function closest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
  const same = known.find((candidate) => plain(candidate) === plain(word));
  if (same !== undefined) return same;
  const candidate = nearestWord(word, [...known]);
  return distance(word, candidate) <= Math.max(2, Math.floor(word.length / 3)) ? candidate : undefined;
}

/** ` Did you mean 'epochs'?`, or nothing: the end of a message about an unknown word. */
export function didYouMean(word: string, known: readonly string[]): string {
  const candidate = closest(word, known);
  return candidate === undefined ? '' : ` Did you mean '${candidate}'?`;
}
