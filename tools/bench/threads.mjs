import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Cores that this process really has: the scheduler's set, cut by the control group's quota. */
export function availableThreads() {
  const quota = '/sys/fs/cgroup/cpu.max';
  const [limit, period] = existsSync(quota) ? readFileSync(quota, 'utf8').trim().split(' ') : ['max'];
  const cores = availableParallelism();
  return limit === 'max' ? cores : Math.max(1, Math.min(cores, Math.floor(Number(limit) / Number(period))));
}
