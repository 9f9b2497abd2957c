// From finished runs to the table: means, deviations, docs/results/equal-budget.{json,md}.

/** Mean and sample deviation; the deviation of one value is null, since nothing is known of it. */
export function meanAndDeviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, deviation: null };
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}

/**
 * Rows of the table in the order of the methods. A run that is missing is missing: nothing is estimated.
 *
 * @param runs `{ kind: 'ours' | 'peer', method, dataset, seed, views, knn, linear, untrained: { knn, linear }, seconds, name? }`.
 * @param baselines By data set: `{ rawPixels, colourHistogram?, hog }`, each `{ knn, linear }`.
 */
export function tableRows(runs, baselines) {
  const keys = [...new Set(runs.filter(({ kind }) => kind === 'ours').map(({ method, dataset }) => JSON.stringify([method, dataset])))];
  return keys.map((key) => {
    const [method, dataset] = JSON.parse(key);
    const of = (kind) => runs.filter((run) => run.kind === kind && run.method === method && run.dataset === dataset);
    const [ours, peers] = [of('ours'), of('peer')];
    const base = baselines[dataset];
    return {
      method,
      dataset,
      seeds: ours.length,
      views: ours[0].views,
      knn: meanAndDeviation(ours.map(({ knn }) => knn)),
      linear: meanAndDeviation(ours.map(({ linear }) => linear)),
      untrained: meanAndDeviation(ours.map(({ untrained }) => untrained.knn)),
      rawPixels: base?.rawPixels.knn ?? null,
      colourHistogram: base?.colourHistogram?.knn ?? null,
      hog: base?.hog.knn ?? null,
      peer:
        peers.length === 0
          ? null
          : {
              name: peers[0].name,
              seeds: peers.length,
              knn: meanAndDeviation(peers.map(({ knn }) => knn)),
              linear: meanAndDeviation(peers.map(({ linear }) => linear)),
              untrained: meanAndDeviation(peers.map(({ untrained }) => untrained.knn)),
            },
      seconds: meanAndDeviation(ours.map(({ seconds }) => seconds)).mean,
    };
  });
}

const percent = (value) => `${(100 * value).toFixed(1)}`;
const figure = (value) =>
  value === null || value === undefined ? '' : value.deviation === null ? percent(value.mean) : `${percent(value.mean)} ± ${percent(value.deviation)}`;

/** The page, for people. */
export function tablePage(rows, { baselines, machine, time, views }) {
  const sets = [...new Set(rows.map(({ dataset }) => dataset))];
  const section = (dataset) => {
    const own = rows.filter((row) => row.dataset === dataset).sort((a, b) => b.knn.mean - a.knn.mean);
    const base = baselines[dataset] ?? {};
    const names = { rawPixels: 'Raw pixels', colourHistogram: 'Colour histogram', hog: 'HOG' };
    return [
      `## ${dataset}`,
      '',
      '| method | seeds | kNN % | linear % | same network untrained, kNN % | lightly, seeds | lightly, kNN % | lightly, linear % | seconds a run |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      ...own.map(
        (row) =>
          `| ${row.method} | ${row.seeds} | ${figure(row.knn)} | ${figure(row.linear)} | ${figure(row.untrained)} | ${row.peer?.seeds ?? ''} | ${figure(row.peer?.knn)} | ${figure(row.peer?.linear)} | ${row.seconds.toFixed(0)} |`,
      ),
      ...Object.entries(names)
        .filter(([key]) => base[key])
        .map(([key, name]) => `| ${name} | | ${percent(base[key].knn)} | ${percent(base[key].linear)} | | | | | |`),
      '',
    ];
  };
  return [
    '# Every method, the same number of views',
    '',
    `Each run sees about ${views.toLocaleString('en')} views of 32 (Fashion-MNIST: 28) pixels with one small network (six 3 x 3 convolutions, 16 to 128`,
    'channels, an early stride), batches of 256, and its small-data preset. Judged after the last step, never at a best one. Emoji: 5 nearest',
    'neighbours, leave-one-out, centred cosine, drawings of the same thing excluded; linear: one layer, a fifth of the things held out.',
    'Fashion-MNIST: training images against test images. ± is the sample deviation over seeds; one seed has none, an empty cell is a run that',
    "was not made. lightly: its loss and head of the method in PyTorch, with our backbone, augmentation, optimizer, rate, views and seeds.",
    '',
    `Made with \`npm run results\` on ${machine}, ${time}. Seconds are of training alone, on that machine.`,
    '',
    ...sets.flatMap(section),
  ].join('\n');
}
