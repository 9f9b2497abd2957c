// From finished runs to the table: means, deviations, docs/results/equal-budget.{json,md}.

/** Mean and sample deviation; the deviation of one value is null, since nothing is known of it. */
export function meanAndDeviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, deviation: null };
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}

/** The network of runs that do not name theirs. */
const smallNetwork = 'small-conv-net';

/** The single runs that a published row was made from; none where only their mean was kept. */
export function publishedRuns({ method, dataset, network, views, peer, runs }) {
  const whole = (kind, more) => (run) => ({ kind, method, dataset, views, ...more, ...run });
  return [...(runs?.ours ?? []).map(whole('ours', { network })), ...(runs?.peer ?? []).map(whole('peer', { name: peer?.name }))];
}

/** Rows made now, and published ones: of two for the same method and data set the one of more seeds, lightly's beside it likewise. */
export function mergedRows(published, now) {
  const alike = (a) => (b) => a.method === b.method && a.dataset === b.dataset;
  return [
    ...published.filter((row) => !now.some(alike(row))),
    ...now.map((row) => {
      const before = published.find(alike(row));
      if (before === undefined) return row;
      if (before.seeds > row.seeds) return before;
      const peer = (before.peer?.seeds ?? 0) > (row.peer?.seeds ?? 0) ? before.peer : row.peer;
      return { ...row, peer, made: row.made ?? before.made };
    }),
  ];
}

/**
 * Rows of the table in the order of the methods. A run that is missing is missing: nothing is estimated.
 *
 * @param runs `{ kind: 'ours' | 'peer', method, dataset, seed, views, knn, linear, untrained: { knn, linear }, seconds, name?, network?, fineTuned?, fromScratch? }`.
 * @param baselines By data set: `{ rawPixels, colourHistogram?, hog }`, each `{ knn, linear }`.
 */
export function tableRows(runs, baselines) {
  const short = ({ seed, knn, linear, untrained, fineTuned, fromScratch, seconds }) => ({ seed, knn, linear, untrained, fineTuned, fromScratch, seconds });
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
      untrainedLinear: meanAndDeviation(ours.map(({ untrained }) => untrained.linear)),
      ...(ours.some(({ fineTuned }) => fineTuned !== undefined)
        ? { fineTuned: meanAndDeviation(ours.map(({ fineTuned }) => fineTuned)), fromScratch: meanAndDeviation(ours.map(({ fromScratch }) => fromScratch)) }
        : {}),
      network: ours[0].network ?? smallNetwork,
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
            },
      seconds: meanAndDeviation(ours.map(({ seconds }) => seconds)).mean,
      runs: { ours: ours.map(short), ...(peers.length === 0 ? {} : { peer: peers.map(short) }) },
    };
  });
}

const percent = (value) => `${(100 * value).toFixed(1)}`;
const figure = (value) =>
  value === null || value === undefined ? '' : value.deviation === null ? percent(value.mean) : `${percent(value.mean)} ± ${percent(value.deviation)}`;

/** Columns after the method's name, by heading; of the methods that are fine-tuned too, the last ones before the seconds. */
const usual = {
  seeds: ({ seeds }) => seeds,
  'kNN %': ({ knn }) => figure(knn),
  'linear %': ({ linear }) => figure(linear),
  'untrained, kNN %': ({ untrained }) => figure(untrained),
  'untrained, linear %': ({ untrainedLinear }) => figure(untrainedLinear),
};
const ofPeers = {
  'lightly, seeds': ({ peer }) => peer?.seeds ?? '',
  'lightly, kNN %': ({ peer }) => figure(peer?.knn),
  'lightly, linear %': ({ peer }) => figure(peer?.linear),
};
const ofFineTuning = {
  'fine-tuned %': ({ fineTuned }) => figure(fineTuned),
  'from scratch %': ({ fromScratch }) => figure(fromScratch),
};
const seconds = { 'seconds a run': (row) => row.seconds.toFixed(0) };

const names = { rawPixels: 'Raw pixels', colourHistogram: 'Colour histogram', hog: 'HOG' };

