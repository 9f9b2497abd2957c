import { describe, expect, it } from 'vitest';
import { useBackend } from '../use-backend.js';
import { checkForSecondCore, loadedCoreCopies } from './second-tfjs-core.js';

const file = (root: string): string => `${root}/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js`;
const versions = (folder: string): string => (folder.startsWith('/old') ? '3.21.0' : '4.22.0');

describe('loadedCoreCopies', () => {
  it('counts each folder once and leaves other packages alone', () => {
    const copies = loadedCoreCopies(
      [file('/app'), '/app/node_modules/@tensorflow/tfjs-core/dist/ops/add.js', '/app/node_modules/@tensorflow/tfjs-core/node_modules/long/dist/long.js', '/app/node_modules/koffi/index.js', file('/old')],
      versions,
    );
    expect(copies).toEqual([
      { folder: '/app/node_modules/@tensorflow/tfjs-core', version: '4.22.0' },
      { folder: '/old/node_modules/@tensorflow/tfjs-core', version: '3.21.0' },
    ]);
  });
});

describe('checkForSecondCore', () => {
  it('is content with one copy', async () => {
    await useBackend({ device: 'js' });
    expect(checkForSecondCore(loadedCoreCopies([file('/app')], versions))).toEqual([]);
    expect(checkForSecondCore()).toEqual([]);
  });

  it('notes two copies of one version', () => {
    expect(checkForSecondCore(loadedCoreCopies([file('/app'), file('/lib')], versions))).toEqual([
      expect.stringContaining('@tensorflow/tfjs-core is loaded twice: 4.22.0 in /app/node_modules, 4.22.0 in /lib/node_modules.'),
    ]);
  });

  it('refuses two versions', () => {
    expect(() => checkForSecondCore(loadedCoreCopies([file('/app'), file('/old')], versions))).toThrow(
      /one copy of @tensorflow\/tfjs-core is needed, but 2 are loaded: 4\.22\.0 in \/app\/node_modules, 3\.21\.0 in \/old\/node_modules[^]*npm dedupe/,
    );
  });
});
