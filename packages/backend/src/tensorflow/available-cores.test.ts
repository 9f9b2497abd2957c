import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { availableCores, cgroupCores } from './available-cores.js';

const files = (contents: Record<string, string>) => (path: string) => contents[path];

test('reads the limit of control groups, version 2 and 1', () => {
  expect(cgroupCores(files({ '/sys/fs/cgroup/cpu.max': '150000 100000' }))).toBe(1.5);
  expect(cgroupCores(files({ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }))).toBe(4);
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
