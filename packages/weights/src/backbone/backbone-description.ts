import { SslError, resnet18, resnet34, resnet50, smallConvNet, visionTransformer, type Backbone, type ResnetOptions, type SmallConvNetOptions, type VisionTransformerOptions } from '@ssl/core';

const resnets = { resnet18, resnet34, resnet50 } as const;

/** How to build a network again, as plain JSON. */
export type BackboneDescription =
  | { readonly kind: 'vision-transformer'; readonly options: VisionTransformerOptions }
  | { readonly kind: 'resnet'; readonly name: keyof typeof resnets; readonly options: ResnetOptions }
  | { readonly kind: 'small-conv-net'; readonly options: SmallConvNetOptions };

/**
 * Builds the network of a description.
 *
 * @throws SslError where it names one that is not known here.
 * @example
 * createBackbone({ kind: 'resnet', name: 'resnet18', options: { width: 16 } }).featureDimension; // 128
 */
export function createBackbone(description: BackboneDescription): Backbone {
  const { kind } = description;
  if (kind === 'vision-transformer') return visionTransformer(description.options);
  if (kind === 'small-conv-net') return smallConvNet(description.options);
  const create = kind === 'resnet' ? resnets[description.name] : undefined;
  if (create === undefined) throw new SslError(`a backbone of a known kind was needed, got ${JSON.stringify(description)}. Use the version of @ssl/weights that wrote it.`, { from: '@ssl/weights' });
  return create(description.options);
}
