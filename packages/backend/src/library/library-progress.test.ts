import { describe, expect, it } from 'vitest';
import { progressPrinter } from './library-progress.js';

function print(isTTY: boolean, steps: number[]): string {
  let text = '';
  const report = progressPrinter({ isTTY, write: (part) => (text += part) });
  report({ kind: 'message', text: 'Fetching' });
  for (const done of steps) report({ kind: 'bytes', phase: 'download', done, total: 200e6 });
  return text;
}

describe('progressPrinter', () => {
  it('writes a plain line about every tenth into a pipe', () => {
    const steps = Array.from({ length: 201 }, (_, i) => i * 1e6);
    const text = print(false, steps);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 11);
    expect(lines[1]).toBe('download: 0 % (0 of 200 MB)');
    expect(lines.at(-1)).toBe('download: 100 % (200 of 200 MB)');
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  it('draws one bar on a terminal and ends the line when it is full', () => {
    const text = print(true, [0, 100e6, 200e6]);
    expect(text.split('\r').at(-2)).toContain('[###############...............] 50 %  100 of 200 MB');
    expect(text.endsWith('100 %  200 of 200 MB\n')).toBe(true);
  });
});
