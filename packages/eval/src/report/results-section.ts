import { html, type Html } from './html.js';
import type { ReportResultRow, ReportResults } from './report-data.js';

/** The table of what was compared, with the best rows marked whoever they are (none where all are level), and one sentence that says how it came out. */
export function resultsSection(results: ReportResults): Html {
  const level = levelRows(results.rows);
  const best = level.length === results.rows.length && level.length > 1 ? [] : level;
  const most = Math.max(...results.rows.map(({ values }) => values[0] ?? 0), Number.MIN_VALUE);
  return html`<section id="results">
<h2>Results</h2>
<p class="small">${results.protocol}</p>
<p class="verdict">${verdict(results)}</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Features</th>${results.figures.map((figure) => html`<th scope="col" class="number">${figure}</th>`)}<td class="hide-small"></td></tr></thead>
<tbody>${results.rows.map(
    (row) => html`<tr class="${[best.includes(row) && 'best', row.ours && 'ours'].filter(Boolean).join(' ')}">
<th scope="row">${row.name}${best.includes(row) && html`<span class="badge best">best</span>`}${row.ours && html`<span class="badge ours">this run</span>`}${row.note !== undefined && html`<div class="small">${row.note}</div>`}</th>
${results.figures.map((_, i) => html`<td class="${i === 0 ? 'number first' : 'number'}">${percent(row.values[i])}${row.deviations?.[i] !== undefined && html` <span class="small deviation">± ${percent(row.deviations[i])}</span>`}</td>`)}
<td class="bar hide-small" aria-hidden="true"><i style="width: ${((100 * Math.max(row.values[0] ?? 0, 0)) / most).toFixed(1)}%"></i></td></tr>`,
  )}</tbody>
</table></div>
</section>`;
}

/** What came out, in one sentence, from the first figure alone. */
export function verdict({ rows, figures }: ReportResults): string {
  const best = bestRow(rows);
  const ours = rows.find((row) => row.ours);
  if (best === undefined) return '';
  const figure = (figures[0] ?? 'figure').toLowerCase();
  const others = rows.filter((row) => row !== ours);
  const level = levelRows(rows);
  if (level.length > 1 && level.length === rows.length) return `All are level: ${figure} ${percent(best.values[0])}.`;
  if (ours === undefined || others.length === 0) return `${best.name} is best: ${figure} ${percent(best.values[0])}.`;
  const second = bestRow(others)!;
  const gap = points((ours.values[0] ?? 0) - (second.values[0] ?? 0));
  if (level.length > 1 && level.includes(ours)) return `${listed(level.map(({ name }) => name))} are level and best: ${figure} ${percent(best.values[0])}.`;
  if (ours === best) return `${ours.name} is best: ${figure} ${percent(ours.values[0])}, ${gap} points above ${second.name}.`;
  const beaten = others.filter((row) => (ours.values[0] ?? 0) > (row.values[0] ?? 0)).map(({ name }) => name);
  const ahead = `${second.name} is best: ${figure} ${percent(second.values[0])}. ${ours.name} reaches ${percent(ours.values[0])}, ${gap} points below it`;
  return beaten.length === 0 ? `${ahead}, and beats none of the others.` : `${ahead}, and beats ${listed(beaten)}.`;
}

/** The row with the highest first figure; the first of equal ones. */
function bestRow(rows: readonly ReportResultRow[]): ReportResultRow | undefined {
  return rows.reduce<ReportResultRow | undefined>(
    (best, row) => (best === undefined || (row.values[0] ?? -Infinity) > (best.values[0] ?? -Infinity) ? row : best),
    undefined,
  );
}

/** The rows whose first figure is the highest, to the tenth of a percent that is shown. */
function levelRows(rows: readonly ReportResultRow[]): ReportResultRow[] {
  const shown = rows.map(({ values }) => Math.round(1000 * (values[0] ?? -Infinity)));
  return rows.filter((_, i) => shown[i] === Math.max(...shown));
}

export function percent(value: number | null | undefined): string {
  return value === undefined || value === null || !Number.isFinite(value) ? '–' : `${(100 * value).toFixed(1)} %`;
}

function points(difference: number): string {
  return Math.abs(100 * difference).toFixed(1);
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
