import { byolPlugin } from './byol-plugin.js';
import { dinoPlugin } from './dino-plugin.js';
import { dinoV2Plugin, ibotPlugin } from './ibot-plugins.js';
import { simsiamPlugin } from './simsiam-plugin.js';
import { udaPlugin } from './uda-plugin.js';

export { byol, byolDefaults, type ByolOptions } from './byol.js';
export { byolLoss, type PredictionPair } from './byol-loss.js';
export { negativeCosine } from './negative-cosine.js';
export { simsiam, simsiamDefaults, type SimsiamOptions } from './simsiam.js';
export { simsiamLoss } from './simsiam-loss.js';
export { dino, dinoDefaults, type DinoOptions } from './dino.js';
export { dinoPlugin, type DinoPluginOptions } from './dino-plugin.js';
export { centredTargets, dinoLoss, dinoLossDefaults, type DinoLossInput } from './dino-loss.js';
export { dinoV2, dinoV2Defaults, ibot, ibotDefaults, type IbotOptions } from './ibot.js';
export { dinoV2Plugin, ibotPlugin, type IbotPluginOptions } from './ibot-plugins.js';
export { ibotPatchLoss, type IbotPatchLossInput } from './ibot-patch-loss.js';
export type { SelfDistillationMethod, SelfDistillationNetwork } from './self-distillation-network.js';
export { koleoLoss, koleoLossDefaults, type KoleoLossOptions } from './koleo-loss.js';
export { byolPlugin, type ByolPluginOptions } from './byol-plugin.js';
export { simsiamPlugin, type SimsiamPluginOptions } from './simsiam-plugin.js';
export { uda, udaDefaults, type UdaOptions } from './uda.js';
export {
  consistencyDefaults,
  consistencyTerm,
  supervisedTerm,
  tsaThreshold,
  type ConsistencyTermInput,
  type SupervisedTermInput,
  type TsaSchedule,
} from './uda-loss.js';
export { udaPlugin, type UdaPluginOptions } from './uda-plugin.js';

/** What `ssl train --method` finds in this package. */
export const methods = [byolPlugin, simsiamPlugin, dinoPlugin, udaPlugin, ibotPlugin, dinoV2Plugin] as const;
