import { maePlugin } from './mae-plugin.js';
import { beitPlugin } from './beit-plugin.js';
import { dvaePlugin } from './dvae-plugin.js';
import { simmimPlugin } from './simmim-plugin.js';
import { vqKdPlugin } from './vq-kd-plugin.js';

export { beit, type BeitOptions } from './beit.js';
export { beitPlugin, type BeitPluginOptions } from './beit-plugin.js';
export { beitViews, beitViewsDefaults, type BeitViewsOptions } from './beit-views.js';
export { codebookUse, type CodebookUse } from './codebook-use.js';
export { withCachedTokens, type CachedTokensOptions } from './with-cached-tokens.js';
export { dvae, dvaeDefaults, type DvaeMethod, type DvaeOptions } from './dvae.js';
export type { DvaeNetworkOptions } from './dvae-networks.js';
export { dvaePlugin, type DvaePluginOptions } from './dvae-plugin.js';
export { gumbelNoise, gumbelSoftmax, gumbelSoftmaxDefaults, type GumbelSoftmaxOptions } from './gumbel-softmax.js';
export { klToUniform } from './kl-to-uniform.js';
export { logitLaplaceEpsilon, logitLaplaceLoss, logitLaplacePictures, mapPixels, unmapPixels } from './logit-laplace.js';
export { requireTokenizer, type Tokenizer, type TokenizerMethod } from './tokenizer.js';
export { mae, maeDefaults, type HiddenPatches, type MaeMethod, type MaeOptions, type Reconstruction, type ReconstructInput } from './mae.js';
export { maeDecoder, type MaeDecoderInput, type MaeDecoderOptions } from './mae-decoder.js';
export { maeLoss, maeLossDefaults, patchStatistics, type MaeLossInput } from './mae-loss.js';
export { maeReconstruction, type MaeReconstruction, type MaeReconstructionInput } from './mae-reconstruction.js';
export { maePlugin, type MaePluginOptions } from './mae-plugin.js';
export { maskedTokenLoss, type MaskedTokenInput, type MaskedTokenResult } from './masked-token-loss.js';
export { patchify, unpatchify } from './patchify.js';
export { simmim, simmimLoss, type SimmimOptions } from './simmim.js';
export { squareMasks, type SquareMasksOptions } from './square-masks.js';
export { commitmentLoss, moveCodebook, nearestCodes, straightThrough, type MoveCodebookInput } from './vector-quantizer.js';
export { cosineAgreement, vqKd, vqKdDefaults, type VqKdMethod, type VqKdOptions } from './vq-kd.js';
export { vqKdPlugin, type VqKdPluginOptions } from './vq-kd-plugin.js';
export { simmimPlugin, type SimmimPluginOptions } from './simmim-plugin.js';

/** What `ssl train --method` finds in this package. */
export const methods = [maePlugin, simmimPlugin, beitPlugin, dvaePlugin, vqKdPlugin] as const;
