import { classesSection } from './classes-section.js';
import { html, trusted } from './html.js';
import { pageStyle } from './page-style.js';
import type { ReportData } from './report-data.js';
import { resultsSection } from './results-section.js';
import { curvesSection, factsList, keysSection, neighboursSection, picturesSection, stepsSection, viewsSection, warningsSection } from './sections.js';
import { sheetRule } from './tile.js';

/** The page may load nothing: no script, no font, no picture from elsewhere. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/**
 * A run as one self-contained HTML page: no script, no network, light and dark, readable on a phone. Every text is escaped.
 *
 * @throws SslError where a picture sheet is not a PNG data URI.
 * @example
 * await writeFile('report.html', renderReport(data));
 */
export function renderReport(data: ReportData): string {
  const { title, summary, createdAt, facts, results, curves, views, pictures = [], neighbours, classes, configuration, environment, warnings, nextSteps } = data;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${trusted(pageStyle)}${neighbours && sheetRule('sheet-neighbours', neighbours.sheet)}${views && sheetRule('sheet-views', views.sheet)}${pictures.map((grid, i) => ('missing' in grid ? null : sheetRule(pictureClass(i), grid.sheet)))}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
${summary !== undefined && html`<p class="summary">${summary}</p>`}
</header>
${facts.length > 0 && factsList(facts)}
${warnings !== undefined && warnings.length > 0 && warningsSection(warnings)}
${results && resultsSection(results)}
${neighbours && neighboursSection(neighbours)}
${curves.length > 0 && curvesSection(curves)}
${views && viewsSection(views)}
${pictures.map((grid, i) => picturesSection(grid, pictureClass(i)))}
${classes && classesSection(classes)}
<div class="two">${keysSection('Configuration', configuration)}${keysSection('Environment', environment)}</div>
${nextSteps.length > 0 && stepsSection(nextSteps)}
<footer>Written ${createdAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} by @ssl/eval. Everything on this page is in report.json beside it.</footer>
</main>
</body>
</html>
`.markup;
}

function pictureClass(index: number): string {
  return `sheet-pictures-${String(index + 1)}`;
}
