import { linearRamp, type MethodContext, type Schedule } from '@ssl/core';

export interface TeacherWarmupOptions {
  readonly teacherTemperatureStart: number;
  readonly teacherTemperature: number;
  readonly teacherTemperatureEpochs: number;
}

/**
 * The teacher's temperature: from its start to its end in the first epochs. They are cut to three tenths of the run, the share that 30
 * epochs have of the papers' shortest run: a short last phase has all of the schedule, compressed.
 */
export function teacherWarmup({ teacherTemperatureStart, teacherTemperature, teacherTemperatureEpochs }: TeacherWarmupOptions, { stepsPerEpoch, totalSteps }: MethodContext): Schedule {
  const steps = Math.min(teacherTemperatureEpochs * stepsPerEpoch, Math.floor(0.3 * totalSteps));
  return linearRamp(teacherTemperatureStart, teacherTemperature, Math.max(1, steps));
}
