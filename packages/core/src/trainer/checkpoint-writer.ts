import { checkpointPath, pruneCheckpoints } from '../checkpoint/checkpoint-folder.js';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';
import type { CheckpointInfo } from '../checkpoint/checkpoint.js';
import { saveCheckpoint } from '../checkpoint/save-checkpoint.js';
import type { RunStart } from './run-state.js';
import type { CheckpointEvent } from './train-hook.js';
import type { TrainState } from './train-state.js';

/** Saves a run where and when its options say. */
export class CheckpointWriter {
  /** The newest file that was written or resumed from. */
  newest: string | undefined;
  private savedStep: number | undefined;
  private readonly options: CheckpointOptions | undefined;

  constructor(options: CheckpointOptions | undefined, { resumedFrom, step }: RunStart) {
    this.options = options;
    this.newest = resumedFrom;
    this.savedStep = resumedFrom === undefined ? undefined : step;
  }

  /** Is it time, after so many steps? */
  due(step: number, stepsPerEpoch: number): boolean {
    const { everySteps, everyEpochs } = this.options ?? {};
    return (
      (everySteps !== undefined && step % everySteps === 0) ||
      (everyEpochs !== undefined && step % (everyEpochs * stepsPerEpoch) === 0)
    );
  }

  /** Writes, then deletes what is older than the newest `keep`. Nothing happens without options or where the step is saved. */
  async save(state: TrainState, info: CheckpointInfo): Promise<CheckpointEvent | undefined> {
    if (this.options === undefined || this.savedStep === info.step) return undefined;
    const { folder, keep = 2 } = this.options;
    const start = performance.now();
    const path = checkpointPath(folder, info.step);
    const bytes = await saveCheckpoint(path, { info, ...state });
    this.newest = path;
    this.savedStep = info.step;
    await pruneCheckpoints(folder, keep, info.step);
    return { step: info.step, path, bytes, seconds: (performance.now() - start) / 1000 };
  }
}
