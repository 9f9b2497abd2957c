export { byol, byolDefaults, type ByolOptions } from './byol.js';
export { byolLoss, type PredictionPair } from './byol-loss.js';
export { negativeCosine } from './negative-cosine.js';
export { simsiam, simsiamDefaults, type SimsiamOptions } from './simsiam.js';
export { simsiamLoss } from './simsiam-loss.js';
export { centredTargets, dinoLoss, dinoLossDefaults, type DinoLossInput } from './dino-loss.js';
export { ibotPatchLoss, type IbotPatchLossInput } from './ibot-patch-loss.js';
export { koleoLoss, koleoLossDefaults, type KoleoLossOptions } from './koleo-loss.js';
