import type { EventEmitter } from 'node:events';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { constants, devNull } from 'node:os';
import process from 'node:process';
import { isatty } from 'node:tty';
import { exitCodes } from '../exit-codes.js';

/** What ends a command before its work is done. */
export type Ending =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  /** Nobody reads what is written: `| head`, a `tee` that died. */
  | { readonly kind: 'reader'; readonly stream: OutputName; readonly reason: string }
  /** Thrown where nobody caught it. */
  | { readonly kind: 'error'; readonly error: unknown };

type OutputName = 'standard output' | 'standard error';

/** Every signal that ends a program unless it is caught and that Node can catch. SIGUSR1 would open a debugger's port. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU', 'SIGALRM', 'SIGVTALRM', 'SIGPWR', 'SIGIO', 'SIGSTKFLT', 'SIGBREAK'] as const;

/** Errors of a full disk: lines are lost, the work is not. */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

type Emitter = Pick<EventEmitter, 'on' | 'off'>;

/** A process, or what a test puts in its place. */
export interface EndingSources extends Emitter {
  readonly stdout: Emitter & { readonly isTTY?: boolean };
  readonly stderr: Emitter & { readonly isTTY?: boolean; write(text: string): unknown };
}

export interface ListenOptions {
  /** Signals that are taken; all that can be, if left out. */
  readonly signals?: readonly NodeJS.Signals[];
  readonly sources?: EndingSources;
  /** Does the process outlive its terminal, as under nohup? */
  readonly isKept?: boolean;
}

/** Listens for what can end a process before its work is done; returns what stops it. */
export function listenForEndings(take: (ending: Ending) => void, { signals = endingSignals, sources = process, isKept = outlivesTerminal() }: ListenOptions = {}): () => void {
  const told = new Set<OutputName>();
  const onSignal = (signal: NodeJS.Signals) => (): void => {
    if (signal !== 'SIGHUP' || !isKept) take({ kind: 'signal', signal });
  };
  const onError = (error: unknown): void => {
    take({ kind: 'error', error });
  };
  const onStream = (stream: OutputName, terminal: boolean) => (error: NodeJS.ErrnoException): void => {
    const reason = error.code ?? error.message;
    if (!full.has(reason)) {
      take(terminal ? { kind: 'signal', signal: 'SIGHUP' } : { kind: 'reader', stream, reason });
      return;
    }
    if (!told.has(stream) && stream === 'standard output') sources.stderr.write(`The disk that standard output is written to is full (${reason}); lines are lost, the work goes on.\n`);
    told.add(stream);
  };
  const stops = [
    ...[...new Set(isKept ? [...signals, 'SIGHUP' as const] : signals)].map((signal) => listen(sources, signal, onSignal(signal))),
    listen(sources, 'uncaughtException', onError),
    listen(sources.stdout, 'error', onStream('standard output', sources.stdout.isTTY === true)),
    listen(sources.stderr, 'error', onStream('standard error', sources.stderr.isTTY === true)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function listen(emitter: Emitter, event: string, listener: (value: never) => void): () => void {
  emitter.on(event, listener as () => void);
  return () => {
    emitter.off(event, listener as () => void);
  };
}

interface Taker {
  readonly take: (ending: Ending) => void;
  readonly signals: readonly NodeJS.Signals[];
}

const takers: Taker[] = [];
let stopListening: (() => void) | undefined;

/**
 * Hands the endings of this process to `take` until the returned function is called; who came last is asked.
 *
 * @param signals - Those that are taken; others end the process at once, a long computation too, in which no listener is called.
 */
export function takeEndings(take: (ending: Ending) => void, signals: readonly NodeJS.Signals[] = endingSignals): () => void {
  const taker = { take, signals };
  takers.push(taker);
  listenForLast();
  return () => {
    const place = takers.indexOf(taker);
    if (place < 0) return;
    takers.splice(place, 1);
    listenForLast();
  };
}

function listenForLast(): void {
  const last = takers.at(-1);
  const before = stopListening;
  stopListening = last === undefined ? undefined : listenForEndings(last.take, { signals: last.signals });
  before?.(); // now, so that no signal comes in between
}

/** The exit code of an ending, as shells count: 128 and the number of the signal; 1 after an error. */
export function exitCodeOf(ending: Ending): number {
  return ending.kind === 'error' ? exitCodes.error : exitCodes.signalled(constants.signals[signalOf(ending)]);
}

/** For messages: 'SIGTERM', 'Standard output was closed (EPIPE)'. */
export function describeEnding(ending: Ending): string {
  switch (ending.kind) {
    case 'signal':
      return ending.signal;
    case 'reader':
      return `${ending.stream === 'standard output' ? 'Standard output' : 'Standard error'} was closed (${ending.reason})`;
    case 'error':
      return 'An error outside of the work itself';
  }
}

/** Ends the process at once, files that are half written removed: by the signal itself, so that no engine at work is torn down. */
export function endNow(ending: Ending): void {
  process.emit('exit', exitCodeOf(ending)); // what listens removes temporary files
  if (ending.kind !== 'error' && process.platform !== 'win32') {
    const signal = signalOf(ending);
    // Node ignores SIGPIPE; a listener that comes and goes leaves the system's own handling.
    process.on(signal, () => undefined);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(exitCodeOf(ending));
}

/**
 * To be called when the process starts: Node aborts when it ends and a terminal that it was started in is gone, so the
 * descriptors of such a terminal are given up before.
 */
export function surviveLostTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals) {
      if (isatty(descriptor)) continue;
      closeSync(descriptor);
      openSync(devNull, 'r+'); // takes the lowest free descriptor, which is this one
    }
  });
}

/** SIGPIPE is what ends other programs whose reader is gone. */
function signalOf(ending: Exclude<Ending, { kind: 'error' }>): NodeJS.Signals {
  return ending.kind === 'signal' ? ending.signal : 'SIGPIPE';
}

/**
 * True under `nohup`: it asks that SIGHUP is ignored, which Node takes back when it starts, and gives a standard input that can only be
 * written to.
 */
function outlivesTerminal(): boolean {
  try {
    if (process.platform === 'win32' || fstatSync(0).rdev !== statSync(devNull).rdev) return false;
    readSync(0, new Uint8Array(1));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBADF';
  }
}
