/** Bytes of the longest header that the safetensors library reads. */
export const longestSafetensorsHeader = 100_000_000;
