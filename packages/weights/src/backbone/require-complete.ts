import * as tf from '@tensorflow/tfjs-core';
import { fromStateDict, type Backbone, type StoredTensor, type Variables } from '@ssl/core';

const remedy = 'Take the whole weights of a plain Vision Transformer (ViT, DeiT without distillation, DINO, DINOv2, MAE, BEiT) or of a ResNet-18, -34 or -50.';

/**
 * The variables of a network from tensors with our names.
 *
 * @returns New tensors; the caller disposes of them.
 * @throws SslError that names every missing, unexpected and misshapen tensor.
 */
export function backboneVariables(tensors: Readonly<Record<string, StoredTensor>>, backbone: Backbone, source: string): Variables {
  const template = backbone.init(0);
  try {
    return fromStateDict(tensors, template, { source, remedy });
  } finally {
    tf.dispose([template.params, template.buffers] as unknown as tf.TensorContainer);
  }
}

/** Throws what {@link backboneVariables} would throw. */
export function requireComplete(tensors: Readonly<Record<string, StoredTensor>>, backbone: Backbone, source: string): void {
  const { params, buffers } = backboneVariables(tensors, backbone, source);
  tf.dispose([params, buffers] as unknown as tf.TensorContainer);
}
