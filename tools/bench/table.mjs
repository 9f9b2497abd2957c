import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const list = (figures) => Object.entries(figures).map(([name, figure]) => `${name} ${figure}`).join(', ');
const percent = (share) => (share === undefined ? '' : `${(100 * share).toPrecision(2)} %`);

/** The rows as Markdown. `machine` says what they were measured on. */
export function table(rows, machine) {
  const extra = (row) => Object.entries(row).filter(([key]) => key.startsWith('ours ')).map(([key, figure]) => ` (${key.slice(5)} ${figure})`).join('');
  return [
    `${machine} Medians of interleaved runs. Ratios above 1 mean that ours is better. CPU seconds are those of one repetition, over all threads and child processes; PyTorch's threads spin while they wait, so compare them with --threads 1 only. JavaScript: CPU time of the main thread, which calls the library and does nothing else natively but hand over data, as a share of the repetition.`,
    '',
    '| workload | precision | ours | peers | ratio to the best peer | CPU s ours / peers | ratio of CPU s | peak MB ours / peer | JavaScript | unit |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.workload} | ${row.precision} | ${row.ours}${extra(row)} | ${list(row.peers)} | ${row.ratio} | ${row.oursCpuSeconds} / ${list(row.peersCpuSeconds)} | ${row.cpuRatio} | ${row.oursPeakMB} / ${row.peerPeakMB} | ${percent(row.javaScriptShare)} | ${row.unit} |`,
    ),
    '',
  ].join('\n');
}

/** `text` with what lies between the comments `<!-- name -->` and `<!-- /name -->` replaced; the block is added where it is missing. */
export function withBlock(text, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const block = `${open}\n${content.trim()}\n${close}`;
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  if (start >= 0 && end < 0) throw new Error(`'${open}' has no '${close}' after it.`);
  if (start < 0) return text.trim() === '' ? `${block}\n` : `${text.trimEnd()}\n\n${block}\n`;
  return text.slice(0, start) + block + text.slice(end + close.length);
}

/** Writes the content into its block of a file; the rest of the file stays. */
export function writeBlock(file, name, content) {
  writeFileSync(file, withBlock(existsSync(file) ? readFileSync(file, 'utf8') : '', name, content));
}
