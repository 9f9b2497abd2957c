import { encodeSafetensors, SslError, writeFileAtomically } from '@ssl/core';
import type { WeightsFile } from '../read-weights.js';
import type { ImportedBackbone } from './imported-backbone.js';

/** Everything about a backbone that is not a tensor: the recipe card in a file's header. */
export interface BackboneCard extends Omit<ImportedBackbone, 'tensors'> {
  readonly format: 'ssl-backbone/1';
}

const key = 'ssl_backbone';

/**
 * Writes a backbone as one safetensors file: tensors by timm's or torchvision's names, which PyTorch loads, and in the header
 * how to build the network, where it comes from, and how its images are normalised.
 *
 * @returns Bytes written.
 * @throws SslError where the file cannot be written; a file that was there before stays whole.
 */
export async function saveBackbone(path: string, backbone: ImportedBackbone): Promise<number> {
  const bytes = encodeSafetensors(backbone.tensors, { format: 'pt', ...cardMetadata(backbone) });
  await writeFileAtomically(path, bytes);
  return bytes.length;
}

/** The header's entry of a file with a backbone's own names. */
export function cardMetadata(backbone: ImportedBackbone): Record<string, string> {
  const { description, from, root, leftOut, normalization, imageSize, source, sha256 } = backbone;
  const card: BackboneCard = { format: 'ssl-backbone/1', description, from, root, leftOut, normalization, ...(imageSize === undefined ? {} : { imageSize }), source, sha256 };
  return { [key]: JSON.stringify(card) };
}

/**
 * The backbone of a file that {@link saveBackbone} wrote; nothing for another file.
 *
 * @throws SslError where the card is damaged or of another version.
 */
export function backboneFromFile({ path, metadata, tensors }: WeightsFile): ImportedBackbone | undefined {
  const text = metadata[key];
  if (text === undefined) return undefined;
  let card: Partial<BackboneCard> = {};
  try {
    card = JSON.parse(text) as Partial<BackboneCard>;
  } catch {
    // Reported below.
  }
  if (card.format !== 'ssl-backbone/1' || card.description === undefined) {
    throw new SslError(`${path} was to have a card of format ssl-backbone/1, got ${String(card.format)}. Use the version of @ssl/weights that wrote it.`, { from: '@ssl/weights' });
  }
  const { description, from, root, leftOut, normalization, imageSize, source, sha256 } = card as BackboneCard;
  return { description, from, root, leftOut, normalization, ...(imageSize === undefined ? {} : { imageSize }), source, sha256, tensors };
}
