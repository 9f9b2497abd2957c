import { describe, expect, it } from 'vitest';
import { cudaRequirements } from './cuda-wheels.js';

describe('cudaRequirements', () => {
  it('reads the extra and-cuda from the metadata of a wheel', () => {
    const metadata = [
      'Name: tensorflow',
      'Requires-Dist: absl-py>=1.0.0',
      'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
      'Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7; extra == "and-cuda"',
      'Requires-Dist: pytest; extra == "test"',
    ].join('\n');
    expect(cudaRequirements(metadata)).toEqual(['nvidia-cublas-cu12<13.0,>=12.5.3.2', 'nvidia-nccl-cu12<3.0,>=2.27.7']);
  });
});
