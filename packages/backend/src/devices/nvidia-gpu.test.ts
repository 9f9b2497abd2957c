import { describe, expect, it } from 'vitest';
import { nvidiaGpuNames, nvidiaObstacle, type GpuProbe } from './nvidia-gpu.js';

/** A machine that has these files. */
function machine(files: Record<string, string>, platform: NodeJS.Platform = 'linux'): GpuProbe {
  const names = Object.keys(files);
  return {
    platform,
    exists: (path) => names.some((name) => name === path || name.startsWith(`${path}/`)),
    list: (folder) => [...new Set(names.filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1).split('/')[0]!))],
    read: (path) => files[path] ?? '',
  };
}

const driver = { '/dev/nvidiactl': '', '/dev/nvidia0': '' };

describe('nvidiaObstacle', () => {
  it.each([
    ['no GPU', {}, 'no NVIDIA GPU: neither /dev/nvidiactl nor /proc/driver/nvidia exists'],
    ['a container without access', { '/proc/driver/nvidia/version': '' }, /there is no \/dev\/nvidiactl \(in a container: start it with --gpus all\)/],
    ['a driver without a GPU', { '/dev/nvidiactl': '' }, /there is no \/dev\/nvidia0/],
    ['no driver library', driver, /libcuda\.so\.1 was not found; install the NVIDIA driver/],
  ])('explains %s', (_, files, reason) => {
    expect(nvidiaObstacle(machine(files))).toMatch(reason);
  });

  it('explains other systems', () => {
    expect(nvidiaObstacle(machine(driver, 'darwin'))).toBe('TensorFlow supports NVIDIA GPUs on Linux, this is darwin');
  });

  it('finds nothing on a machine with a GPU, and under WSL', () => {
    expect(nvidiaObstacle(machine({ ...driver, '/usr/lib/x86_64-linux-gnu/libcuda.so.1': '' }))).toBeUndefined();
    expect(nvidiaObstacle(machine({ '/dev/dxg': '', '/usr/lib/wsl/lib/libcuda.so.1': '' }))).toBeUndefined();
  });
});

describe('nvidiaGpuNames', () => {
  it('reads them from the driver', () => {
    const probe = machine({ '/proc/driver/nvidia/gpus/0000:01:00.0/information': 'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 16\n' });
    expect(nvidiaGpuNames(probe)).toEqual(['NVIDIA H100 80GB HBM3']);
    expect(nvidiaGpuNames(machine({}))).toEqual([]);
  });
});
