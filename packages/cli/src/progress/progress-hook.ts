import type { EmbeddingHealth, RunInfo, StepEvent, TrainHook } from '@ssl/core';
import { inFlags } from '../program/option-names.js';
import { formatBytes, formatCount, formatDuration, formatNumber } from './format.js';
import type { Output } from './output.js';

const redrawMilliseconds = 100;
const plainMilliseconds = 5000;

/** Shows a run as it goes: a live block in a terminal, a line every few seconds in a pipe, events as JSON. */
export function progressHook(output: Output, clock: () => number = () => performance.now()): TrainHook {
  let run: RunInfo | undefined;
  let health: EmbeddingHealth | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let smoothed: number | undefined;
  return {
    name: 'progress',
    onStart(info) {
      run = info;
      output.event('start', { ...info });
      const from = info.firstStep > 0 ? `, going on at step ${formatCount(info.firstStep)}` : '';
      output.line(`Training ${info.method}: ${formatCount(info.totalSteps)} steps of ${formatCount(info.batchSize)} images, ${formatCount(info.parameters)} parameters${from}.`);
    },
    onStep(event) {
      if (run === undefined) return;
      health = event.embedding ?? health;
      if (!event.skipped) smoothed = smoothed === undefined ? event.loss : 0.9 * smoothed + 0.1 * event.loss;
      output.event('step', stepFields(event));
      const now = clock();
      const final = event.step === event.totalSteps;
      const pause = output.mode === 'terminal' ? redrawMilliseconds : plainMilliseconds;
      if (now - last < pause && !final && !(event.step === run.firstStep + 1)) return;
      last = now;
      const words = describeStep(run, event, smoothed ?? event.loss, health);
      if (output.mode === 'terminal') output.live(`${progressBar(event.step / event.totalSteps)}  ${words.join('  ')}`);
      else output.line(words.join('  '));
    },
    onCheckpoint(event) {
      output.event('checkpoint', { ...event });
      output.event('saved', { path: event.path, size: formatBytes(event.bytes) });
    },
    onWarning(warning) {
      output.event('warning', { ...warning, message: inFlags(warning.message) });
      output.warn(`Warning (step ${formatCount(warning.step)}): ${warning.message}`);
    },
    onEnd(event) {
      output.event('end', { status: event.status, step: event.step, seconds: event.seconds });
      output.liveDone();
    },
  };
}

function stepFields({ embedding, ...fields }: StepEvent): Record<string, unknown> {
  return { ...fields, ...(embedding === undefined ? {} : { embedding }) };
}

function describeStep(run: RunInfo, event: StepEvent, loss: number, health: EmbeddingHealth | undefined): string[] {
  const epochs = Math.ceil(event.totalSteps / run.stepsPerEpoch);
  return [
    `epoch ${String(Math.min(event.epoch + 1, epochs))}/${String(epochs)}`,
    `step ${formatCount(event.step)}/${formatCount(event.totalSteps)}`,
    `loss ${loss.toFixed(3)}`,
    `${formatCount(event.imagesPerSecond)} images/s`,
    ...(health === undefined ? [] : [`spread ${formatNumber(health.spread / health.spreadReference)} of 1`]),
    `${formatDuration(event.remainingSeconds)} left`,
  ];
}

function progressBar(fraction: number): string {
  const width = 24;
  const filled = Math.round(width * Math.min(1, Math.max(0, fraction)));
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}
