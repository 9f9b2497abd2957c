/** Markup that is safe to put into a page. Only {@link html} and {@link trusted} make it. */
export interface Html {
  readonly markup: string;
}

export type HtmlValue = string | number | Html | null | undefined | false | readonly HtmlValue[];

/**
 * A template whose values are escaped; markup of other templates goes in as it is, lists are joined, nothing is left out silently
 * but `null`, `undefined` and `false`.
 *
 * @example
 * html`<b>${'<script>'}</b>`.markup; // '<b>&lt;script&gt;</b>'
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { markup: parts.reduce((page, part, i) => page + markupOf(values[i - 1]) + part) };
}

/** Marks a string as markup: for what a library made and escaped. */
export function trusted(markup: string): Html {
  return { markup };
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('markup' in value) return value.markup;
  return value.map(markupOf).join('');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Names of files may hold controls, which HTML forbids, and marks that turn the direction of the text after them: U+FFFD in their place. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g; // eslint-disable-line no-control-regex

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!).replace(controls, '\ufffd');
}
