import { SslError } from '../errors.js';

export interface GuardOptions {
  readonly maximumSkips: number;
  /** Names of the trained parameters, in the order of the norms. */
  readonly trained: readonly string[];
}

/** What stopped being finite. */
export class NotFiniteError extends SslError {
  override readonly name = 'NotFiniteError';
  /** 'the loss', or 'the gradient of layer1.0.conv1.weight'. */
  readonly quantity: string;
  readonly step: number;
  readonly checkpoint: string | undefined;

  constructor(quantity: string, { step, skips, checkpoint }: { step: number; skips: number; checkpoint?: string | undefined }) {
    super(
      `training needs finite losses and gradients, got ${skips} steps in a row without, up to step ${step}; the first bad quantity was ${quantity}. ` +
        `${checkpoint === undefined ? 'No checkpoint was written.' : `The last good checkpoint is ${checkpoint}.`} ` +
        'Lower the learning rate, clip the gradient (clipNorm), or use precision float32.',
      { from: '@ssl/core' },
    );
    this.quantity = quantity;
    this.step = step;
    this.checkpoint = checkpoint;
  }
}

/** The first quantity of a step that is not finite, or undefined. */
export function firstBadQuantity(loss: number, gradientNorms: ArrayLike<number>, trained: readonly string[]): string | undefined {
  if (!Number.isFinite(loss)) return `the loss (${loss})`;
  for (const [index, path] of trained.entries()) {
    const norm = gradientNorms[index]!;
    if (!Number.isFinite(norm)) return `the gradient of ${path} (norm ${norm})`;
  }
  return undefined;
}

/** Counts steps that were thrown away. */
export class SkipCounter {
  private inARow = 0;
  private first: string | undefined;
  total = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** True where such a step is the one too many. */
  isLast(bad: string | undefined): boolean {
    return bad !== undefined && this.inARow + 1 >= this.limit;
  }

  /** Notes how a step went; throws when too many in a row were bad. */
  note(bad: string | undefined, step: number, checkpoint: string | undefined): void {
    if (bad === undefined) {
      this.inARow = 0;
      this.first = undefined;
      return;
    }
    this.inARow++;
    this.total++;
    this.first ??= `${bad} in step ${step}`;
    if (this.inARow >= this.limit) throw new NotFiniteError(this.first, { step, skips: this.inARow, checkpoint });
  }
}
