/** `(0.5, 0.25)`; with one value `(0.5,)`. */
export function pythonTuple(values: readonly number[]): string {
  return `(${values.map(String).join(', ')}${values.length === 1 ? ',' : ''})`;
}

/** `True` or `False`. */
export function pythonBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

/** A text as Python reads it: in single quotes, where nothing in it has to be escaped. */
export function pythonString(text: string): string {
  return /^[^'"\\\p{C}]*$/u.test(text) ? `'${text}'` : JSON.stringify(text);
}
