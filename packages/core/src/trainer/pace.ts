/** Speed and means over a run. */
export class Pace {
  private readonly batchSize: number;
  private readonly steps: number[] = [];
  private total = 0;

  constructor(batchSize: number) {
    this.batchSize = batchSize;
  }

  /** Seconds of all steps so far. */
  get seconds(): number {
    return this.total;
  }

  /** Notes a step; the first one compiles, so it counts only while it is alone. */
  note(seconds: number): void {
    this.total += seconds;
    this.steps.push(seconds);
    // A window: a machine that slows down shows.
    if (this.steps.length > 64) this.steps.shift();
    else if (this.steps.length === 2) this.steps.shift();
  }

  private get secondsPerStep(): number {
    return this.steps.reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, this.steps.length);
  }

  get imagesPerSecond(): number {
    return this.batchSize / Math.max(1e-9, this.secondsPerStep);
  }

  remaining(steps: number): number {
    return steps * this.secondsPerStep;
  }
}

/** Means of named numbers. */
export class Means {
  private sums: Record<string, number> = {};
  private count = 0;

  note(values: Readonly<Record<string, number>>): void {
    this.count++;
    for (const [name, value] of Object.entries(values)) this.sums[name] = (this.sums[name] ?? 0) + value;
  }

  /** The means so far; starts again from nothing. */
  take(): Record<string, number> {
    const means = Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.count]));
    this.sums = {};
    this.count = 0;
    return means;
  }
}
