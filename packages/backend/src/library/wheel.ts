import { SslError } from '@ssl/core';

/** Version of TensorFlow whose C API this package was written and tested for. */
export const tensorflowVersion = '2.21.0';

export type LibraryVariant = 'cpu' | 'cuda';

/** One wheel of PyPI that carries libtensorflow, with what it must hash to. */
export interface Wheel {
  /** Name of the cached folder. */
  readonly key: string;
  /** What pip is asked for. */
  readonly requirement: string;
  /** pip's platform tag. It is named since the C library suits any Python, the user's newest one included. */
  readonly platformTag: string;
  readonly sha256: string;
  /** Bytes to fetch and bytes on disk; for a wheel that was never unpacked by us, about. */
  readonly downloadBytes: number;
  readonly unpackedBytes: number;
  /** Members to unpack: the libraries, with their sha256 where it was recorded. */
  readonly members: readonly WheelMember[];
  /** Fetch the NVIDIA wheels that TensorFlow's `and-cuda` extra names, too. */
  readonly cuda: boolean;
}

export interface WheelMember {
  readonly path: string;
  readonly sha256?: string;
  readonly optional?: boolean;
}

const notices: WheelMember = { path: 'tensorflow/THIRD_PARTY_NOTICES.txt', optional: true };

function linuxMembers(framework?: string, runtime?: string): WheelMember[] {
  return [
    { path: 'tensorflow/libtensorflow_framework.so.2', ...(framework === undefined ? {} : { sha256: framework }) },
    { path: 'tensorflow/libtensorflow_cc.so.2', ...(runtime === undefined ? {} : { sha256: runtime }) },
    notices,
  ];
}

const wheels: Readonly<Record<string, Omit<Wheel, 'key'>>> = {
  'cpu linux x64': {
    requirement: `tensorflow-cpu==${tensorflowVersion}`,
    platformTag: 'manylinux_2_27_x86_64',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    downloadBytes: 273_829_956,
    unpackedBytes: 853_775_914,
    members: linuxMembers(
      'f060b323b26ef80add21b9df9428de3aeaf2843d772c5bb098745f7abff3709b',
      '6505a4b9657e62100c6bdacb683957a395cb047725042945aaa50e40a71e429e',
    ),
    cuda: false,
  },
  // Not tried: no such machine. The wheel's checksum is the index's; members are not pinned one by one.
  'cpu linux arm64': {
    requirement: `tensorflow==${tensorflowVersion}`,
    platformTag: 'manylinux_2_27_aarch64',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    downloadBytes: 280e6,
    unpackedBytes: 850e6,
    members: linuxMembers(),
    cuda: false,
  },
  'cpu darwin arm64': {
    requirement: `tensorflow==${tensorflowVersion}`,
    platformTag: 'macosx_12_0_arm64',
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
    downloadBytes: 250e6,
    unpackedBytes: 800e6,
    members: [
      { path: 'tensorflow/libtensorflow_framework.2.dylib' },
      { path: 'tensorflow/libtensorflow_cc.2.dylib' },
      notices,
    ],
    cuda: false,
  },
  'cuda linux x64': {
    requirement: `tensorflow==${tensorflowVersion}`,
    platformTag: 'manylinux_2_27_x86_64',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    downloadBytes: 3e9,
    unpackedBytes: 6e9,
    members: linuxMembers(),
    cuda: true,
  },
};

/** The wheel for this machine; throws an SslError where PyPI has none. */
export function wheelFor(
  variant: LibraryVariant,
  platform: string = process.platform,
  architecture: string = process.arch,
): Wheel {
  const wheel = wheels[`${variant} ${platform} ${architecture}`];
  if (wheel === undefined) {
    throw new SslError(
      `libtensorflow (${variant}) is fetched for ${Object.keys(wheels)
        .filter((name) => name.startsWith(`${variant} `))
        .map((name) => name.slice(variant.length + 1))
        .join(', ')}; this machine is ${platform} ${architecture}. Set SSL_LIBTENSORFLOW to a folder with a libtensorflow ${tensorflowVersion} of your own, or use device 'wasm'.`,
      { from: '@ssl/backend' },
    );
  }
  return { key: `libtensorflow-${tensorflowVersion}-${variant}-${platform}-${architecture}`, ...wheel };
}

/** File names of the two libraries, the one to load first in front. */
export function libraryFiles(platform: string = process.platform): readonly [framework: string, runtime: string] {
  return platform === 'darwin'
    ? ['libtensorflow_framework.2.dylib', 'libtensorflow_cc.2.dylib']
    : ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'];
}
