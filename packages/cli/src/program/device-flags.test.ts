import { devices } from '@ssl/backend';
import { expect, test } from 'vitest';
import { deviceNames } from '../config/config-schema.js';

test('the names written out here are those of the backend', () => {
  expect(deviceNames).toEqual(devices);
});
