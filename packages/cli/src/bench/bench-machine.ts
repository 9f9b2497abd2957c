import type { Dataset } from '@ssl/data';
import type { SslConfig } from '../config/config-schema.js';
import { methodOptions } from '../methods/method-options.js';
import { resolveMethod } from '../methods/resolve-method.js';
import { openData } from '../run/open-data.js';
import { buildRun } from '../run/build-run.js';
import { describeRun } from '../run/run-description.js';
import type { Output } from '../progress/output.js';
import { chooseSettings } from '../settings/choose-settings.js';
import { dataFacts } from '../settings/data-facts.js';
import { bottleneck, type Limit } from './bottleneck.js';
import { generatedPictures, generatePictures } from './generated-pictures.js';
import { countOperations } from './count-operations.js';
import { measureEngine, type EngineSpeed } from './measure-engine.js';
import { measureRun, type RunSpeed } from './measure-run.js';

/** What `ssl doctor --bench` prints: GFLOP/s, GB/s and images/s, all of them medians. */
export interface MachineSpeed extends EngineSpeed {
  readonly configuration: Readonly<Record<'method' | 'network' | 'precision', string> & Record<'imageSize' | 'batchSize', number>>;
  /** Images a second; one image is two views or however many the method takes. */
  readonly images: RunSpeed;
  /** What was loaded: the name of the data, or what was generated in its place. */
  readonly loaded: string;
  /** Part of a step that its products would take at the speed measured above. */
  readonly computeShare: number;
  readonly expectedImagesPerSecond: number;
  readonly limit: Limit;
}

export type BenchConfig = Pick<SslConfig, 'method' | 'data' | 'network' | 'imageSize' | 'batchSize' | 'precision' | 'width'>;

export interface BenchInput {
  readonly config: BenchConfig;
  readonly folder: string;
  readonly output: Output;
  readonly gpu: boolean;
  /** From the start of the process to the figures; a process that has run longer already measures the least that gives figures. */
  readonly seconds: number;
}

/** Measures the engine for a third of the time that is left, the configured run for the rest. */
export async function benchMachine(input: BenchInput): Promise<MachineSpeed> {
  const { config, folder, output } = input;
  const named = config.data === undefined ? undefined : await openData(config.data, { folder, output: { ...output, event: () => undefined } }); // the bench is one JSON object
  const dataset = named ?? (await generatePictures());
  try {
    return await benchOn(dataset, named !== undefined, input);
  } finally {
    await dataset.close?.();
  }
}

async function benchOn(dataset: Dataset, isNamed: boolean, { config, folder, gpu, seconds }: BenchInput): Promise<MachineSpeed> {
  const overrun = 1; // repetitions under way when their time is over, and the end of the process
  const left = (): number => seconds - overrun - performance.now() / 1000; // since the process began
  const method = await resolveMethod(typeof config.method === 'string' ? config.method : 'simclr', folder);
  const facts = isNamed ? await dataFacts(dataset) : { size: 10_000, channels: 3, side: 32 };
  const { settings } = chooseSettings(config, facts, { gpu, transformer: method.plugin.network === 'transformer' });
  const precision = config.precision ?? 'float32';
  const description = describeRun({
    method,
    methodOptions: methodOptions(method.plugin, settings.smallData, {}),
    settings: { ...settings, epochs: Math.max(settings.epochs, 100) },
    precision,
    data: config.data ?? 'noise',
    dataName: isNamed ? dataset.name : 'noise',
    datasetSize: Math.max(facts.size, 100 * settings.batchSize),
  });
  const run = await buildRun(description, folder, { plugin: method.plugin, network: settings.network });
  const engine = await measureEngine(left() / 3);
  const images = await measureRun(run, dataset, { budgetSeconds: left(), keepDecoded: isNamed });
  const forward = countOperations(run.backbone, settings.imageSize, settings.channels) * run.method.batch.views;
  const peak = Math.max(engine.matrixProduct[precision] ?? 0, engine.convolution[precision] ?? 0, engine.matrixProduct.float32!) * 1e9;
  const computeShare = Math.min(1, (3 * forward * images.step) / peak);
  // Generated pictures need not be like those that will be loaded.
  const { imagesPerSecond, limit } = bottleneck(isNamed ? images : { ...images, loading: Number.POSITIVE_INFINITY }, computeShare);
  return {
    ...engine,
    configuration: { method: method.plugin.name, network: run.backbone.name, precision, imageSize: settings.imageSize, batchSize: settings.batchSize },
    images,
    loaded: isNamed ? dataset.name : generatedPictures,
    computeShare,
    expectedImagesPerSecond: imagesPerSecond,
    limit,
  };
}

/** For people, a name and a figure with its unit on each line. */
export function speedFields({ matrixProduct, convolution, bandwidth, configuration, images, loaded, computeShare, expectedImagesPerSecond, limit }: MachineSpeed): Record<string, string> {
  const both = (figures: Readonly<Record<string, number | undefined>>): string =>
    Object.entries(figures).map(([precision, figure]) => `${round(figure ?? 0)} GFLOP/s ${precision}`).join(', ');
  const { method, network, precision, imageSize, batchSize } = configuration;
  return {
    matrices: both(matrixProduct),
    convolution: both(convolution),
    memory: `${round(bandwidth)} GB/s`,
    configuration: `${method}, ${network}, ${String(imageSize)} px, batches of ${String(batchSize)}, ${precision}`,
    augmentation: `${round(images.augmentation)} images/s`,
    step: `${round(images.step)} images/s, views included; products are ${round(100 * computeShare)} % of it`,
    loading: `${round(images.loading)} images/s of ${loaded}${loaded === generatedPictures ? '; name your own with --data' : ''}`,
    expected: `${round(expectedImagesPerSecond)} images/s, limited by ${limit}`,
  };
}

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
