import type { PassedOver } from './passed-over.js';
import type { StoredValues, ValueRange } from './value-range.js';

/** An image file as it lies on the disk: still encoded. */
export interface EncodedImage {
  readonly kind: 'encoded';
  readonly bytes: Uint8Array;
  /** RGB in 0..255 behind what is transparent; left out: what the reader takes. */
  readonly background?: readonly [number, number, number];
  /** Stored values that are black and white; left out: what the file declares. */
  readonly range?: ValueRange;
}

/** Pixels that need no decoding, rows from the top, channels last. */
export interface RawImage {
  readonly kind: 'raw';
  /** `height * width * channels` values; the dataset keeps ownership, the reader copies. */
  readonly pixels: StoredValues;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Width over height of the original where the pixels were squeezed; `width / height` where this is left out. */
  readonly aspect?: number;
  /** Values that are black and white. Left out: 0 and the largest of 8 and 16 bits without sign, else what `decodeImage` says. */
  readonly range?: ValueRange;
  /** The range that the images of this set seem to have, where their type does not say; an image outside of it is refused. */
  readonly assumedRange?: ValueRange;
}

export type ImageSource = EncodedImage | RawImage;

/**
 * A finite list of images, read by position. Whatever a dataset holds for each image is packed into typed arrays, so
 * that the index of a hundred million images fits in memory.
 */
export interface Dataset {
  /** For people and reports: the name of the folder, `emoji`. */
  readonly name: string;
  /** Number of images. */
  readonly size: number;
  /** Channels of the images where they are known beforehand (1 for grey); 3 where files of any kind are decoded. */
  readonly channels: number;
  /** Names of the classes, where there are labels. */
  readonly classes?: readonly string[];
  /** Class of each image, `[size]`; -1 where one image has none. Never shown to a self-supervised method. */
  readonly labels?: Int32Array;
  /** Images of one group show the same thing and must not be each other's neighbours in an evaluation, `[size]`. */
  readonly groups?: Int32Array;
  /**
   * Pieces that are read as a whole (row groups of Parquet): image `starts[k]` is the first of piece k, and `window` pieces are
   * kept in memory. A loader then shuffles the pieces, and the images of `window` pieces at a time.
   */
  readonly pieces?: { readonly starts: Float64Array; readonly window: number };
  /** What the source found and did not take, with the reason: files that are not read, links to nowhere. Left out where it took all. */
  readonly passedOver?: readonly PassedOver[];
  /** What people should know about how the source was read: folders that were not taken as classes, a list without tabs. */
  readonly notes?: readonly string[];
  /** Text that belongs to an image (a caption), where there is any. */
  caption?(index: number): Promise<string | undefined>;
  /** Name of one image for messages and reports: its path. */
  describe(index: number): string;
  /**
   * Name of one image within the data, the same wherever the data lies: the path below the folder, the path as a list has it, `shard.tar/member`.
   * Left out where {@link Dataset.describe} is such a name; see `imageName`.
   */
  nameOf?(index: number): string;
  /**
   * Changes when the image does, as far as that can be seen without reading it: the size of its file, its checksum where the format
   * keeps one. Rejects where it cannot be looked at.
   */
  stamp?(index: number): Promise<string>;
  /** The image. Rejects when it cannot be read: the loader then counts it as broken. */
  read(index: number): Promise<ImageSource>;
  /** Releases open files. */
  close?(): Promise<void>;
}
