/**
 * True for a test's title into which a template put a value that it did not have: `$name` of a record without it is
 * `undefined`, an object is `[object Object]`, a function its source. Titles that mean these words are written in others.
 */
export function isTitleOfNothing(title: string): boolean {
  return /\bundefined\b|\[object \w+\]|__vite_ssr_import|\bNaN x NaN\b/.test(title);
}
