import { backboneBranch, mlp, relu, sequential } from '@ssl/core';
import type { Backbone, TensorRecord, TrainedBackbone, Variables } from '@ssl/core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * A backbone with the first layers of its projector, each with its ReLU: "fine-tune from a middle layer of the projection head".
 *
 * @param widths Of the kept layers; none gives the backbone as it is.
 * @returns Finds that network in the variables of the whole one, whose branches are `backbone` and `projector`.
 * @see Chen et al., Big Self-Supervised Models are Strong Semi-Supervised Learners, section 2.
 */
export function keptHead(backbone: Backbone, widths: readonly number[], { batchNorm }: { readonly batchNorm: boolean }): (variables: Variables) => TrainedBackbone {
  const last = widths.at(-1);
  if (last === undefined) return (variables) => backboneBranch(backbone, variables);
  const network = sequential<Tensor4D, Tensor2D>({
    backbone,
    // Numbered as in the whole projector: its last ReLU has no parameters and may stand apart.
    projector: mlp([backbone.featureDimension, ...widths], { batchNorm: batchNorm ? 'all' : 'none' }),
    activation: relu(),
  });
  const kept: Backbone = {
    ...network,
    name: `${backbone.name} and ${widths.length} projector ${widths.length === 1 ? 'layer' : 'layers'}`,
    featureDimension: last,
    featureMap: (scope, images) => backbone.featureMap(scope.child('backbone'), images),
  };
  const children = (batchNorm ? 3 : 2) * widths.length;
  const cut = (tree: TensorRecord): TensorRecord => {
    const projector = Object.entries((tree.projector ?? {}) as TensorRecord).filter(([name]) => Number(name) < children);
    return { backbone: tree.backbone ?? {}, projector: Object.fromEntries(projector) };
  };
  return ({ params, buffers }) => ({ backbone: kept, variables: { params: cut(params), buffers: cut(buffers) } });
}
