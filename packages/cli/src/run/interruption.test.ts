import { EventEmitter } from 'node:events';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { describeEnding, exitCodeOf, listenForEndings, type Ending } from './endings.js';
import { watchInterruption } from './interruption.js';

afterEach(() => {
  vi.restoreAllMocks();
});

test('the first signal aborts once; its echo from the parent process is the same press', async () => {
  const told = vi.fn();
  const interruption = watchInterruption({ onFirst: told });
  try {
    expect(interruption.signal.aborted).toBe(false);
    process.emit('SIGINT');
    process.emit('SIGINT');
    process.emit('SIGTERM');
    await wait(1);
    expect(interruption.signal.aborted).toBe(true);
    expect(told).toHaveBeenCalledTimes(1);
    expect(interruption.ending).toEqual({ kind: 'signal', signal: 'SIGINT' });
  } finally {
    interruption.stop();
  }
  expect(process.listenerCount('SIGINT')).toBe(0);
});

test.each([
  ['SIGINT', 'SIGINT', true],
  ['SIGTERM', 'SIGINT', true],
  ['SIGTERM', 'SIGTERM', true],
  ['SIGUSR1', 'SIGTERM', false], // a warning of the scheduler, then its end: saving goes on
  ['SIGXCPU', 'SIGXCPU', false], // comes every second
  ['SIGHUP', 'SIGHUP', false],
] as const)('%s and later %s: at once is %s', (first, second, atOnce) => {
  const end = vi.fn();
  const onImpatience = vi.fn();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  const interruption = watchInterruption({ onFirst: () => undefined, onImpatience, end });
  process.emit(first);
  clock.mockReturnValue(5000);
  process.emit(second);
  expect(end).toHaveBeenCalledTimes(atOnce ? 1 : 0);
  expect(onImpatience).toHaveBeenCalledTimes(atOnce ? 1 : 0);
  interruption.stop();
  expect(process.listenerCount(second)).toBe(0);
});

/** A process whose streams are a terminal or not. */
function fakeProcess(terminal: boolean) {
  const lines: string[] = [];
  const stream = () => Object.assign(new EventEmitter(), { isTTY: terminal, write: (text: string) => lines.push(text) });
  return { sources: Object.assign(new EventEmitter(), { stdout: stream(), stderr: stream() }), lines };
}

function endingsOf(terminal: boolean, act: (sources: ReturnType<typeof fakeProcess>['sources']) => void, isKept = false): { endings: Ending[]; lines: string[] } {
  const endings: Ending[] = [];
  const { sources, lines } = fakeProcess(terminal);
  const stop = listenForEndings((ending) => endings.push(ending), { sources, isKept });
  act(sources);
  stop();
  expect([...sources.eventNames(), ...sources.stdout.eventNames(), ...sources.stderr.eventNames()]).toEqual([]);
  return { endings, lines };
}

const failure = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
  ['SIGUSR1', 138],
  ['SIGUSR2', 140],
  ['SIGALRM', 142],
  ['SIGXCPU', 152],
] as const)('%s ends with %s', (signal, code) => {
  const { endings } = endingsOf(false, (sources) => sources.emit(signal));
  expect(endings).toEqual([{ kind: 'signal', signal }]);
  expect(endings.map(exitCodeOf)).toEqual([code]);
});

test('under nohup a terminal that is closed ends nothing', () => {
  expect(endingsOf(false, (sources) => sources.emit('SIGHUP'), true).endings).toEqual([]);
});

test('a closed pipe ends with the code of SIGPIPE, whichever stream it is', () => {
  const { endings } = endingsOf(false, ({ stdout, stderr }) => {
    stdout.emit('error', failure('EPIPE'));
    stderr.emit('error', failure('EPIPE'));
  });
  expect(endings.map(describeEnding)).toEqual(['Standard output was closed (EPIPE)', 'Standard error was closed (EPIPE)']);
  expect(endings.map(exitCodeOf)).toEqual([141, 141]);
});

test('a terminal that is gone is the signal that goes with it', () => {
  const { endings } = endingsOf(true, ({ stdout }) => stdout.emit('error', failure('EIO')));
  expect(endings).toEqual([{ kind: 'signal', signal: 'SIGHUP' }]);
});

test('a full disk below standard output costs lines, not the work, and is said once', () => {
  const { endings, lines } = endingsOf(false, ({ stdout }) => {
    stdout.emit('error', failure('ENOSPC'));
    stdout.emit('error', failure('ENOSPC'));
  });
  expect(endings).toEqual([]);
  expect(lines).toEqual([expect.stringMatching(/standard output is written to is full \(ENOSPC\); lines are lost, the work goes on/)]);
});

test('an error that nobody caught is an ending with code 1', () => {
  const stray = new Error('stray');
  const { endings } = endingsOf(false, (sources) => sources.emit('uncaughtException', stray));
  expect(endings).toEqual([{ kind: 'error', error: stray }]);
  expect(endings.map(exitCodeOf)).toEqual([1]);
});
