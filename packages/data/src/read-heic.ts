import { compositeAlpha } from './composite-alpha.js';
import type { RawPicture } from './raw-picture.js';

/** What is used of `libheif-js`, which has no types for this entry. */
interface LibHeif {
  readonly HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[]; readonly decoder?: { delete(): void } };
}

interface HeifImage {
  get_width(): number;
  get_height(): number;
  is_primary(): boolean;
  is_premultiplied_alpha?(): boolean;
  display(target: { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number }, done: (result: { readonly data: Uint8ClampedArray } | null) => void): void;
  free(): void;
}

/**
 * Decodes the main image of a HEIC file (HEVC, as iPhones write it), turned and cut as the file says, to 8 bits.
 *
 * @throws An Error that says what is wrong with the file.
 */
export async function readHeic(bytes: Uint8Array, pixelLimit: number, background: readonly [number, number, number]): Promise<RawPicture> {
  const { default: heif } = (await import('libheif-js/wasm-bundle.js')) as unknown as { readonly default: LibHeif };
  const decoder = new heif.HeifDecoder();
  const images = decoder.decode(bytes);
  try {
    const image = images.find((one) => one.is_primary()) ?? images[0];
    if (image === undefined) throw new Error('the HEIC file is damaged or cut off');
    const [width, height] = [image.get_width(), image.get_height()];
    if (width * height > pixelLimit) throw new Error(`${width} x ${height} pixels are over the limit of ${pixelLimit} (option pixelLimit)`);
    const data = new Uint8ClampedArray(width * height * 4);
    const result = await new Promise<{ readonly data: Uint8ClampedArray } | null>((resolve) => {
      image.display({ data, width, height }, resolve);
    });
    if (result === null) throw new Error('the HEIC file is damaged, cut off, or of a kind that libheif does not decode. Convert it to JPEG');
    const rgba = new Uint8Array(result.data.buffer, result.data.byteOffset, result.data.byteLength);
    const pixels = compositeAlpha(rgba, 4, background, image.is_premultiplied_alpha?.() ?? false);
    return { pixels, width, height, channels: 3, bands: 3, colour: true, range: [0, 255] };
  } finally {
    for (const image of images) image.free();
    decoder.decoder?.delete();
  }
}
