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
import { countOperations } from './count-operations.js';
import { measureEngine, type EngineSpeed } from './measure-engine.js';
import { measureRun, type RunSpeed } from './measure-run.js';

/** What `ssl doctor --bench` prints: GFLOP/s, GB/s and images/s, all of them medians. */
export interface MachineSpeed extends EngineSpeed {
  readonly configuration: Readonly<Record<'method' | 'network' | 'precision', string> & Record<'imageSize' | 'batchSize', number>>;
  /** Images a second; one image is two views or however many the method takes. */
  readonly images: RunSpeed;
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
  readonly seconds: number;
}

/** Measures the engine for half of the time, the configured run for the other half. */
export async function benchMachine({ config, folder, output, gpu, seconds }: BenchInput): Promise<MachineSpeed> {
  const method = await resolveMethod(typeof config.method === 'string' ? config.method : 'simclr', folder);
  const dataset: Dataset | undefined = config.data === undefined ? undefined : await openData(config.data, { folder, output });
  const facts = dataset === undefined ? { size: 10_000, channels: 3, side: 32 } : await dataFacts(dataset);
  const { settings } = chooseSettings(config, facts, gpu);
  const precision = config.precision ?? 'float32';
  const description = describeRun({
    method,
    methodOptions: methodOptions(method.plugin, settings.smallData, {}),
    settings: { ...settings, epochs: Math.max(settings.epochs, 100) },
    precision,
    data: config.data ?? 'noise',
    dataName: dataset?.name ?? 'noise',
    datasetSize: Math.max(facts.size, 100 * settings.batchSize),
  });
  const run = await buildRun(description, folder, { plugin: method.plugin, network: settings.network });
  const engine = await measureEngine(seconds / 2);
  const images = await measureRun(run, dataset, seconds / 2);
  const forward = countOperations(run.backbone, settings.imageSize, settings.channels) * run.method.batch.views;
  const peak = Math.max(engine.matrixProduct[precision] ?? 0, engine.convolution[precision] ?? 0, engine.matrixProduct.float32!) * 1e9;
  const computeShare = Math.min(1, (3 * forward * images.step) / peak);
  const { imagesPerSecond, limit } = bottleneck(images, computeShare);
  return {
    ...engine,
    configuration: { method: method.plugin.name, network: run.backbone.name, precision, imageSize: settings.imageSize, batchSize: settings.batchSize },
    images,
    computeShare,
    expectedImagesPerSecond: imagesPerSecond,
    limit,
  };
}

/** For people, a name and a figure with its unit on each line. */
export function speedFields({ matrixProduct, convolution, bandwidth, configuration, images, computeShare, expectedImagesPerSecond, limit }: MachineSpeed): Record<string, string> {
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
    loading: images.loading === undefined ? 'not measured: name your images with --data' : `${round(images.loading)} images/s`,
    expected: `${round(expectedImagesPerSecond)} images/s, limited by ${limit}`,
  };
}

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
