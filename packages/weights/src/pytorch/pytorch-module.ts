import { SslError } from '@ssl/core';
import type { BackboneDescription } from '../backbone/backbone-description.js';
import { preprocessFunction } from './preprocess-source.js';
import type { Preprocessing } from './preprocessing.js';
import { pythonString } from './python-literals.js';
import { resnetSource } from './resnet-source.js';
import { smallConvNetSource } from './small-conv-net-source.js';
import { visionTransformerSource } from './vision-transformer-source.js';

/** First line of each such file. */
export function moduleHeader(weightsFile: string): string {
  return `# Written by ssl export for ${weightsFile.replaceAll(/\p{C}/gu, '?')}.`;
}

/**
 * A file of Python with the network as `nn.Module`, `load_model()` that fills it with `strict=True`, and `preprocess`. Needs
 * PyTorch and safetensors alone.
 *
 * @param weightsFile - Name of the file beside it.
 */
export function pytorchModule(description: BackboneDescription, preprocessing: Preprocessing, weightsFile: string): string {
  return [
    moduleHeader(weightsFile),
    'import pathlib',
    '',
    'import torch',
    'from safetensors.torch import load_file',
    'from torch import nn',
    'from torch.nn import functional',
    '',
    `WEIGHTS = pathlib.Path(__file__).resolve().parent / ${pythonString(weightsFile)}`,
    ...preprocessFunction(preprocessing),
    '',
    '',
    ...networkSource(description),
    '',
    '',
    'def load_model(path=WEIGHTS):',
    '    """The network with its weights, for inference."""',
    '    model = Network()',
    '    model.load_state_dict(load_file(path), strict=True)',
    '    return model.eval()',
    '',
  ].join('\n');
}

function networkSource(description: BackboneDescription): string[] {
  const { kind } = description;
  if (kind === 'vision-transformer') return visionTransformerSource(description.options);
  if (kind === 'resnet') return resnetSource(description);
  if (kind === 'small-conv-net') return smallConvNetSource(description);
  throw new SslError(`a network of a known kind was needed, got ${JSON.stringify(description)}. Use the version of @ssl/weights that wrote it.`, { from: '@ssl/weights' });
}
