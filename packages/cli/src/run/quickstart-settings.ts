import type { Settings } from '../settings/choose-settings.js';
import type { RunDescription } from './run-description.js';

/**
 * The quickstart's run: what two processor cores train in about three minutes. Epochs count more than width here, so the
 * network is narrow and halves the image early.
 */
export const quickstartSettings = {
  network: 'small-conv',
  width: 1,
  stem: 'cifar',
  imageSize: 32,
  channels: 3,
  batchSize: 256,
  accumulate: 1,
  epochs: 60,
  smallData: true,
} as const satisfies Omit<Settings, 'seed'>;

/** Method, data and method options of the quickstart. */
export const quickstart = {
  method: 'simclr',
  data: 'emoji',
  // Chosen on these images by the kNN figure after 20 epochs, one run each: temperature 0.2 gave 56.5 %, 0.1 58.2 %, 0.07 58.5 %;
  // crops of at least 0.35 of the area gave 59.0 %, 0.45 59.3 % (0.25 58.8 %); learning rate 0.004 a little more than 0.002.
  methodOptions: { temperature: 0.07, cropScale: 0.45, learningRate: 0.004 },
} as const;

/** True for a description of the quickstart with this seed and length. */
export function isQuickstart(description: RunDescription, seed: number, epochs: number = quickstartSettings.epochs): boolean {
  const wanted: Partial<RunDescription> = { ...quickstartSettings, data: quickstart.data, method: quickstart.method, precision: 'float32', seed, epochs };
  const has = (there: Readonly<Record<string, unknown>>, values: object): boolean => Object.entries(values).every(([key, value]) => there[key] === value);
  return has({ ...description }, wanted) && has(description.methodOptions, quickstart.methodOptions) && others.every((key) => description[key] === undefined);
}

/** What the quickstart leaves out, and another version or another run in its folder may have had. */
const others = ['optimizer', 'augmentation', 'frozen', 'init', 'background', 'split'] as const satisfies readonly (keyof RunDescription)[];
