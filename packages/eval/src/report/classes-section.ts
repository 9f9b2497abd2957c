import { html, trusted, type Html } from './html.js';
import { percent } from './results-section.js';
import type { ReportClasses } from './report-data.js';

/** Result of each class, and which classes were taken for which. */
export function classesSection({ name, classes, confusion }: ReportClasses): Html {
  return html`<section id="classes">
<h2>Classes</h2>
<p class="small">${name}. Recall: part of a class that was recognised; precision: part of the answers for it that was right.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Class</th><th scope="col" class="number">Images</th><th scope="col" class="number">Recall</th><th scope="col" class="number">Precision</th></tr></thead>
<tbody>${classes.map((row) => html`<tr><th scope="row">${row.name}</th><td class="number">${row.support}</td><td class="number">${percent(row.recall)}</td><td class="number">${percent(row.precision)}</td></tr>`)}</tbody>
</table></div>
${confusion !== undefined && confusion.length <= mostClassesShown && confusionTable(classes, confusion)}
</section>`;
}

/** A larger table says nothing to the eye. */
const mostClassesShown = 30;

function confusionTable(classes: ReportClasses['classes'], confusion: NonNullable<ReportClasses['confusion']>): Html {
  return html`<details><summary>Confusion: rows are true classes, columns answers</summary><div class="scroll"><table class="confusion">
<thead><tr><th></th>${classes.map((_, i) => html`<th scope="col" class="number">${i + 1}</th>`)}</tr></thead>
<tbody>${confusion.map((row, i) => {
    const total = Math.max(row.reduce((sum, hits) => sum + hits, 0), 1);
    return html`<tr><th scope="row">${i + 1} ${classes[i]?.name}</th>${row.map((hits, j) => html`<td${tint(hits / total, i === j)}>${hits === 0 ? '·' : hits}</td>`)}</tr>`;
  })}</tbody></table></div></details>`;
}

function tint(share: number, right: boolean): Html {
  return trusted(` style="background: color-mix(in srgb, var(${right ? '--good' : '--bad'}) ${String(Math.round(share * 60))}%, transparent)"`);
}
