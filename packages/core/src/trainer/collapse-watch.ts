import type { CollapseSign, SslMethod } from '../method/method.js';
import type { EmbeddingHealth, TrainWarning } from './train-hook.js';

/** Spread below this share of the even spread counts as collapsed. */
const spreadShare = 0.1;
/** After a report the same one is not made again for so many looks. */
const quietLooks = 10;
/** So few dimensions in use (of at least 8) count as collapsed. */
const rankFloor = 1.5;

/** Compares what the monitor sees with the signs of collapse; each sign is reported once until it is gone again, and not too often. */
export class CollapseWatch {
  private readonly signs: readonly CollapseSign[];
  private readonly method: string;
  private readonly batchSize: number;
  private standing = new Set<string>();
  private readonly lastReport = new Map<string, number>();
  private readonly sums = new Map<string, { sum: number; count: number }>();
  private looks = 0;

  constructor({ name, collapse = [] }: Pick<SslMethod, 'name' | 'collapse'>, batchSize: number) {
    this.method = name;
    this.signs = collapse;
    this.batchSize = batchSize;
  }

  /** Every step: loss and metrics, of which the mean since the last look counts. */
  note(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const { sum, count } = this.sums.get(name) ?? { sum: 0, count: 0 };
      this.sums.set(name, { sum: sum + value, count: count + 1 });
    }
  }

  /** Now and then: what is wrong. The first look is at a network that has hardly learned, and passes. */
  look(step: number, health: EmbeddingHealth | undefined): TrainWarning[] {
    const found = [...this.metricSigns(), ...(health === undefined ? [] : embeddingSigns(health))];
    this.sums.clear();
    if (this.looks++ === 0) return [];
    const fresh = found.filter(({ key }) => !this.standing.has(key) && this.looks - (this.lastReport.get(key) ?? -Infinity) >= quietLooks);
    this.standing = new Set(found.map(({ key }) => key));
    for (const { key } of fresh) this.lastReport.set(key, this.looks);
    return fresh.map(({ message, diagnosis }) => ({ kind: 'collapse', step, diagnosis, message: `[${this.method}] ${message}` }));
  }

  private metricSigns(): Finding[] {
    return this.signs.flatMap(({ name, metric, value, tolerance, diagnosis, remedy }) => {
      const { sum, count } = this.sums.get(metric) ?? { sum: Number.NaN, count: 0 };
      const mean = sum / count;
      const bad = typeof value === 'number' ? value : value(this.batchSize);
      const distance = typeof tolerance === 'number' ? tolerance : tolerance(this.batchSize);
      if (!(Math.abs(mean - bad) <= distance)) return [];
      return [
        {
          key: `${metric} ${diagnosis}`,
          diagnosis: name ?? metric,
          message: `${metric} is ${mean.toPrecision(4)}, within ${Number(distance.toPrecision(2))} of ${bad.toPrecision(4)}: ${diagnosis}. To change: ${remedy}.`,
        },
      ];
    });
  }
}

type Finding = { readonly key: string; readonly diagnosis: string; readonly message: string };

function embeddingSigns({ spread, spreadReference, effectiveRank, dimension }: EmbeddingHealth): Finding[] {
  if (spread < spreadShare * spreadReference) {
    return [
      {
        key: 'spread',
        diagnosis: 'constant-embedding',
        message:
          `the outputs hardly differ between images: spread ${spread.toPrecision(3)}, evenly spread ones have ${spreadReference.toPrecision(3)}. ` +
          'The network has collapsed or not started. To change: lower the learning rate, check the augmentations, raise the batch size.',
      },
    ];
  }
  if (dimension >= 8 && effectiveRank < rankFloor) {
    return [
      {
        key: 'rank',
        diagnosis: 'one-dimension',
        message:
          `the outputs lie on a line: effective rank ${effectiveRank.toPrecision(3)} of ${dimension} dimensions. ` +
          'To change: lower the learning rate or the weight decay, check the augmentations.',
      },
    ];
  }
  return [];
}
