import { SslError, sineCosinePositions, storedValues, storeValues, type StoredTensor, type VisionTransformerOptions } from '@ssl/core';

export interface InferVisionTransformerOptions {
  /** Where the width is not 64 for each head. */
  readonly heads?: number;
  readonly epsilon?: number;
  /** How other image sizes are served; left out: as timm. */
  readonly interpolation?: (registers: number) => NonNullable<VisionTransformerOptions['interpolation']>;
  /** Names the file in errors. */
  readonly source: string;
}

export interface InferredVisionTransformer {
  readonly options: VisionTransformerOptions;
  /** Those of the file, some in another form: see {@link inferVisionTransformer}. */
  readonly tensors: Record<string, StoredTensor>;
}

/**
 * The options of a Vision Transformer from its tensors: width, depth, patches, image size of the position embedding,
 * registers, layer scale, biases, MLP or SwiGLU, norms.
 *
 * DINOv2 with registers adds a position to the class token and none to the registers: the class token takes it in, as timm has it.
 * A `mask_token` without a batch axis gets one. Positions that are sines and cosines are taken for fixed.
 *
 * @param tensors - By timm's names, in PyTorch's layout.
 * @throws SslError where the tensors are of no Vision Transformer that is here.
 */
export function inferVisionTransformer(given: Readonly<Record<string, StoredTensor>>, options: InferVisionTransformerOptions): InferredVisionTransformer {
  const { source } = options;
  const tensors: Record<string, StoredTensor> = { ...given };
  const fail = (needed: string, got: string): SslError => new SslError(`${source} was to hold ${needed}, got ${got}. Take weights of a plain Vision Transformer.`, { from: '@ssl/weights' });
  const patches = tensors['patch_embed.proj.weight']?.shape ?? [];
  const [width = 0, channels = 0, patchSize = 0] = patches;
  if (patches.length !== 4 || patchSize !== patches[3]) throw fail('square patches', `a projection of [${patches.join(', ')}]`);

  const depth = 1 + Object.keys(tensors).reduce((most, name) => Math.max(most, Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1)), -1);
  if (depth === 0) throw fail('blocks', 'none');
  const block = (name: string): readonly number[] | undefined => tensors[`blocks.0.${name}`]?.shape;
  const hidden = block('mlp.fc1.weight')?.[0];
  const inner = block('mlp.fc2.weight')?.[1];
  if (hidden === undefined || inner === undefined) throw fail("a block's mlp.fc1 and mlp.fc2", 'none');

  const classToken = 'cls_token' in tensors;
  const registers = tensors.reg_token?.shape[1] ?? 0;
  const table = block('attn.relative_position_bias_table');
  const headWidth = block('attn.q_norm.weight')?.[0];
  const heads = options.heads ?? table?.[1] ?? (headWidth === undefined ? width / 64 : width / headWidth);
  if (!Number.isInteger(heads) || width % heads !== 0) {
    throw new SslError(`${source} was to say how many heads it has, got a width of ${String(width)}, which is no multiple of 64. Give the number of heads, a divisor of the width: ssl import FILE --heads N`, { from: '@ssl/weights' });
  }
  const mask = tensors.mask_token;
  if (mask !== undefined) tensors.mask_token = { ...mask, shape: [1, 1, mask.shape.at(-1) ?? 0] };

  const positions = placePositions(tensors, { classToken, registers, width, table, fail });
  const scale = block('ls1.gamma') ?? block('gamma_1');
  const normAfterPool = 'fc_norm.weight' in tensors && !('norm.weight' in tensors);
  const { interpolation = () => 'antialiased' } = options;
  return {
    tensors,
    options: {
      name: 'vit',
      imageSize: (positions.side ?? Math.floor(224 / patchSize)) * patchSize,
      patchSize,
      channels,
      width,
      depth,
      heads,
      mlpRatio: ratioOf(hidden, width),
      feedForward: inner === hidden ? 'mlp' : 'swiglu',
      qkvBias: block('attn.qkv.bias') !== undefined ? true : block('attn.q_bias') !== undefined ? 'queryValue' : false,
      qkNorm: headWidth !== undefined,
      ...(scale === undefined ? {} : { layerScale: 1e-5 }),
      naming: block('gamma_1') === undefined ? 'timm' : 'beit',
      classToken,
      registers,
      positions: positions.kind,
      prefixPositions: positions.prefix,
      interpolation: interpolation(registers),
      pool: normAfterPool || !classToken ? 'mean' : 'class',
      normAfterPool,
      maskToken: mask !== undefined,
      epsilon: options.epsilon ?? 1e-6,
    },
  };
}

/** A ratio that gives the hidden features again: rounding may take one away. */
function ratioOf(hidden: number, width: number): number {
  return Math.trunc(width * (hidden / width)) === hidden ? hidden / width : (hidden + 0.5) / width;
}

interface PlaceInput {
  readonly classToken: boolean;
  readonly registers: number;
  readonly width: number;
  /** Shape of the relative position bias table. */
  readonly table: readonly number[] | undefined;
  readonly fail: (needed: string, got: string) => SslError;
}

interface Placed {
  readonly kind: NonNullable<VisionTransformerOptions['positions']>;
  readonly side?: number;
  readonly prefix: boolean;
}

function placePositions(tensors: Record<string, StoredTensor>, { classToken, registers, width, table, fail }: PlaceInput): Placed {
  const positions = tensors.pos_embed;
  if (positions === undefined) {
    if (table === undefined) return { kind: 'none', prefix: false };
    const side = (Math.sqrt((table[0] ?? 0) - 3) + 1) / 2;
    if (!Number.isInteger(side)) throw fail('relative positions of a square of patches', `a table of ${String(table[0])} entries`);
    return { kind: 'relative', side, prefix: false };
  }
  if (table !== undefined) throw fail('absolute or relative positions', 'both');
  const count = positions.shape[1] ?? 0;
  const before = [0, Number(classToken), Number(classToken) + registers].find((prefix) => Number.isInteger(Math.sqrt(count - prefix)) && count > prefix);
  if (before === undefined) throw fail('positions of a square of patches', String(count));
  const side = Math.sqrt(count - before);
  if (before === 1 && classToken && registers > 0) {
    foldClassPosition(tensors, positions, width);
    return { kind: 'learned', side, prefix: false };
  }
  const fixed = before <= 1 && width % 4 === 0 ? fixedKind(positions, side, width, before) : undefined;
  return { kind: fixed ?? 'learned', side, prefix: before > 0 };
}

/** The class token plus its position; the positions of the patches stay. */
function foldClassPosition(tensors: Record<string, StoredTensor>, positions: StoredTensor, width: number): void {
  const token = storedValues(tensors.cls_token!);
  const values = storedValues(positions);
  tensors.cls_token = storeValues(Float32Array.from(token, (value, i) => value + values[i]!), [1, 1, width], 'F32');
  tensors.pos_embed = storeValues(Float32Array.from(values.subarray(width)), [1, values.length / width - 1, width], 'F32');
}

/** MAE's and MoCo v3's positions, which training leaves as they are. */
function fixedKind(positions: StoredTensor, side: number, width: number, prefix: number): 'sincos' | 'sincosRows' | undefined {
  const values = storedValues(positions);
  return (['sincos', 'sincosRows'] as const).find((kind) => {
    const fixed = sineCosinePositions(side, width, kind === 'sincos' ? 'column' : 'row', prefix);
    return values.length === fixed.length && values.every((value, i) => Math.abs(value - fixed[i]!) < 1e-5);
  });
}
