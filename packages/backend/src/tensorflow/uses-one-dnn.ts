/**
 * True where the library computes with oneDNN: on x86-64, unless the user has switched it off with `TF_ENABLE_ONEDNN_OPTS`. By itself
 * the library takes it only on processors with AVX-512; without, a ResNet-18's step with it takes two thirds of the time.
 */
export function usesOneDnn(): boolean {
  return process.arch === 'x64' && !['0', 'false'].includes(process.env.TF_ENABLE_ONEDNN_OPTS?.toLowerCase() ?? '');
}
