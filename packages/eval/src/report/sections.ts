import { curveChart } from './curve-chart.js';
import { html, type Html } from './html.js';
import type { JsonValue, ReportCurve, ReportFact, ReportNeighbour, ReportNeighbours, ReportPictures, ReportStep, ReportViews } from './report-data.js';
import { tile } from './tile.js';

export function factsList(facts: readonly ReportFact[]): Html {
  return html`<dl class="facts">${facts.map(({ label, value, note }) => html`<div><dt>${label}</dt><dd>${value}${note !== undefined && html`<small>${note}</small>`}</dd></div>`)}</dl>`;
}

export function curvesSection(curves: readonly ReportCurve[]): Html {
  return html`<section id="training">
<h2>Training</h2>
<p class="small">Over optimizer steps.${curves.some(({ smooth }) => smooth) && ' Pale: single steps; strong: moving average.'}</p>
<div class="charts">${curves.map((curve, i) => {
    const last = curve.values.findLast((value) => value !== null);
    return html`<figure aria-label="${curve.name}"><h3>${curve.name}${curve.unit !== undefined && html` <span class="small">${curve.unit}</span>`}</h3>
<p class="small">${curve.description}${last !== undefined && last !== null && html` Last: ${Number(last.toPrecision(4))}.`}</p>
${curveChart(curve, `chart-${String(i + 1)}`)}</figure>`;
  })}</div>
</section>`;
}

export function neighboursSection({ sheet, caption, rankings, queries }: ReportNeighbours): Html {
  return html`<section id="neighbours">
<h2>Nearest neighbours</h2>
<p class="small">${caption} Below each picture its cosine similarity to the query${queries.some(({ label }) => label !== undefined) && '; ✓ and a green frame: of the query’s class, ✗ and red: of another'}.</p>
<div class="gallery">${queries.map(
    (query) => html`<div class="query"><div>${tile('sheet-neighbours', sheet, query.tile, query.label ?? 'query')}${query.label}</div>
<div>${rankings.map((name, i) => html`<div class="ranking"><b>${name}</b><div class="tiles">${(query.neighbours[i] ?? []).map((neighbour) => hit(neighbour, sheet))}</div></div>`)}</div></div>`,
  )}</div>
</section>`;
}

function hit({ tile: index, similarity, label, sameClass }: ReportNeighbour, sheet: ReportNeighbours['sheet']): Html {
  const state = sameClass === undefined ? '' : sameClass ? 'same' : 'other';
  const mark = sameClass === undefined ? null : html` <b>${sameClass ? '✓' : '✗'}</b>`;
  return html`<div class="hit ${state}">${tile('sheet-neighbours', sheet, index, label ?? 'neighbour')}${similarity.toFixed(2)}${mark}</div>`;
}

export function viewsSection({ sheet, images }: ReportViews): Html {
  return html`<section id="views">
<h2>What the network sees</h2>
<p class="small">Each picture and the views that training makes of it. Views of one picture must be recognised as belonging together.</p>
<div class="gallery">${images.map(
    ({ name, original, views }) => html`<div class="query"><div>${tile('sheet-views', sheet, original, name ?? 'original')}${name ?? 'original'}</div>
<div class="tiles">${views.map((view, i) => tile('sheet-views', sheet, view, `view ${String(i + 1)}`))}</div></div>`,
  )}</div>
</section>`;
}

/** Rows of pictures with the names of the columns above each picture. */
export function picturesSection(pictures: ReportPictures, sheetName: string): Html {
  if ('missing' in pictures) return html`<section class="pictures"><h2>${pictures.title}</h2><p class="small">${pictures.missing}</p></section>`;
  const { title, caption, sheet, columns, names } = pictures;
  const rows = Array.from({ length: Math.floor(sheet.count / columns.length) }, (_, row) => row);
  return html`<section class="pictures">
<h2>${title}</h2>
${caption !== undefined && html`<p class="small">${caption}</p>`}
<div class="scroll"><table class="grid"><thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${columns.map((name, column) => html`<td>${tile(sheetName, sheet, row * columns.length + column, `${names?.[row] ?? `image ${String(row + 1)}`}: ${name}`)}</td>`)}</tr>`)}</tbody></table></div>
</section>`;
}

export function keysSection(title: string, value: JsonValue): Html {
  return html`<section><h2>${title}</h2><div class="scroll"><table class="keys"><tbody>${flatten(value).map(
    ([key, text]) => html`<tr><th scope="row">${key}</th><td>${text}</td></tr>`,
  )}</tbody></table></div></section>`;
}

export function warningsSection(warnings: readonly string[]): Html {
  return html`<section class="warnings"><h2>Worth knowing</h2><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></section>`;
}

export function stepsSection(steps: readonly ReportStep[]): Html {
  return html`<section id="next"><h2>What next</h2><ol class="steps">${steps.map(
    ({ text, command }) => html`<li>${text}${command !== undefined && html`<pre><code>${command}</code></pre>`}</li>`,
  )}</ol></section>`;
}

/** Nested settings as dotted paths. */
export function flatten(value: JsonValue, path = ''): [string, string][] {
  if (value === null || typeof value !== 'object') return [[path, String(value)]];
  if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    if (list.every((item) => item === null || typeof item !== 'object')) return [[path, list.join(', ')]];
  }
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner as JsonValue, path === '' ? key : `${path}.${key}`));
}
