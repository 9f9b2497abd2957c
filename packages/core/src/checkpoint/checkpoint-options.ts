/** Where and how often a run is saved. */
export interface CheckpointOptions {
  /** Made if it is not there. Files are called `step-00001200.safetensors`. */
  readonly folder: string;
  /** Save after so many optimizer steps; the end of the run and an interruption always save. */
  readonly everySteps?: number;
  /** Save after so many epochs. */
  readonly everyEpochs?: number;
  /** How many of the newest files stay; older ones are deleted after a newer one is safely written. Default 2. */
  readonly keep?: number;
}
