const digits = (value) => Number(value.toPrecision(3)).toString();

/** A profile (see profile.ts) as text and a Markdown table. Kinds under half a percent of the step share one row. */
export function profileTable({ workload, precision, kinds, peaks }) {
  const total = kinds.reduce((sum, { seconds }) => sum + seconds, 0);
  const shown = kinds.filter(({ seconds }) => seconds >= total / 200);
  const rest = kinds.filter(({ seconds }) => seconds < total / 200);
  const sum = (field) => rest.reduce((all, kind) => all + kind[field], 0);
  const rows = rest.length === 0 ? shown : [...shown, { kind: `${rest.length} other kinds`, count: sum('count'), seconds: sum('seconds'), operations: 0, bytes: sum('bytes') }];
  const peakOf = (kind) => (kind.includes('Conv') ? peaks.convolution : peaks.product);
  const cells = ({ kind, count, seconds, operations, bytes }) => {
    const first = [kind, count, digits(1000 * seconds), `${digits((100 * seconds) / total)} %`];
    if (operations === 0) return [...first, '', '', '', digits(bytes / seconds / 1e9)];
    return [...first, digits(operations / 1e9), digits(operations / seconds / 1e9), `${digits((100 * operations) / seconds / peakOf(kind))} %`, ''];
  };
  const atPeak = kinds.reduce((all, { kind, operations }) => all + operations / peakOf(kind), 0);
  return [
    `${workload}, ${precision}: ${digits(1000 * total)} ms in operations (the quickest of the recorded runs of each). Peaks here: products ${digits(peaks.product / 1e9)} GFLOP/s, convolutions ${digits(peaks.convolution / 1e9)} GFLOP/s, memory ${digits(peaks.bandwidth / 1e9)} GB/s. Products and convolutions at those peaks would take ${digits(1000 * atPeak)} ms.`,
    '',
    '| operation | count | ms | of the step | GFLOP | GFLOP/s | of the peak | GB/s |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${cells(row).join(' | ')} |`),
  ].join('\n');
}
