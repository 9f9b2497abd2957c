import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SslError, writeFileAtomically } from '@ssl/core';
import { renderReport } from './render-report.js';
import type { ReportData } from './report-data.js';

/**
 * Writes the page and, beside it, `report.json`, from which it can be built again, and the rows of pictures as PNG files named after
 * their titles (`reconstructions.png`). Each file is there whole or not at all.
 *
 * @param path Of the page: `runs/quickstart/report.html`.
 */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  const page = renderReport(data);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(join(dirname(path), 'report.json'), Buffer.from(`${JSON.stringify(data)}\n`));
  for (const grid of data.pictures ?? []) {
    if (!('missing' in grid)) await writeFileAtomically(join(dirname(path), pictureFile(grid.title)), Buffer.from(grid.sheet.png.replace(/^data:image\/png;base64,/, ''), 'base64'));
  }
  await writeFileAtomically(path, Buffer.from(page));
}

/** 'Attention of the last block' -> 'attention-of-the-last-block.png'. */
function pictureFile(title: string): string {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `${name === '' ? 'pictures' : name}.png`;
}

/**
 * Reads a `report.json`.
 *
 * @throws SslError where it is not one of this version.
 */
export async function readReport(path: string): Promise<ReportData> {
  const text = await readFile(path, 'utf8');
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new SslError(`${path} needs to be JSON, and is not: ${(error as Error).message}. Write the report again.`, { from: '@ssl/eval', cause: error });
  }
  const version = typeof data === 'object' && data !== null && 'version' in data ? data.version : undefined;
  if (version !== 'ssl-report/1') {
    throw new SslError(`${path} needs to be a report of version ssl-report/1, got ${JSON.stringify(version) ?? 'none'}. Write it again with this version.`, { from: '@ssl/eval' });
  }
  return data as ReportData;
}
