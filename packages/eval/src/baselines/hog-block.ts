/** How the histograms of a block are normalised; `L2-Hys` clips at 0.2 and normalises again. */
export type BlockNorm = 'L1' | 'L1-sqrt' | 'L2' | 'L2-Hys';

/** Keeps blocks without any gradient at zero. scikit-image's value. */
const epsilon = 1e-5;

/** Strongest part of one direction in a block under `L2-Hys`. */
const clip = 0.2;

/** Normalises a block in place. */
export function normaliseBlock(block: Float64Array, norm: BlockNorm): void {
  switch (norm) {
    case 'L1':
      l1(block);
      break;
    case 'L1-sqrt':
      l1(block);
      for (let i = 0; i < block.length; i++) block[i] = Math.sqrt(block[i]!);
      break;
    case 'L2':
      l2(block);
      break;
    case 'L2-Hys':
      l2(block);
      for (let i = 0; i < block.length; i++) block[i] = Math.min(block[i]!, clip);
      l2(block);
  }
}

function l1(block: Float64Array): void {
  let sum = epsilon;
  for (const value of block) sum += value;
  for (let i = 0; i < block.length; i++) block[i]! /= sum;
}

function l2(block: Float64Array): void {
  let squared = epsilon * epsilon;
  for (const value of block) squared += value * value;
  const length = Math.sqrt(squared);
  for (let i = 0; i < block.length; i++) block[i]! /= length;
}
