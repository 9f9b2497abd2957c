import { barlowTwinsPlugin } from './barlow-twins-plugin.js';
import { swavPlugin } from './swav-plugin.js';
import { vicregPlugin } from './vicreg-plugin.js';

export { barlowTwins, barlowTwinsDefaults, type BarlowTwinsOptions } from './barlow-twins.js';
export { barlowTwinsLoss, barlowTwinsLossDefaults, type BarlowTwinsLossOptions, type BarlowTwinsLossResult } from './barlow-twins-loss.js';
export { swav, swavDefaults, type SwavOptions } from './swav.js';
export { swavLoss, swavLossDefaults, type SwavLossOptions } from './swav-loss.js';
export { vicreg, vicregDefaults, type VicregOptions } from './vicreg.js';
export { vicregLoss, vicregLossDefaults, type VicregLossOptions, type VicregLossResult } from './vicreg-loss.js';
export { barlowTwinsPlugin, type BarlowTwinsPluginOptions } from './barlow-twins-plugin.js';
export { swavPlugin, type SwavPluginOptions } from './swav-plugin.js';
export { vicregPlugin, type VicregPluginOptions } from './vicreg-plugin.js';

/** What `ssl train --method` finds in this package. */
export const methods = [barlowTwinsPlugin, vicregPlugin, swavPlugin] as const;
