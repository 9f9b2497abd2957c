import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { disposeTree, isTensor, isVisionTransformer, resnetDefaults, smallConvNetDefaults, SslError, toStateDict, type TensorRecord, type TrainedBackbone } from '@ssl/core';
import { namedNormalization, type BackboneDescription, type ImportedBackbone } from '@ssl/weights';
import { trainedBackbone } from '../evaluation/trained-backbone.js';
import { scaled } from '../settings/create-network.js';
import type { BuiltRun } from './build-run.js';
import type { LoadedRun } from './load-run.js';

/**
 * The backbone that a run trained, with PyTorch's names. The tensors of the run are disposed of.
 *
 * @throws SslError where the method does not say which network it trains, or the network is the user's own.
 */
export async function backboneOfRun({ run, checkpoint, checkpointPath }: LoadedRun): Promise<ImportedBackbone> {
  const { params, aux, optimizer } = checkpoint;
  try {
    const { backbone, variables } = withoutHead(trainedBackbone(run, { params, aux }, 'Weights of a run need', ', or take another run'), run);
    const stored = await toStateDict(variables);
    return {
      description: isVisionTransformer(backbone) ? { kind: 'vision-transformer', options: { ...backbone.options } } : describeBackbone(run),
      tensors: stored,
      from: 'ssl',
      root: '',
      leftOut: [],
      normalization: namedNormalization(run.normalization),
      imageSize: run.description.imageSize,
      source: checkpointPath,
      sha256: createHash('sha256').update(readFileSync(checkpointPath)).digest('hex'),
    };
  } finally {
    disposeTree([params, aux, optimizer]);
  }
}

/** Methods may train a backbone with layers of a head, whose branch `backbone` it then is: other libraries have no place for the head. */
function withoutHead(trained: TrainedBackbone, { backbone }: BuiltRun): TrainedBackbone {
  const { params, buffers } = trained.variables;
  const branch = params.backbone;
  return branch === undefined || isTensor(branch) ? trained : { backbone, variables: { params: branch as TensorRecord, buffers: (buffers.backbone ?? {}) as TensorRecord } };
}

function describeBackbone({ description }: BuiltRun): BackboneDescription {
  const { network, width, stem, channels, init } = description;
  if (init !== undefined) return init.backbone;
  if (network === 'small-conv') return { kind: 'small-conv-net', options: { channels, widths: smallConvNetDefaults.widths.map((channelCount) => scaled(channelCount, width)) } };
  if (network === 'resnet18' || network === 'resnet34' || network === 'resnet50') {
    return { kind: 'resnet', name: network, options: { stem, channels, width: scaled(resnetDefaults.width, width) } };
  }
  throw new SslError(`A network of this library was needed, the run has '${network}' of ssl.config.ts. Save it with saveStateDict of @ssl/core.`, { from: '@ssl/cli' });
}
