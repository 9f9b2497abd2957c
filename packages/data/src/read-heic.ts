import { compositeAlpha } from './composite-alpha.js';
import type { RawPicture } from './raw-picture.js';

/** What is used of `libheif-js`, which has no types for this entry: libheif's C interface, since its classes print to the console. */
interface LibHeif {
  readonly heif_error_code: { readonly heif_error_Ok: unknown };
  readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown };
  readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown };
  heif_context_alloc(): object | null;
  heif_context_read_from_memory(context: object, bytes: Uint8Array): HeifError;
  heif_js_context_get_primary_image_handle(context: object): object & Partial<HeifError>;
  heif_image_handle_get_width(handle: object): number;
  heif_image_handle_get_height(handle: object): number;
  heif_image_handle_is_premultiplied_alpha(handle: object): number;
  heif_js_decode_image2(handle: object, colorspace: unknown, chroma: unknown): Promise<Decoded & Partial<HeifError>> | (Decoded & Partial<HeifError>);
  heif_image_release(image: object): void;
  heif_image_handle_release(handle: object): void;
  heif_context_free(context: object): void;
}

interface HeifError {
  readonly code: unknown;
  readonly message: string;
}

interface Decoded {
  readonly image: object;
  readonly channels: readonly { readonly stride: number; readonly data: Uint8Array }[];
}

/**
 * Decodes the main image of a HEIC file (HEVC, as iPhones write it), turned and cut as the file says, to 8 bits.
 *
 * @throws An Error that says what is wrong with the file.
 */
export async function readHeic(bytes: Uint8Array, pixelLimit: number, background: readonly [number, number, number]): Promise<RawPicture> {
  const { default: heif } = (await import('libheif-js/wasm-bundle.js')) as unknown as { readonly default: LibHeif };
  const damaged = (error?: Partial<HeifError>): Error => new Error(`the HEIC file is damaged, cut off or of a kind that is not read (${error?.message ?? 'no image'}). Convert it to JPEG`);
  const context = heif.heif_context_alloc();
  if (context === null) throw new Error('there was no memory to decode HEIC');
  let handle: (object & Partial<HeifError>) | undefined;
  try {
    const read = heif.heif_context_read_from_memory(context, bytes);
    if (read.code !== heif.heif_error_code.heif_error_Ok) throw damaged(read);
    const primary = heif.heif_js_context_get_primary_image_handle(context);
    if (primary.code !== undefined) throw damaged(primary);
    handle = primary;
    const [width, height] = [heif.heif_image_handle_get_width(handle), heif.heif_image_handle_get_height(handle)];
    if (width * height > pixelLimit) throw new Error(`${width} x ${height} pixels are over the limit of ${pixelLimit} (option pixelLimit)`);
    const decoded = await heif.heif_js_decode_image2(handle, heif.heif_colorspace.heif_colorspace_RGB, heif.heif_chroma.heif_chroma_interleaved_RGBA);
    if (decoded.code !== undefined) throw damaged(decoded);
    try {
      const [plane] = decoded.channels;
      if (plane === undefined) throw damaged();
      const rgba = new Uint8Array(width * height * 4);
      for (let y = 0; y < height; y += 1) rgba.set(plane.data.subarray(y * plane.stride, y * plane.stride + width * 4), y * width * 4);
      const pixels = compositeAlpha(rgba, 4, background, heif.heif_image_handle_is_premultiplied_alpha(handle) !== 0);
      return { pixels, width, height, channels: 3, bands: 3, colour: true, range: [0, 255] };
    } finally {
      heif.heif_image_release(decoded.image);
    }
  } finally {
    if (handle !== undefined) heif.heif_image_handle_release(handle);
    heif.heif_context_free(context);
  }
}
