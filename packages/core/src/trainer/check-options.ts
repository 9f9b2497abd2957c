import { SslError } from '../errors.js';
import { resolveClipNorm } from '../optimizers/clip-gradients.js';
import { trainDefaults, type TrainOptions } from './train-options.js';

/** Far above any run; more would not be counted through in a minute. */
const mostSteps = 1e9;

/** Whole numbers of a run, checked before anything is made. Returns the length of the run in steps. */
export function checkOptions(options: TrainOptions): { readonly totalSteps: number; readonly stepsPerEpoch: number } {
  const { method, loader, epochs, steps, clipNorm, checkpoint, resume } = options;
  const settings = { ...trainDefaults, ...options };
  if (method.specVersion !== 'ssl-method/1') {
    fail(`train needs a method of specVersion 'ssl-method/1', got '${String(method.specVersion)}'. Use versions of @ssl/core and of the method that belong together.`);
  }
  if ((epochs === undefined) === (steps === undefined)) {
    fail(`train needs the length of the run, got ${epochs === undefined ? 'neither epochs nor steps' : 'both epochs and steps'}. Give one of them.`);
  }
  whole('epochs', epochs ?? 1, 1);
  whole('steps', steps ?? 1, 1);
  whole('seed', settings.seed, 0);
  whole('accumulate', settings.accumulate, 1);
  whole('monitorEvery', settings.monitorEvery, 0);
  whole('maximumSkips', settings.maximumSkips, 1);
  whole('checkpoint.keep', checkpoint?.keep ?? 1, 1);
  whole('checkpoint.everySteps', checkpoint?.everySteps ?? 1, 1);
  whole('checkpoint.everyEpochs', checkpoint?.everyEpochs ?? 1, 1);
  if (clipNorm !== undefined) resolveClipNorm(clipNorm);
  if (loader.batchSize % settings.accumulate !== 0) {
    fail(`accumulate needs a divisor of the batch size ${loader.batchSize}, got ${settings.accumulate}. Choose another of the two.`);
  }
  if (resume === true && checkpoint === undefined) {
    fail('resume: true needs checkpoint.folder to look in, got no checkpoint option. Give the folder, or the file as resume.');
  }
  const stepsPerEpoch = loader.batchesPerEpoch;
  whole('loader.batchesPerEpoch', stepsPerEpoch, 1);
  const totalSteps = steps ?? (epochs!) * stepsPerEpoch;
  if (totalSteps > mostSteps) fail(`a run has at most ${mostSteps.toLocaleString('en-US')} steps, whose schedules are checked before the first; got ${totalSteps}. Use fewer epochs.`);
  return { stepsPerEpoch, totalSteps };
}

function whole(name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) fail(`${name} needs a whole number from ${minimum} on, got ${value}. Correct it.`);
}

function fail(message: string): never {
  throw new SslError(message, { from: '@ssl/core' });
}
