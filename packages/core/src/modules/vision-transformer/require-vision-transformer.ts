import { SslError } from '../../errors.js';
import type { Backbone } from '../module.js';
import type { VisionTransformer } from './vision-transformer.js';

/** True for networks that {@link visionTransformer} made: those with tokens. */
export function isVisionTransformer(backbone: Backbone): backbone is VisionTransformer {
  return 'encoder' in backbone && 'prefixTokens' in backbone;
}

/**
 * The backbone as a Vision Transformer, for methods that mask or leave out patches.
 *
 * @param method - Its name, for the error.
 * @throws SslError for a network without tokens.
 * @example
 * requireVisionTransformer(vitTiny(), 'mae').options.patchSize; // 16
 */
export function requireVisionTransformer(backbone: Backbone, method: string): VisionTransformer {
  if (isVisionTransformer(backbone)) return backbone;
  throw new SslError(
    `${method} works on patches and needs a Vision Transformer, got '${backbone.name}'. Use vitTiny() or visionTransformer(), on the command line --network vit-tiny.`,
    { from: '@ssl/core' },
  );
}
