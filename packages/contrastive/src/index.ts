import { mochiPlugin, mocoV1Plugin, mocoV2Plugin } from './moco-plugins.js';
import { mocoV3Plugin, mocoV3VitPlugin } from './moco-v3-plugins.js';
import { simclrPlugin } from './simclr-plugin.js';

export { infoNce, infoNceDefaults, type InfoNceOptions, type InfoNceResult } from './info-nce.js';
export { mixHardNegatives, type MixHardNegativesOptions } from './mix-hard-negatives.js';
export { mocoV1, mocoV1Defaults, mocoV2, mocoV2Defaults, mochi, mochiDefaults, type MocoOptions } from './moco.js';
export { mochiPlugin, mocoV1Plugin, mocoV2Plugin, type MochiPluginOptions, type MocoPluginOptions } from './moco-plugins.js';
export { mocoV3, mocoV3Defaults, mocoV3VitDefaults, type MocoV3Options } from './moco-v3.js';
export { mocoV3Loss, mocoV3LossDefaults, type MocoV3LossInput, type MocoV3LossResult } from './moco-v3-loss.js';
export { mocoV3Plugin, mocoV3VitPlugin, type MocoV3PluginOptions } from './moco-v3-plugins.js';
export { ntXent, ntXentDefaults, type NtXentOptions, type NtXentResult } from './nt-xent.js';
export { simclr, simclrDefaults, type SimclrOptions } from './simclr.js';
export { simclrPlugin, type SimclrPluginOptions } from './simclr-plugin.js';

/** What `ssl train --method` finds in this package. */
export const methods = [simclrPlugin, mocoV1Plugin, mocoV2Plugin, mochiPlugin, mocoV3Plugin, mocoV3VitPlugin] as const;
