import { SslError } from '@ssl/core';
import { html, trusted, type Html } from './html.js';
import type { PictureSheet } from './report-data.js';

/** The style rule that holds a sheet's picture, once for the whole page. */
export function sheetRule(name: string, sheet: PictureSheet): Html {
  if (!/^data:image\/png;base64,[A-Za-z0-9+/=]+$/.test(sheet.png)) {
    throw new SslError(
      `pictures of a report need to be PNG data URIs (data:image/png;base64,…), got ${JSON.stringify(sheet.png.slice(0, 40))}. Make them with pictureSheet().`,
      { from: '@ssl/eval' },
    );
  }
  const across = (sheet.columns * (sheet.tileWidth + 2 * sheet.margin)) / sheet.tileWidth;
  return trusted(
    `.${name} { --size: var(--tile); aspect-ratio: ${String(sheet.tileWidth)} / ${String(sheet.tileHeight)}; background-image: url("${sheet.png}"); background-size: calc(var(--size) * ${fixed(across)}) auto; }\n`,
  );
}

/** One picture of a sheet. `label` is what a screen reader says and a pointer shows. */
export function tile(name: string, sheet: PictureSheet, index: number, label: string): Html {
  const scale = 1 / sheet.tileWidth;
  const left = ((index % sheet.columns) * (sheet.tileWidth + 2 * sheet.margin) + sheet.margin) * scale;
  const top = (Math.floor(index / sheet.columns) * (sheet.tileHeight + 2 * sheet.margin) + sheet.margin) * scale;
  return html`<span class="tile ${name}" role="img" aria-label="${label}" title="${label}" style="background-position: calc(var(--size) * ${fixed(-left)}) calc(var(--size) * ${fixed(-top)})"></span>`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(5)));
}
