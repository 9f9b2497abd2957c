import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** Enough of a process to tell it from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The boot of the system, where it has a name (Linux). */
  readonly boot?: string;
  /** In which the number counts: containers have their own (Linux). */
  readonly pidNamespace?: string;
  /** When the process started, in ticks since the boot (Linux). */
  readonly started?: string;
}

/** 'unknown': on another machine, or in another container, so that its number says nothing here. */
export type ProcessState = 'running' | 'gone' | 'unknown';

/** Of this process. */
export function thisProcess(): ProcessIdentity {
  const boot = bootName();
  const pidNamespace = namespaceName();
  const started = startOf(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    ...(boot === undefined ? {} : { boot }),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
    ...(started === undefined ? {} : { started }),
  };
}

/**
 * Whether a process still runs: one with its number that started at another time is another one.
 *
 * @param seen - When it was last seen, in milliseconds since 1970: tells where its start is not known.
 */
export function processState({ pid, host, boot, pidNamespace, started }: ProcessIdentity, seen?: number): ProcessState {
  if (host !== hostname()) return 'unknown';
  if (differ(boot, bootName()) || differ(pidNamespace, namespaceName())) return 'unknown';
  if (!exists(pid)) return 'gone';
  const now = startOf(pid);
  // Not Linux, or hidden: the number is all there is, and that the machine has not been started anew since.
  if (now === undefined) return seen !== undefined && seen < Date.now() - uptime() * 1000 - 60_000 ? 'gone' : 'running';
  if (started !== undefined) return now === started ? 'running' : 'gone';
  const began = timeOf(now);
  return seen !== undefined && began !== undefined && began > seen + 2000 ? 'gone' : 'running';
}

function differ(there: string | undefined, here: string | undefined): boolean {
  return there !== undefined && here !== undefined && there !== here;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

function bootName(): string | undefined {
  return read('/proc/sys/kernel/random/boot_id')?.trim();
}

function namespaceName(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

/** Field 22 of `/proc/<pid>/stat`, counted after the name, which may hold anything. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${String(pid)}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** Ticks since the boot as milliseconds since 1970; Linux counts 100 a second for programs on every processor. */
function timeOf(ticks: string): number | undefined {
  const boot = /^btime (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1];
  return boot === undefined ? undefined : Number(boot) * 1000 + Number(ticks) * 10;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
