import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { watchInterruption } from './interruption.js';

test('the first signal aborts once; its echo from the parent process is the same press', async () => {
  const told = vi.fn();
  const interruption = watchInterruption(told);
  try {
    expect(interruption.signal.aborted).toBe(false);
    process.emit('SIGINT');
    process.emit('SIGINT');
    process.emit('SIGTERM');
    await wait(1);
    expect(interruption.signal.aborted).toBe(true);
    expect(told).toHaveBeenCalledTimes(1);
  } finally {
    interruption.stop();
  }
  expect(process.listenerCount('SIGINT')).toBe(0);
});
