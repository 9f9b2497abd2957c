/** Value of a hyper-parameter at a step. `step` counts optimizer steps from 0; `totalSteps` is the length of the run. */
export type Schedule = (step: number, totalSteps: number) => number;
