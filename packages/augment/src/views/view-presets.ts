import type { Views } from '@ssl/core';
import { byolViews } from './byol-views.js';
import { dinoV2Views, dinoViews } from './dino-views.js';
import { maeViews } from './mae-views.js';
import { mocoV2Views } from './moco-v2-views.js';
import { simclrViews } from './simclr-views.js';
import { swavViews } from './swav-views.js';
import { vicregViews } from './vicreg-views.js';
import type { PresetOptions } from './view-transforms.js';

/** The presets by name, for programs that let the user choose one. */
export const viewPresets = {
  simclr: simclrViews,
  'moco-v2': mocoV2Views,
  byol: byolViews,
  swav: swavViews,
  dino: dinoViews,
  'dino-v2': dinoV2Views,
  mae: maeViews,
  vicreg: vicregViews,
} as const satisfies Readonly<Record<string, (options: PresetOptions) => Views>>;
