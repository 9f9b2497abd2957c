import type { SslMethod } from '../method/method.js';
import { CollapseWatch } from './collapse-watch.js';
import { callHooks } from './hooks.js';
import { Means, Pace } from './pace.js';
import type { StepValues } from './read-step.js';
import type { EmbeddingHealth, EndEvent, RunInfo, TrainHook, TrainWarning } from './train-hook.js';
import type { TrainState } from './train-state.js';

/** What the run looks like from outside: hooks, speed, means over epochs, warnings. It changes nothing in the run. */
export class Observer {
  readonly warnings: TrainWarning[] = [];
  readonly pace: Pace;
  private hooks: readonly TrainHook[];
  private readonly totalSteps: number;
  private readonly stepsPerEpoch: number;
  private readonly watch: CollapseWatch;
  private readonly means = new Means();
  private epochSeconds = 0;

  constructor(hooks: readonly TrainHook[], method: SslMethod, run: { batchSize: number; totalSteps: number; stepsPerEpoch: number }) {
    this.hooks = hooks;
    this.totalSteps = run.totalSteps;
    this.stepsPerEpoch = run.stepsPerEpoch;
    this.pace = new Pace(run.batchSize);
    this.watch = new CollapseWatch(method, run.batchSize);
  }

  start(info: RunInfo): Promise<void> {
    return callHooks(this.hooks, 'onStart', info);
  }

  async warn(warning: TrainWarning): Promise<void> {
    this.warnings.push(warning);
    await callHooks(this.hooks, 'onWarning', warning);
  }

  /** `bad` is the first quantity that was not finite; `looked` whether the monitor's turn has come. */
  async step(event: {
    readonly step: number;
    readonly values: StepValues;
    readonly rates: { readonly learningRate: number; readonly weightDecay: number };
    readonly bad: string | undefined;
    readonly looked: boolean;
    readonly embedding: EmbeddingHealth | undefined;
    readonly seconds: number;
    readonly waitSeconds: number;
  }): Promise<void> {
    const { step, values, bad, embedding, seconds, waitSeconds } = event;
    this.pace.note(seconds);
    this.epochSeconds += seconds;
    if (bad === undefined) {
      const observed = { loss: values.loss, ...values.metrics };
      this.watch.note(observed);
      this.means.note(observed);
    } else {
      await this.warn({ kind: 'skipped-step', step, message: `step ${step} was thrown away: ${bad} is not finite.` });
    }
    await callHooks(this.hooks, 'onStep', {
      step,
      totalSteps: this.totalSteps,
      epoch: Math.floor((step - 1) / this.stepsPerEpoch),
      loss: values.loss,
      metrics: values.metrics,
      ...event.rates,
      gradientNorm: Math.hypot(...values.gradientNorms),
      skipped: bad !== undefined,
      seconds,
      waitSeconds,
      imagesPerSecond: this.pace.imagesPerSecond,
      remainingSeconds: this.pace.remaining(this.totalSteps - step),
      ...(embedding === undefined ? {} : { embedding }),
    });
    if (event.looked) for (const warning of this.watch.look(step, embedding)) await this.warn(warning);
  }

  async epoch(step: number, state: TrainState): Promise<void> {
    const { loss = Number.NaN, ...metrics } = this.means.take();
    const seconds = this.epochSeconds;
    this.epochSeconds = 0;
    await callHooks(this.hooks, 'onEpoch', { epoch: step / this.stepsPerEpoch - 1, step, loss, metrics, seconds, state });
  }

  checkpoint(event: Parameters<NonNullable<TrainHook['onCheckpoint']>>[0]): Promise<void> {
    return callHooks(this.hooks, 'onCheckpoint', event);
  }

  end(event: EndEvent): Promise<void> {
    return callHooks(this.hooks, 'onEnd', event);
  }

  /** After a hook threw: it is not called again. */
  drop(name: string): void {
    this.hooks = this.hooks.filter((hook) => hook.name !== name);
  }
}
