import { describe, expect, it } from 'vitest';
import { devices, parseDevice } from './device.js';

describe('parseDevice', () => {
  it.each(devices)('knows %s', (device) => {
    expect(parseDevice(` ${device.toUpperCase()} `, 'device')).toBe(device);
  });

  it.each([
    ['gpu', 'cuda'],
    ['cdua', 'cuda'],
    ['wsam', 'wasm'],
    ['tensorflow', 'cpu'],
  ])('suggests for %s', (wrong, right) => {
    expect(() => parseDevice(wrong, 'SSL_BACKEND')).toThrow(
      `SSL_BACKEND must be one of 'auto', 'cuda', 'cpu', 'webgpu', 'wasm', 'js', got '${wrong}'. Did you mean '${right}'?`,
    );
  });

  it('suggests nothing where nothing is near', () => {
    expect(() => parseDevice('quantum', 'device')).toThrow(/got 'quantum'\.$/);
  });
});
