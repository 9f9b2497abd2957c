import { expect, test } from 'vitest';
import { convolvesInBfloat16 } from './bfloat16-support.js';

test.each([
  ['AVX2 alone', 'processor : 0\nflags\t\t: fpu sse4_2 avx avx2 fma\nbugs : none\n', false],
  ['AVX-512', 'flags\t\t: avx2 avx512f avx512bw avx512_bf16\n', true],
  ['AVX-NE-CONVERT', 'flags\t\t: avx2 avx_vnni avx_ne_convert\n', true],
  ['another family of processors', 'Features\t: fp asimd bf16\n', true],
  ['a system that does not say', '', true],
])('%s', (_, processor, convolves) => {
  expect(convolvesInBfloat16(processor)).toBe(convolves);
});
