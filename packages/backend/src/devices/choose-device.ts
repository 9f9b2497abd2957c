import { SslError } from '@ssl/core';
import type { BackendSettings, Candidate, CandidateReport, StartedDevice } from './candidate.js';
import type { ConcreteDevice, Device } from './device.js';

export interface Choice {
  readonly device: ConcreteDevice;
  readonly started: StartedDevice;
  /** One entry a candidate, in the order of preference. */
  readonly candidates: readonly CandidateReport[];
}

/**
 * Starts the wanted device, or for 'auto' the first candidate that works, and reports on all of them.
 *
 * @param candidates in the order of preference
 * @throws SslError with every reason where nothing works
 */
export async function chooseDevice(
  wanted: Device,
  candidates: readonly Candidate[],
  settings: BackendSettings,
): Promise<Choice> {
  const reports: CandidateReport[] = [];
  let taken: { device: ConcreteDevice; started: StartedDevice } | undefined;
  let cause: unknown;
  for (const candidate of candidates) {
    const { device } = candidate;
    const report = (outcome: CandidateReport['outcome'], reason: string, implementation = candidate.implementation): void => {
      reports.push({ device, implementation, outcome, reason });
    };
    const obstacle = await candidate.obstacle(settings);
    if (obstacle !== undefined) {
      report('unavailable', obstacle);
    } else if (taken !== undefined) {
      report('available', `not needed: '${taken.device}' works`);
    } else if (wanted !== 'auto' && wanted !== device) {
      report('available', `not asked for: the device is set to '${wanted}'`);
    } else {
      try {
        const started = await candidate.start(settings);
        taken = { device, started };
        report('taken', wanted === 'auto' ? 'the first that works' : 'asked for', started.implementation);
      } catch (error) {
        settings.signal?.throwIfAborted();
        cause = error;
        report('failed', error instanceof Error ? error.message : String(error));
      }
    }
  }
  if (taken !== undefined) return { ...taken, candidates: reports };
  const asked = reports.find((entry) => entry.device === wanted);
  if (asked !== undefined) {
    throw new SslError(
      `device '${wanted}' (${asked.implementation}) was asked for, but it does not work here: ${asked.reason}${/[.!?)]$/.test(asked.reason) ? '' : '.'} Repair that, or take device 'auto'.`,
      { from: '@ssl/backend', cause },
    );
  }
  const reasons = reports.map((entry) => `\n  ${entry.device}: ${entry.reason}`).join('');
  throw new SslError(`one working device is needed, but none was found:${reasons}\nRepair one of them; \`ssl doctor\` shows this list.`, {
    from: '@ssl/backend',
    cause,
  });
}