/** One network's rows, and those that need no network. */
function table(rows, base) {
  const columns = {
    ...usual,
    ...(rows.some(({ peer }) => peer) ? ofPeers : {}),
    ...(rows.some(({ fineTuned }) => fineTuned) ? ofFineTuning : {}),
    ...seconds,
  };
  const headings = Object.keys(columns);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const needNone = ([key, name]) => line([name, ...headings.map((heading) => (base[key] && { 'kNN %': percent(base[key].knn), 'linear %': percent(base[key].linear) }[heading]) ?? '')]);
  return [
    line(['method', ...headings]),
    line(['---', ...headings.map(() => '---')]),
    ...[...rows].sort((a, b) => b.knn.mean - a.knn.mean).map((row) => line([row.method, ...headings.map((heading) => columns[heading](row))])),
    ...Object.entries(names).filter(([key]) => base[key]).map(needNone),
    '',
  ];
}

const networkNames = { 'small-conv-net': 'Small convolutional network', 'small-vit': 'Small Vision Transformer, for methods that work on patches' };

/** The page, for people. */
export function tablePage(rows, { baselines, views }) {
  const sets = [...new Set(rows.map(({ dataset }) => dataset))];
  const distinct = (key) => [...new Set(rows.map(({ made }) => made[key]))].sort();
  const [first, last] = [distinct('time').at(0), distinct('time').at(-1)];
  const section = (dataset) =>
    Object.keys(networkNames).flatMap((network) => {
      const own = rows.filter((row) => row.dataset === dataset && row.network === network);
      if (own.length === 0) return [];
      // Methods start from the same network of a seed, but for the patches of MoCo v3.
      const { seeds, untrained, untrainedLinear } = own.reduce((most, row) => (row.seeds > most.seeds ? row : most));
      const spread = `Untrained, over ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: kNN ${figure(untrained)} %, linear ${figure(untrainedLinear)} %.`;
      return [`## ${dataset}: ${networkNames[network]}`, '', spread, '', ...table(own, baselines[dataset] ?? {})];
    });
  return [
    '# Every method, the same number of views',
    '',
    `Each run sees about ${views.toLocaleString('en')} views of 32 (Fashion-MNIST: 28) pixels with one of two small networks, batches of 256, and its`,
    'small-data preset. The convolutional network has six 3 x 3 convolutions, 16 to 128 channels and an early stride. The Vision Transformer has 4 x 4',
    'patches, width 96 and 3 blocks. Judged after the last step, never at a best one. Emoji: 5 nearest neighbours, leave-one-out, centred cosine,',
    'drawings of the same thing excluded; linear: one layer, a fifth of the things held out. Fashion-MNIST: training images against test images.',
    'Fine-tuned (MAE, SimMIM, BEiT, as in their papers): the whole network learns with about 100,000 labelled views of the images of the linear layer,',
    'beside the same network from scratch with as many steps; both with the default rate (1.7 passes over Fashion-MNIST, too few to reach the linear layer).',
    'BEiT: a fifth of its views trains the dVAE whose tokens it says, and the time of that counts.',
    '',
    '± is the sample deviation over seeds; one seed has none, an empty cell is a run that was not made. A row with one seed can be held against the',
    'deviation of the untrained network, which every method of a table starts from. **Presets were tuned on seed 0 of the emoji**, so that seeds 1 and 2,',
    'and Fashion-MNIST, are the untouched ones. lightly: its loss and head of the method in PyTorch, with our backbone, augmentation, optimizer, views and',
    'seeds, **and with our tuned presets**, rates included: its rows say whether ours computes the same, not how well lightly does with its own settings.',
    'Its iBOT and DINOv2 are not the same computation: their targets are centred by a moving mean, ours by Sinkhorn-Knopp.',
    '',
    `Made with \`npm run results -- --peers\` on ${distinct('machine').join('; ')}, ${first === last ? first : `${first} to ${last}`}. Seconds are of training alone, on machines that other programs shared: they do not compare.`,
    '',
    ...sets.flatMap(section),
  ].join('\n');
}
