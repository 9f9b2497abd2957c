import type { TrainOptions } from './train-options.js';
import type { TrainResult } from './train-result.js';

/** Trains a method. */
export declare function train(options: TrainOptions): Promise<TrainResult>;
