import type { BackendDescription } from '@ssl/backend';
import type { JsonValue, ReportCurve, ReportData, ReportStep } from '@ssl/eval';
import { evaluationLimit } from '../evaluation/load-images.js';
import { ceilingLines } from '../evaluation/ceiling-lines.js';
import type { RunEvaluation } from '../evaluation/evaluate-run.js';
import type { RunSummary } from '../evaluation/run-summary.js';
import { verdict } from '../evaluation/verdict.js';
import { formatCount, formatDuration, formatNumber } from '../progress/format.js';
import type { BuiltRun } from './build-run.js';
import type { MetricsRow } from './metrics-log.js';

export interface ReportOfRunInput {
  readonly run: BuiltRun;
  readonly evaluation: RunEvaluation;
  readonly summary: RunSummary;
  readonly metrics: readonly MetricsRow[];
  readonly backend: BackendDescription;
  readonly classes?: readonly string[];
  readonly warnings: readonly string[];
  readonly nextSteps: readonly ReportStep[];
}

/** The report of a finished run. */
export function reportOfRun({ run, evaluation, summary, metrics, backend, classes, warnings, nextSteps }: ReportOfRunInput): ReportData {
  const { description, plugin } = run;
  const { comparison } = evaluation;
  const trained = comparison?.rows.find(({ key }) => key === 'trained');
  return {
    version: 'ssl-report/1',
    title: `${plugin.name} on ${description.dataName}`,
    summary:
      `${formatCount(description.datasetSize)} images without labels, ${formatCount(summary.epochs)} ${summary.epochs === 1 ? 'epoch' : 'epochs'} in ${formatDuration(summary.trainSeconds)}.` +
      (summary.knn === undefined ? '' : ` ${verdict(summary.knn)}`),
    createdAt: new Date().toISOString(),
    facts: [
      ...(trained === undefined ? [] : [{ label: 'kNN accuracy', value: `${(100 * trained.majority.accuracy).toFixed(1)} %` }]),
      { label: 'Images', value: formatCount(description.datasetSize), note: description.dataName },
      { label: 'Epochs', value: formatCount(summary.epochs) },
      { label: 'Training', value: formatDuration(summary.trainSeconds), note: backend.hardware },
      { label: 'Views per second', value: formatCount(summary.viewsPerSecond) },
      { label: 'Spread', value: evaluation.spread.toFixed(2), note: '0 is collapse, 1 an even spread' },
      { label: 'RankMe', value: evaluation.rankMe.toFixed(1), note: `of ${String(evaluation.dimension)} directions` },
    ],
    ...(comparison === undefined
      ? {}
      : {
          results: {
            protocol: `Classified by ${comparison.protocol}; last column: 20 neighbours, votes weighted as in DINO's protocol. ${ceilingLines(comparison).join(' ')}${evaluation.sampled ? ` An even sample of ${formatCount(evaluationLimit)} images.` : ''}`,
            figures: ['Accuracy', 'Macro accuracy', 'Accuracy, weighted k = 20'],
            rows: comparison.rows.map(({ key, name, majority, weighted }) => ({
              name,
              values: [majority.accuracy, majority.macroAccuracy, weighted.accuracy],
              ...(key === 'trained' ? { ours: true } : {}),
            })),
          },
        }),
    curves: curvesOf(metrics, run),
    views: evaluation.views,
    pictures: evaluation.pictures,
    neighbours: evaluation.neighbours,
    ...(trained === undefined || classes === undefined
      ? {}
      : {
          classes: {
            name: trained.name,
            classes: trained.majority.classes.map(({ label, support, recall, precision }) => ({
              name: classes[label] ?? `class ${String(label)}`,
              support,
              recall: Number.isFinite(recall) ? recall : 0,
              precision: Number.isFinite(precision) ? precision : 0,
            })),
            confusion: trained.majority.confusion,
          },
        }),
    configuration: JSON.parse(JSON.stringify(description)) as JsonValue,
    environment: {
      Device: `${backend.device}: ${backend.hardware}`,
      Engine: backend.implementation,
      Precision: backend.precision,
      Node: process.versions.node,
      System: `${process.platform} ${process.arch}`,
    },
    ...(warnings.length === 0 ? {} : { warnings }),
    nextSteps,
  };
}

const curvePoints = 2000;

function curvesOf(all: readonly MetricsRow[], run: BuiltRun): ReportCurve[] {
  const every = Math.max(1, Math.ceil(all.length / curvePoints));
  const rows = all.filter((_, index) => index % every === 0);
  const watched = all.filter(({ spread }) => spread !== undefined);
  const steps = rows.map(({ step }) => step);
  const curve = (name: string, value: (row: MetricsRow) => number, more: Partial<ReportCurve> = {}): ReportCurve => ({ name, steps, values: rows.map((row) => finite(value(row))), ...more });
  const { batchSize } = run.description;
  const chance = Math.log(2 * batchSize - 1);
  return [
    curve('Loss', (row) => row.loss, run.plugin.name === 'simclr' ? { references: [{ name: `chance, ln(2 x ${String(batchSize)} - 1) = ${formatNumber(chance)}`, value: chance }] } : {}),
    ...(watched.length < 2
      ? []
      : [
          {
            name: 'Embedding spread',
            description: 'Mean deviation of the normalised outputs. Near 0 all images look alike to the network.',
            steps: watched.map(({ step }) => step),
            values: watched.map(({ spread }) => finite(spread ?? Number.NaN)),
            references: [{ name: 'collapse', value: 0 }],
          },
        ]),
    curve('Learning rate', (row) => row.learningRate),
    curve('Images per second', (row) => row.imagesPerSecond),
  ];
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
