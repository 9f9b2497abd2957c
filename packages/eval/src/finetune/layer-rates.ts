import { isTensor, isVisionTransformer, layerDecay, SslError, treeToMap, type Backbone, type ParameterGroupRule, type TensorRecord } from '@ssl/core';

/**
 * Layer-wise learning-rate decay for any backbone: each layer learns `decay` times as fast as the one above it, the head at the full rate.
 *
 * Of a Vision Transformer the layers are its blocks (`layerDecay` of `@ssl/core`). Of another network they are its children in order; a
 * child with biases and scales alone, a norm, belongs to the one below it: the stem and four stages of a ResNet.
 *
 * @param params The backbone's.
 * @throws SslError for a decay outside of 0 to 1.
 */
export function layerRates(backbone: Backbone, params: TensorRecord, decay: number): readonly ParameterGroupRule[] {
  if (!(decay > 0 && decay <= 1)) {
    throw new SslError(`layer-wise decay needs a factor above 0 and at most 1, got ${String(decay)}. Usual values are 0.65 to 1.`, { from: '@ssl/eval' });
  }
  if (decay === 1) return [];
  if (isVisionTransformer(backbone)) return layerDecay({ depth: backbone.options.depth, decay, prefix: '' });
  const layers: string[][] = [];
  for (const [name, child] of Object.entries(params)) {
    const weights = isTensor(child) ? [child] : Object.values(treeToMap(child as TensorRecord));
    const opens = weights.some(({ shape }) => shape.length > 1);
    if (opens || layers.length === 0) layers.push([name]);
    else layers.at(-1)?.push(name);
  }
  return layers.map((names, i) => ({
    match: (path) => names.some((name) => path === name || path.startsWith(`${name}.`)),
    learningRate: decay ** (layers.length - i),
  }));
}
