import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** What the file system says of NVIDIA GPUs; replaced in tests. */
export interface GpuProbe {
  readonly platform: NodeJS.Platform;
  exists(path: string): boolean;
  list(folder: string): readonly string[];
  read(path: string): string;
}

const fileSystem: GpuProbe = {
  platform: process.platform,
  exists: existsSync,
  list: (folder) => readdirSync(folder),
  read: (path) => readFileSync(path, 'utf8'),
};

const libraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/wsl/lib',
  '/usr/local/cuda/compat',
];

/** Why TensorFlow cannot use an NVIDIA GPU here, or nothing where driver and device are in place. */
export function nvidiaObstacle(probe: GpuProbe = fileSystem): string | undefined {
  if (probe.platform !== 'linux') return `TensorFlow supports NVIDIA GPUs on Linux, this is ${probe.platform}`;
  const wsl = probe.exists('/dev/dxg');
  if (!wsl && !probe.exists('/dev/nvidiactl')) {
    return probe.exists('/proc/driver/nvidia')
      ? 'the NVIDIA driver is loaded, but there is no /dev/nvidiactl (in a container: start it with --gpus all)'
      : 'no NVIDIA GPU: neither /dev/nvidiactl nor /proc/driver/nvidia exists';
  }
  if (!wsl && !probe.list('/dev').some((name) => /^nvidia\d+$/.test(name))) {
    return 'the NVIDIA driver is loaded, but there is no /dev/nvidia0 (in a container: start it with --gpus all)';
  }
  if (!libraryFolders.some((folder) => probe.exists(`${folder}/libcuda.so.1`))) {
    return 'the driver library libcuda.so.1 was not found; install the NVIDIA driver';
  }
  return undefined;
}

/** Names of the GPUs as the driver reports them: 'NVIDIA H100 80GB HBM3'. */
export function nvidiaGpuNames(probe: GpuProbe = fileSystem): string[] {
  const root = '/proc/driver/nvidia/gpus';
  if (!probe.exists(root)) return [];
  return probe.list(root).flatMap((slot) => {
    const model = /^Model:\s*(.+)$/m.exec(probe.read(`${root}/${slot}/information`));
    return model?.[1] === undefined ? [] : [model[1].trim()];
  });
}
