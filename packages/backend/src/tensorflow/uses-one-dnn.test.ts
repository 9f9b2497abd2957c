import { afterEach, expect, test, vi } from 'vitest';
import { usesOneDnn } from './uses-one-dnn.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.runIf(process.arch === 'x64').each([[undefined, true], ['1', true], ['true', true], ['0', false], ['false', false], ['FALSE', false]])('TF_ENABLE_ONEDNN_OPTS=%s: %s', (value, expected) => {
  vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', value);
  expect(usesOneDnn()).toBe(expected);
});
