import { maePlugin } from './mae-plugin.js';
import { simmimPlugin } from './simmim-plugin.js';

export { mae, maeDefaults, type HiddenPatches, type MaeMethod, type MaeOptions, type Reconstruction, type ReconstructInput } from './mae.js';
export { maeDecoder, type MaeDecoderInput, type MaeDecoderOptions } from './mae-decoder.js';
export { maeLoss, maeLossDefaults, patchStatistics, type MaeLossInput } from './mae-loss.js';
export { maeReconstruction, type MaeReconstruction, type MaeReconstructionInput } from './mae-reconstruction.js';
export { maePlugin, type MaePluginOptions } from './mae-plugin.js';
export { patchify, unpatchify } from './patchify.js';
export { simmim, simmimLoss, type SimmimOptions } from './simmim.js';
export { squareMasks, type SquareMasksOptions } from './square-masks.js';
export { simmimPlugin, type SimmimPluginOptions } from './simmim-plugin.js';

/** What `ssl train --method` finds in this package. */
export const methods = [maePlugin, simmimPlugin] as const;
