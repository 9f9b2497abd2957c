import { mochiPlugin, mocoV1Plugin, mocoV2Plugin } from './moco-plugins.js';
import { simclrPlugin } from './simclr-plugin.js';

export { infoNce, infoNceDefaults, type InfoNceOptions } from './info-nce.js';
export { mixHardNegatives, type MixHardNegativesOptions } from './mix-hard-negatives.js';
export { mocoV1, mocoV1Defaults, mocoV2, mocoV2Defaults, mochi, mochiDefaults, type MocoOptions } from './moco.js';
export { mochiPlugin, mocoV1Plugin, mocoV2Plugin, type MochiPluginOptions, type MocoPluginOptions } from './moco-plugins.js';
export { ntXent, ntXentDefaults, type NtXentOptions } from './nt-xent.js';
export { simclr, simclrDefaults, type SimclrOptions } from './simclr.js';
export { simclrPlugin, type SimclrPluginOptions } from './simclr-plugin.js';

/** What `ssl train --method` finds in this package. */
export const methods = [simclrPlugin, mocoV1Plugin, mocoV2Plugin, mochiPlugin] as const;
