import type { OperationName } from './operations.js';

/** Magnitudes of one operation, from weakest to strongest. */
export interface MagnitudeRange {
  readonly values: readonly number[];
  /** Applied with either sign, equally likely. */
  readonly signed: boolean;
}

export type MagnitudeTable = Readonly<Partial<Record<OperationName, MagnitudeRange>>>;

/** `bins` numbers from 0 to `highest`, evenly spaced. */
function upTo(highest: number, bins: number): number[] {
  return Array.from({ length: bins }, (_, bin) => (highest * bin) / (bins - 1));
}

/** Strongest magnitudes of a table. */
interface Limits {
  readonly shear: number;
  readonly translate: number;
  readonly rotate: number;
  readonly colour: number;
  /** Bits that posterizing takes away at most. */
  readonly posterize: number;
}

function table({ shear, translate, rotate, colour, posterize }: Limits, bins: number): MagnitudeTable {
  const signed = (highest: number): MagnitudeRange => ({ values: upTo(highest, bins), signed: true });
  const nothing: MagnitudeRange = { values: upTo(0, bins), signed: false };
  return {
    identity: nothing,
    shearX: signed(shear),
    shearY: signed(shear),
    translateX: signed(translate),
    translateY: signed(translate),
    rotate: signed(rotate),
    brightness: signed(colour),
    saturation: signed(colour),
    contrast: signed(colour),
    sharpness: signed(colour),
    posterize: { values: upTo(posterize, bins).map((bits) => 8 - roundHalfToEven(bits)), signed: false },
    solarize: { values: upTo(1, bins).map((value) => 1 - value), signed: false },
    autocontrast: nothing,
    equalize: nothing,
  };
}

/** PyTorch's rounding. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest === 0.5 ? below + (below % 2) : Math.round(value);
}

/** RandAugment's table in torchvision; translations as shares of the side. */
export function randAugmentMagnitudes(bins: number): MagnitudeTable {
  return table({ shear: 0.3, translate: 150 / 331, rotate: 30, colour: 0.9, posterize: 4 }, bins);
}

/** AutoAugment's table of ten: RandAugment's, and inversion. */
export function autoAugmentMagnitudes(): MagnitudeTable {
  const magnitudes = randAugmentMagnitudes(10);
  return { ...magnitudes, ...(magnitudes.equalize && { invert: magnitudes.equalize }) };
}

/** TrivialAugment's wide table in torchvision; translations in pixels. */
export function trivialAugmentMagnitudes(bins: number): MagnitudeTable {
  return table({ shear: 0.99, translate: 32, rotate: 135, colour: 0.99, posterize: 6 }, bins);
}
