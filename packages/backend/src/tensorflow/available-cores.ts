import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Reads a file, or nothing when it is not there. */
type ReadText = (path: string) => string | undefined;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Cores that the control group grants, which may be a fraction; undefined without a limit. */
export function cgroupCores(read: ReadText = readText): number | undefined {
  const [quota, period] = read('/sys/fs/cgroup/cpu.max')?.split(' ').map(Number) ?? [
    Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? NaN),
    Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? NaN),
  ];
  const cores = (quota ?? NaN) / (period ?? NaN);
  return Number.isFinite(cores) && cores > 0 ? cores : undefined;
}

/** Threads that this process can run at the same time: its CPU affinity, cut to the control group's limit (v2 or v1). */
export function availableCores(): number {
  const limit = cgroupCores();
  const cores = availableParallelism();
  return limit === undefined ? cores : Math.max(1, Math.min(cores, Math.ceil(limit)));
}
