import { existsSync, readFileSync } from 'node:fs';

/** What the system says of the processor; nothing where it does not. */
function readProcessor(): string | undefined {
  return process.platform === 'linux' && existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : undefined;
}

/**
 * True where the library has quick bfloat16 convolutions: on x86 with AVX-512 or AVX-NE-CONVERT. Elsewhere on x86 it takes a plain
 * loop, dozens of times as long as in float32. Other processors are taken to have them, none was tried.
 */
export function convolvesInBfloat16(processor = readProcessor()): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(processor ?? '')?.[1];
  return flags === undefined || /\b(avx512f|avx_ne_convert)\b/.test(flags);
}
