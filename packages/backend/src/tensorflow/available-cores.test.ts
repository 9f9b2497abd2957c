import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { availableCores, cgroupCores } from './available-cores.js';

const files = (contents: Record<string, string>) => (path: string) => contents[path];

test('reads the limit of control groups, version 2 and 1', () => {
  expect(cgroupCores(files({ '/sys/fs/cgroup/cpu.max': '150000 100000' }))).toBe(1.5);
  expect(cgroupCores(files({ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }))).toBe(4);
});

test('finds the limit of the group that the process is in, and the tightest above it', () => {
  const slurm = { '/proc/self/cgroup': '0::/system.slice/job_7/step_0', '/sys/fs/cgroup/cpu.max': 'max 100000', '/sys/fs/cgroup/system.slice/job_7/cpu.max': '200000 100000' };
  expect(cgroupCores(files(slurm))).toBe(2);
  expect(cgroupCores(files({ ...slurm, '/sys/fs/cgroup/system.slice/job_7/step_0/cpu.max': '300000 100000' }))).toBe(2);
  expect(cgroupCores(files({ ...slurm, '/sys/fs/cgroup/system.slice/job_7/step_0/cpu.max': '100000 100000' }))).toBe(1);
  const docker = { '/proc/self/cgroup': '11:cpu,cpuacct:/docker/1a\n0::/', '/sys/fs/cgroup/cpu/docker/1a/cpu.cfs_quota_us': '150000', '/sys/fs/cgroup/cpu/docker/1a/cpu.cfs_period_us': '100000' };
  expect(cgroupCores(files(docker))).toBe(1.5);
});

test('the affinity of the process counts', () => {
  if (process.platform !== 'linux') return;
  const script = `import { availableCores } from ${JSON.stringify(new URL('./available-cores.ts', import.meta.url).href)}; console.log(availableCores());`;
  const tsx = new URL('../../../../node_modules/tsx/dist/esm/index.mjs', import.meta.url).href;
  const out = execFileSync('taskset', ['-c', '0', process.execPath, '--import', tsx, '--input-type=module', '-e', script], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  expect(out.trim()).toBe('1');
});

test('no limit is no number', () => {
  expect(cgroupCores(files({ '/sys/fs/cgroup/cpu.max': 'max 100000' }))).toBeUndefined();
  expect(cgroupCores(files({ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }))).toBeUndefined();
  expect(cgroupCores(files({}))).toBeUndefined();
});

test('the process has at least one core and no more than the machine gives it', () => {
  expect(availableCores()).toBeGreaterThanOrEqual(1);
  expect(availableCores()).toBeLessThanOrEqual(availableParallelism());
});
