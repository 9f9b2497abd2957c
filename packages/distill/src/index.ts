export { byol, byolDefaults, type ByolOptions } from './byol.js';
export { byolLoss, type PredictionPair } from './byol-loss.js';
export { negativeCosine } from './negative-cosine.js';
export { simsiam, simsiamDefaults, type SimsiamOptions } from './simsiam.js';
export { simsiamLoss } from './simsiam-loss.js';
