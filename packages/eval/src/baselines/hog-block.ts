/** How the histograms of a block are normalised; `L2-Hys` clips at 0.2 and normalises again. */
export type BlockNorm = 'L1' | 'L1-sqrt' | 'L2' | 'L2-Hys';

/** Keeps blocks without any gradient at zero. scikit-image's value. */
const epsilon = 1e-5;

/** Strongest part of one direction in a block under `L2-Hys`. */
const clip = 0.2;

export function normaliseBlock(block: Float64Array, norm: BlockNorm): Float64Array {
  switch (norm) {
    case 'L1':
      return l1(block);
    case 'L1-sqrt':
      return l1(block).map(Math.sqrt);
    case 'L2':
      return l2(block);
    case 'L2-Hys':
      return l2(l2(block).map((value) => Math.min(value, clip)));
  }
}

function l1(block: Float64Array): Float64Array {
  const sum = block.reduce((total, value) => total + Math.abs(value), epsilon);
  return block.map((value) => value / sum);
}

function l2(block: Float64Array): Float64Array {
  const length = Math.sqrt(block.reduce((total, value) => total + value * value, epsilon * epsilon));
  return block.map((value) => value / length);
}
