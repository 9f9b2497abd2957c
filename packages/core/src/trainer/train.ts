import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { HostBatch } from '../batch.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { accumulatedStep } from './accumulate.js';
import { batchNormNote } from './batch-norm-note.js';
import { batchViews } from './batch-views.js';
import { checkBatch, loaderEnded } from './check-batch.js';
import { checkFolder } from './check-folder.js';
import { checkOptions } from './check-options.js';
import { checkViews } from './check-views.js';
import { CheckpointWriter } from './checkpoint-writer.js';
import { firstBadQuantity, SkipCounter } from './guard.js';
import { HookError } from './hooks.js';
import { embeddingHealth, type PositivePair } from './monitor.js';
import { Observer } from './observer.js';
import { readStep } from './read-step.js';
import { RecompilationWatch } from './recompilation-watch.js';
import { checkpointInfo, positionAt, runInfo, stepPlan } from './run-plan.js';
import { startState } from './run-state.js';
import { resolveScalars } from './scalars.js';
import { plainStep } from './step.js';
import { trainDefaults, type TrainOptions } from './train-options.js';
import type { TrainResult } from './train-result.js';
import { untilAborted } from './until-aborted.js';

/**
 * Trains a method: batch → views → forward → objective → gradients → optimizer → constrain → updateAux → hooks.
 *
 * Everything random comes from `(seed, step, purpose)`, so the same options give the same weights, with or without hooks, in one
 * go or interrupted and resumed (bit for bit on the same machine). A step whose loss or gradient is not finite is thrown away.
 * Whatever ends the run, what was trained is saved where `checkpoint` says; where that fails, hooks are told why.
 *
 * @returns The trained weights; the caller disposes of them.
 * @throws SslError before step 0 for options, views or checkpoints that do not fit; {@link NotFiniteError} after too many bad steps;
 *   {@link HookError} when a hook throws.
 *
 * @example
 * const result = await train({
 *   method: simclr({ backbone: smallConvNet() }),
 *   views: simclrViews({ size: 32 }),
 *   loader,
 *   optimizer: adamw(),
 *   learningRate: warmupCosine({ peak: 2e-3, warmupSteps: 100 }),
 *   epochs: 50,
 * });
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { method, loader, precision, signal } = options;
  const settings = { ...trainDefaults, ...options };
  const length = checkOptions(options);
  const { totalSteps, stepsPerEpoch } = length;
  const scalarsAt = resolveScalars(options, totalSteps);
  await checkFolder(options);

  const start = await startState(options, stepsPerEpoch);
  let { state, step, loss } = start;
  const plan = stepPlan(options, start);
  const views = batchViews(options.views, plan.seed, totalSteps);
  const runner = settings.accumulate === 1 ? plainStep(plan, precision) : accumulatedStep(plan, settings.accumulate, precision);
  const observer = new Observer(options.hooks ?? [], method, { batchSize: loader.batchSize, ...length });
  const writer = new CheckpointWriter(options.checkpoint, start);
  const skips = new SkipCounter(settings.maximumSkips);
  const recompilations = new RecompilationWatch();
  let checked = false;
  /** The step that `state` belongs to: those that were thrown away since count in `step` alone. */
  let goodStep = step;

  const runStep = async (batch: HostBatch) => {
    checkBatch(batch, loader);
    const made = await views.make(batch, step);
    const { tensors: scalars, numbers: rates } = scalarsAt(step);
    try {
      if (!checked) checkViews(method, made, batch.shape[0]);
      checked = true;
      return { result: await runner.run(state, made, scalars), rates };
    } finally {
      disposeTree({ made, scalars });
    }
  };

  /** One optimizer step; false when it was thrown away. */
  const advance = async (batch: HostBatch, began: number): Promise<boolean> => {
    const waitSeconds = (performance.now() - began) / 1000;
    const { result, rates } = await runStep(batch);
    const values = await readStep(result);
    step++;
    if (step === start.step + 1) recompilations.start();
    for (const warning of recompilations.take(step)) await observer.warn(warning);

    const bad = firstBadQuantity(values.loss, values.gradientNorms, plan.trained);
    disposeTree(bad === undefined ? state : result.state);
    if (bad === undefined) ({ state, loss, goodStep } = { state: result.state, loss: values.loss, goodStep: step });

    const looked = bad === undefined && settings.monitorEvery > 0 && step % settings.monitorEvery === 0;
    const { outputs, pair } = result.monitored;
    const embedding = looked && outputs !== undefined ? await embeddingHealth(outputs as Tensor2D, pair as PositivePair | undefined) : undefined;
    disposeTree(result.monitored);
    const seconds = (performance.now() - began) / 1000;
    await observer.step({ step, values, rates, bad, looked, embedding, seconds, waitSeconds });
    if (skips.isLast(bad)) await saveProgress();
    skips.note(bad, step, writer.newest);
    return bad === undefined;
  };

  const save = async (reached = step): Promise<void> => {
    const event = await writer.save(state, checkpointInfo(options, length, { step: reached, seed: plan.seed, loss })).catch(async (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      await observer.warn({ kind: 'checkpoint-failed', step, message: `the checkpoint of step ${reached} was not saved: ${reason}` });
    });
    if (event !== undefined) await observer.checkpoint(event);
  };

  /** What was trained since the start, whatever ends the run. */
  const saveProgress = async (): Promise<void> => {
    if (goodStep > start.step) await save(goodStep);
  };

  try {
    await observer.start(runInfo(options, plan, start, length));
    const note = batchNormNote(state, loader.batchSize, settings.accumulate);
    if (note !== undefined) await observer.warn({ kind: 'batch-norm', step, message: note });
    if (step < totalSteps && signal?.aborted !== true) {
      let began = performance.now();
      for await (const batch of untilAborted(loader.batches(positionAt(step, stepsPerEpoch)), signal)) {
        const good = await advance(batch, began);
        if (step % stepsPerEpoch === 0) await observer.epoch(step, state);
        if (good && writer.due(step, stepsPerEpoch)) await save();
        if (step >= totalSteps || signal?.aborted) break;
        began = performance.now();
      }
      if (step < totalSteps && !signal?.aborted) throw loaderEnded(step, totalSteps);
    }
    await save();
    const status = step < totalSteps ? 'interrupted' : 'finished';
    await observer.end({ status, step, seconds: observer.pace.seconds, state });
    return {
      status,
      step,
      totalSteps,
      params: state.params,
      aux: state.aux,
      loss,
      skippedSteps: skips.total,
      warnings: observer.warnings,
      ...(writer.newest === undefined ? {} : { checkpoint: writer.newest }),
      seconds: observer.pace.seconds,
      images: (step - start.step) * loader.batchSize,
      dispose: () => {
        disposeTree(state);
      },
    };
  } catch (error) {
    // What was trained is not lost because a hook, the loader or the engine threw; the other hooks are told.
    if (error instanceof HookError) observer.drop(error.hook);
    await saveProgress().catch(() => undefined);
    await observer.end({ status: 'failed', step, seconds: observer.pace.seconds, state, error }).catch(() => undefined);
    disposeTree(state);
    throw error;
  } finally {
    recompilations.stop();
    runner.dispose();
    views.dispose();
  }
}
