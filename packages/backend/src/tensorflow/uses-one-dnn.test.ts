import { afterEach, expect, test, vi } from 'vitest';
import { usesOneDnn } from './uses-one-dnn.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.runIf(process.arch === 'x64')('without TF_ENABLE_ONEDNN_OPTS: true', () => {
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', undefined);
  expect(usesOneDnn()).toBe(true);
});

test.runIf(process.arch === 'x64').each([['1', true], ['true', true], ['0', false], ['false', false], ['FALSE', false]])('TF_ENABLE_ONEDNN_OPTS=%s: %s', (value, expected) => {
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', value);
  expect(usesOneDnn()).toBe(expected);
});
