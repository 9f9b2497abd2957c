import { apply, childSeed } from '@ssl/core';
import type { MethodState, Module, SslMethod, TensorRecord, TokenInput, TokenOutput, Variables, VisionTransformer } from '@ssl/core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { dinoHead, initLastLayer, lastLayer, type DinoHeadOptions, type LastLayer } from './dino-head.js';

/** What iBOT's and DINOv2's student and teacher are: a Vision Transformer, and a head for class tokens and patches, or one for each. */
export interface SelfDistillationNetwork {
  readonly backbone: VisionTransformer;
  readonly bottleneck: number;
  /** Clusters for class tokens and for patches. */
  readonly outputs: number;
  readonly patchOutputs: number;
  /** `backbone`, `head`, `last_layer`, and for separate heads `patch_head`, `patch_last_layer`. */
  init(seed: number): Variables;
  encode(variables: Variables, inputs: readonly TokenInput[], mode: { readonly training: boolean; readonly key?: Tensor1D }): TokenOutput[];
  /** Bottleneck vectors of tokens, `[rows, bottleneck]`. */
  project(params: TensorRecord, part: HeadPart, tokens: Tensor2D): Tensor2D;
  /** What the last layer makes of bottleneck vectors, `[rows, clusters]`. */
  logits(params: TensorRecord, part: HeadPart, vectors: Tensor2D): Tensor2D;
}

export type HeadPart = 'class' | 'patch';

export interface SelfDistillationNetworkOptions extends Omit<DinoHeadOptions, 'batchNorm'> {
  readonly outputs: number;
  readonly patchOutputs: number;
  readonly heads: 'shared' | 'separate';
  readonly normLastLayer: boolean;
}

export function selfDistillationNetwork(backbone: VisionTransformer, options: SelfDistillationNetworkOptions): SelfDistillationNetwork {
  const { bottleneck, outputs, normLastLayer } = options;
  const separate = options.heads === 'separate';
  const head: Module<Tensor2D, Tensor2D> = dinoHead(backbone.options.width, { ...options, batchNorm: false });
  const patchOutputs = separate ? options.patchOutputs : outputs;
  const named = (part: HeadPart, name: 'head' | 'last_layer'): string => (separate && part === 'patch' ? `patch_${name}` : name);
  const headOf = (seed: number, part: HeadPart): TensorRecord => {
    const name = named(part, 'head');
    const final = named(part, 'last_layer');
    const clusters = part === 'patch' ? patchOutputs : outputs;
    return { [name]: head.init(childSeed(seed, name)).params, [final]: initLastLayer(childSeed(seed, final), { bottleneck, outputs: clusters, normLastLayer }) };
  };
  return {
    backbone,
    bottleneck,
    outputs,
    patchOutputs,
    init(seed) {
      const { params, buffers } = backbone.init(childSeed(seed, 'backbone'));
      return { params: { backbone: params, ...headOf(seed, 'class'), ...(separate ? headOf(seed, 'patch') : {}) }, buffers };
    },
    encode: ({ params, buffers }, inputs, mode) => apply(backbone.encoder, { params: params.backbone as TensorRecord, buffers }, inputs, mode).output,
    project: (params, part, tokens) => apply(head, { params: params[named(part, 'head')] as TensorRecord, buffers: {} }, tokens, { training: false }).output,
    logits: (params, part, vectors) => lastLayer(vectors, params[named(part, 'last_layer')] as LastLayer),
  };
}

/** A method whose network, with its heads, can teach another one. */
export interface SelfDistillationMethod<
  Aux extends TensorRecord = TensorRecord,
  Outputs extends TensorRecord = TensorRecord,
  Carry extends TensorRecord = TensorRecord,
> extends SslMethod<Aux, Outputs, Carry> {
  readonly selfDistillation: {
    readonly network: SelfDistillationNetwork;
    /** The network that is evaluated, with its heads; the same tensors. */
    readonly trained: (state: MethodState) => Variables;
  };
}
