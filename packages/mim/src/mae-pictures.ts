import type { PictureGrid, PicturesInput, TensorRecord } from '@ssl/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { MaeMethod } from './mae.js';
import { maeReconstruction } from './mae-reconstruction.js';

/** MAE's rows for the report: what it saw, what it makes of it, both put together. */
export function maePictures(method: Pick<MaeMethod, 'reconstruct'>, { params, aux, images, extras, normalization }: PicturesInput<TensorRecord>): readonly PictureGrid[] {
  const { masked, reconstruction, composed } = maeReconstruction({ method, params, aux, images, mask: extras.mask as Tensor2D, normalization });
  return [
    {
      title: 'Reconstructions',
      caption:
        'The network sees the patches that are not grey and says what the others look like. Where it was trained on normalised patches, brightness and contrast of each hidden patch are the true ones.',
      columns: [
        { name: 'Image', images },
        { name: 'Masked', images: masked },
        { name: 'Reconstruction', images: reconstruction },
        { name: 'Visible and predicted', images: composed },
      ],
    },
  ];
}
