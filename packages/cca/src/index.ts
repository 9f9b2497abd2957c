export { barlowTwins, barlowTwinsDefaults, type BarlowTwinsOptions } from './barlow-twins.js';
export { barlowTwinsLoss, barlowTwinsLossDefaults, type BarlowTwinsLossOptions } from './barlow-twins-loss.js';
export { swav, swavDefaults, type SwavOptions } from './swav.js';
export { swavLoss, swavLossDefaults, type SwavLossOptions } from './swav-loss.js';
export { vicreg, vicregDefaults, type VicregOptions } from './vicreg.js';
export { vicregLoss, vicregLossDefaults, vicregTerms, type VicregLossOptions, type VicregTerms } from './vicreg-loss.js';
