import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { CheckpointInfo } from '../checkpoint/checkpoint.js';
import { resolveGroups } from '../optimizers/resolve-groups.js';
import { excludeBiasAndNorm } from '../optimizers/exclude-bias-and-norm.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { accumulatedStep } from './accumulate.js';
import { batchViews } from './batch-views.js';
import { checkFolder } from './check-folder.js';
import { checkOptions } from './check-options.js';
import { checkViews } from './check-views.js';
import { CheckpointWriter } from './checkpoint-writer.js';
import { CollapseWatch } from './collapse-watch.js';
import { firstBadQuantity, SkipCounter } from './guard.js';
import { callHooks, HookError } from './hooks.js';
import { embeddingHealth } from './monitor.js';
import { Means, Pace } from './pace.js';
import { readStep } from './read-step.js';
import { startState } from './run-state.js';
import { resolveScalars } from './scalars.js';
import { plainStep } from './step.js';
import type { EmbeddingHealth, StepEvent, TrainHook, TrainWarning } from './train-hook.js';
import { trainDefaults, type TrainOptions } from './train-options.js';
import type { TrainResult } from './train-result.js';
import type { TrainState } from './train-state.js';

/**
 * Trains a method: batch → views → forward → objective → gradients → optimizer → constrain → updateAux → hooks.
 *
 * Everything random comes from `(seed, step, purpose)`, so the same options give the same weights, with or without hooks, in one
 * go or interrupted and resumed (bit for bit on the same machine). A step whose loss or gradient is not finite is thrown away.
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
  const { method, loader, optimizer, clipNorm, precision, hooks = [], signal } = options;
  const settings = { ...trainDefaults, ...options };
  const { totalSteps, stepsPerEpoch } = checkOptions(options);
  const scalarsAt = resolveScalars(options, totalSteps);
  await checkFolder(options);

  const start = await startState(options, stepsPerEpoch);
  const { seed } = start;
  let state: TrainState = start.state;
  let step = start.step;
  let loss = start.loss;

  const params = treeToMap(state.params);
  const groups = resolveGroups(params, [excludeBiasAndNorm, ...method.groups, ...(options.groups ?? [])]);
  const trained = Object.keys(params).filter((path) => groups[path]?.frozen !== true);
  const plan = { method, optimizer, groups, trained, seed, ...(clipNorm === undefined ? {} : { clipNorm }) };
  const runner = settings.accumulate === 1 ? plainStep(plan, precision) : accumulatedStep(plan, settings.accumulate, precision);
  const views = batchViews(options.views, seed);

  const warnings: TrainWarning[] = [];
  const skips = new SkipCounter(settings.maximumSkips);
  const watch = new CollapseWatch(method, loader.batchSize);
  const pace = new Pace(loader.batchSize);
  const epochMeans = new Means();
  let epochSeconds = 0;
  let checkedViews = false;
  let status: 'finished' | 'interrupted' | 'failed' = 'finished';
  const { resumedFrom } = start;
  const writer = new CheckpointWriter(
    options.checkpoint,
    resumedFrom === undefined ? undefined : { path: resumedFrom, step },
  );

  const warn = async (warning: TrainWarning) => {
    warnings.push(warning);
    await callHooks(hooks, 'onWarning', warning);
  };
  const info = (): CheckpointInfo => ({
    format: 'ssl-checkpoint/1',
    method: method.name,
    optimizer: optimizer.name,
    step,
    totalSteps,
    seed,
    batchSize: loader.batchSize,
    stepsPerEpoch,
    position: positionAt(step, stepsPerEpoch),
    loss: Number.isFinite(loss) ? loss : null,
    config: options.config ?? {},
  });
  const save = async (observers: readonly TrainHook[] = hooks) => {
    try {
      const event = await writer.save(state, info());
      if (event !== undefined) await callHooks(observers, 'onCheckpoint', event);
    } catch (error) {
      if (error instanceof HookError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      warnings.push({ kind: 'checkpoint-failed', step, message: `the checkpoint of step ${step} was not saved: ${reason}` });
      await callHooks(observers, 'onWarning', warnings.at(-1)!);
    }
  };

  const finish = (error?: unknown) =>
    callHooks(hooks, 'onEnd', { status, step, seconds: pace.seconds, state, ...(error === undefined ? {} : { error }) });

  const oneStep = async (batch: Parameters<typeof views.make>[0], waitSeconds: number, began: number) => {
    const { tensors, numbers } = scalarsAt(step);
    const made = await views.make(batch, step);
    let result;
    try {
      if (!checkedViews) checkViews(method, made, batch.shape[0]);
      checkedViews = true;
      result = await runner.run(state, made, tensors);
    } finally {
      disposeTree(made);
      disposeTree(tensors);
    }
    const values = await readStep(result);
    const bad = firstBadQuantity(values.loss, values.gradientNorms, trained);
    disposeTree(bad === undefined ? state : result.state);
    if (bad === undefined) {
      state = result.state;
      loss = values.loss;
    }
    step++;

    let embedding: EmbeddingHealth | undefined;
    const lookNow = settings.monitorEvery > 0 && step % settings.monitorEvery === 0 && bad === undefined;
    if (lookNow && result.monitored.outputs !== undefined) embedding = await embeddingHealth(result.monitored.outputs as Tensor2D);
    disposeTree(result.monitored);

    const seconds = (performance.now() - began) / 1000;
    pace.note(seconds);
    epochSeconds += seconds;
    const observed = { loss: values.loss, ...values.metrics };
    if (bad === undefined) {
      watch.note(observed);
      epochMeans.note(observed);
    } else {
      await warn({ kind: 'skipped-step', step, message: `step ${step} was thrown away: ${bad} is not finite.` });
    }
    const event: StepEvent = {
      step,
      totalSteps,
      epoch: Math.floor((step - 1) / stepsPerEpoch),
      loss: values.loss,
      metrics: values.metrics,
      ...numbers,
      gradientNorm: Math.hypot(...values.gradientNorms),
      skipped: bad !== undefined,
      seconds,
      waitSeconds,
      imagesPerSecond: pace.imagesPerSecond,
      remainingSeconds: pace.remaining(totalSteps - step),
      ...(embedding === undefined ? {} : { embedding }),
    };
    await callHooks(hooks, 'onStep', event);
    if (lookNow) for (const warning of watch.look(step, embedding)) await warn(warning);
    skips.note(bad, step, writer.newest);
    return bad === undefined;
  };

  const endOfEpoch = async () => {
    const { loss: mean = Number.NaN, ...metrics } = epochMeans.take();
    const epoch = step / stepsPerEpoch - 1;
    await callHooks(hooks, 'onEpoch', { epoch, step, loss: mean, metrics, seconds: epochSeconds, state });
    epochSeconds = 0;
  };

  try {
    await callHooks(hooks, 'onStart', {
      method: method.name,
      optimizer: optimizer.name,
      firstStep: step,
      totalSteps,
      stepsPerEpoch,
      batchSize: loader.batchSize,
      views: method.batch.views,
      accumulate: settings.accumulate,
      seed,
      parameters: trained.reduce((sum, path) => sum + (params[path]?.size ?? 0), 0),
      ...(resumedFrom === undefined ? {} : { resumedFrom }),
    });
    if (step < totalSteps && signal?.aborted !== true) {
      let began = performance.now();
      for await (const batch of loader.batches(positionAt(step, stepsPerEpoch))) {
        if (signal?.aborted) break;
        const good = await oneStep(batch, (performance.now() - began) / 1000, began);
        if (step % stepsPerEpoch === 0) await endOfEpoch();
        if (good && writer.due(step, stepsPerEpoch)) await save();
        if (step >= totalSteps || signal?.aborted) break;
        began = performance.now();
      }
    }
    if (step < totalSteps) status = 'interrupted';
    await save();
    await finish();
  } catch (error) {
    status = 'failed';
    // A hook that threw ends the run, but nothing that was trained is lost.
    if (error instanceof HookError) await save([]);
    const rest = hooks.filter(({ name }) => !(error instanceof HookError && error.hook === name));
    await callHooks(rest, 'onEnd', { status, step, seconds: pace.seconds, state, error }).catch(() => undefined);
    disposeTree(state);
    throw error;
  } finally {
    runner.dispose();
    views.dispose();
  }

  return {
    status,
    step,
    totalSteps,
    params: state.params,
    aux: state.aux,
    loss,
    skippedSteps: skips.total,
    warnings,
    ...(writer.newest === undefined ? {} : { checkpoint: writer.newest }),
    seconds: pace.seconds,
    images: (step - start.step) * loader.batchSize,
    dispose: () => disposeTree(state),
  };
}

/** Steps and batches are the same, so the step says where the loader stands. */
function positionAt(step: number, stepsPerEpoch: number): { epoch: number; batch: number } {
  return { epoch: Math.floor(step / stepsPerEpoch), batch: step % stepsPerEpoch };
}
