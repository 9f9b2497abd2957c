/** Characters that a terminal obeys in place of showing them, and those that turn the direction of what follows. */
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g; // eslint-disable-line no-control-regex

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A name as it can be printed on one line: control characters, which names of files may hold, become visible and do nothing.
 *
 * @example
 * visible('a\u001b[2J.png'); // 'a\\x1b[2J.png'
 */
export function visible(name: string): string {
  return name.replace(controls, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return short[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** The same of a text that may have several lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** JSON in which the controls that JSON itself leaves as they are (from U+007F on) are escaped. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
