/** Feature vectors on the host, one row for each image. */
export interface Features {
  /** Row after row, `count * dimension` numbers. */
  readonly values: Float32Array;
  readonly count: number;
  readonly dimension: number;
}

/** Features with the class of each row, and the group whose members must not answer for each other. */
export interface LabelledFeatures extends Features {
  /** Class of each row, from 0, `[count]`. */
  readonly labels: Int32Array;
  /** Group of each row (the same concept, object or scene), `[count]`. */
  readonly groups?: Int32Array;
}

/** Images on the host: packed bytes, NHWC. A `HostBatch` is one. */
export interface ImageBytes {
  /** `shape[0] * shape[1] * shape[2] * shape[3]` bytes. */
  readonly pixels: Uint8Array;
  /** `[count, height, width, channels]`. */
  readonly shape: readonly [number, number, number, number];
}
