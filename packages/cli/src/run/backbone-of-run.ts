import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { disposeTree, isVisionTransformer, resnetDefaults, smallConvNetDefaults, SslError, toStateDict } from '@ssl/core';
import type { BackboneDescription, ImportedBackbone } from '@ssl/weights';
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
    const trained = run.method.trainedBackbone?.({ params, aux });
    if (trained === undefined) {
      throw new SslError(`The method ${run.plugin.name} does not say which network it trains. Give it trainedBackbone, or take another run.`, { from: '@ssl/cli' });
    }
    const stored = await toStateDict(trained.variables);
    return {
      description: isVisionTransformer(trained.backbone) ? { kind: 'vision-transformer', options: { ...trained.backbone.options } } : describeBackbone(run),
      tensors: stored,
      from: 'ssl',
      root: '',
      leftOut: [],
      normalization: 'imagenet',
      source: checkpointPath,
      sha256: createHash('sha256').update(readFileSync(checkpointPath)).digest('hex'),
    };
  } finally {
    disposeTree([params, aux, optimizer]);
  }
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
