import { summaryWriter, type SummaryWriter } from '@ssl/backend';
import type { TrainHook } from '@ssl/core';

/** Curves that are written at most so many times in a run. */
const points = 5000;

/** Writes the run's curves for TensorBoard. A disk that is full costs points, never the run. */
export function tensorboardLog(folder: string, onProblem: (message: string) => void): TrainHook {
  let writer: SummaryWriter | undefined;
  let every = 1;
  const stop = (reason: string): void => {
    onProblem(`No TensorBoard log: ${reason}`);
    writer = undefined;
  };
  return {
    name: 'tensorboard',
    onStart(run) {
      every = Math.max(1, Math.ceil(run.totalSteps / points));
      try {
        writer = summaryWriter(folder);
      } catch (error) {
        stop((error as Error).message);
      }
    },
    onStep(event) {
      if (writer === undefined || event.skipped || (event.step % every !== 0 && event.embedding === undefined)) return;
      try {
        const scalars = { loss: event.loss, 'learning rate': event.learningRate, 'gradient norm': event.gradientNorm, 'images per second': event.imagesPerSecond };
        for (const [name, value] of Object.entries({ ...scalars, ...event.metrics })) writer.scalar(`train/${name}`, value, event.step);
        if (event.embedding !== undefined) {
          writer.scalar('embedding/spread', event.embedding.spread, event.step);
          writer.scalar('embedding/effective rank', event.embedding.effectiveRank, event.step);
        }
      } catch (error) {
        stop((error as Error).message);
      }
    },
    onCheckpoint: () => writer?.flush(),
    onEnd() {
      writer?.close();
    },
  };
}
