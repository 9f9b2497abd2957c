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

/** Folders of the control group of this process and of the groups above it, which limit it too. */
function groupsAbove(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`).concat('');
}

/** The path in a line of /proc/self/cgroup, `0::/user.slice` (version 2) or `4:cpu,cpuacct:/docker/1a2b` (version 1). */
function groupPath(groups: string | undefined, controller: string): string {
  const line = groups?.split('\n').find((text) => text.split(':')[1]?.split(',').includes(controller));
  return line?.split(':').slice(2).join(':') ?? '';
}

function coresOf(quota: string | undefined, period: string | undefined): number[] {
  const cores = Number(quota ?? NaN) / Number(period ?? NaN);
  return Number.isFinite(cores) && cores > 0 ? [cores] : [];
}

/**
 * Cores that control groups grant, which may be a fraction; undefined without a limit. The group of the process and all above
 * it are looked at: inside a container the root is the container's own, on a host (systemd, Slurm) the limit is deeper.
 */
export function cgroupCores(read: ReadText = readText): number | undefined {
  const groups = read('/proc/self/cgroup');
  const second = groupsAbove(groupPath(groups, '')).flatMap((folder) => coresOf(...splitLimit(read(`/sys/fs/cgroup${folder}/cpu.max`))));
  const first = groupsAbove(groupPath(groups, 'cpu')).flatMap((folder) => {
    const file = (name: string): string | undefined => read(`/sys/fs/cgroup/cpu${folder}/${name}`);
    return coresOf(file('cpu.cfs_quota_us'), file('cpu.cfs_period_us'));
  });
  const limits = [...second, ...first];
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function splitLimit(text: string | undefined): [quota: string | undefined, period: string | undefined] {
  const [quota, period] = text?.split(' ') ?? [];
  return [quota, period];
}

/** Threads that this process can run at the same time: its CPU affinity, cut to the control group's limit (v2 or v1). */
export function availableCores(): number {
  const limit = cgroupCores();
  const cores = availableParallelism();
  return limit === undefined ? cores : Math.max(1, Math.min(cores, Math.ceil(limit)));
}
