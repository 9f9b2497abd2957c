import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl/backend';
import { loadStateDict, mapToTree, randomKey, treeToMap } from '@ssl/core';
import type { TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { codebookUse } from './codebook-use.js';
import { dvae } from './dvae.js';
import { dvaeDecoder } from './dvae-networks.js';
import { gumbelNoise, gumbelSoftmax } from './gumbel-softmax.js';
import { klToUniform } from './kl-to-uniform.js';
import { logitLaplaceLoss, logitLaplacePictures, mapPixels, unmapPixels } from './logit-laplace.js';
import { maskedTokenLoss } from './masked-token-loss.js';
import { commitmentLoss, moveCodebook, nearestCodes, straightThrough } from './vector-quantizer.js';
import { cosineAgreement } from './vq-kd.js';

interface Packed {
  readonly shape: number[];
  readonly values: number[];
}
interface Golden {
  readonly dvae: Record<'images' | 'gumbel' | 'logits' | 'relaxed' | 'decoded' | 'pictures', Packed> &
    Record<'temperature' | 'klWeight' | 'reconstruction' | 'kl' | 'loss', number> & {
      readonly tokens: number[][];
      readonly gradients: Record<'trunkInput' | 'head' | 'decoderOutput' | 'decoderInput', Packed>;
    };
  readonly gumbelSoftmax: Record<'logits' | 'noise' | 'weights', Packed> & {
    readonly temperature: number;
    readonly cases: readonly { straightThrough: boolean; sample: Packed; gradient: Packed }[];
  };
  readonly quantizer: Record<'vectors' | 'codebook' | 'projection' | 'target' | 'gradient' | 'moved', Packed> &
    Record<'cosine' | 'commitment' | 'momentum', number> & { readonly tokens: number[] };
  readonly maskedTokens: Record<'logits' | 'gradient', Packed> &
    Record<'loss' | 'accuracy' | 'perplexity' | 'used', number> & { readonly tokens: number[][]; readonly mask: number[][] };
}
const golden = JSON.parse(readFileSync(new URL('__fixtures__/beit.json', import.meta.url), 'utf8')) as Golden;
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the test knows the rank of its own tensor
const unpack = <T extends Tensor = Tensor>({ shape, values }: Packed): T => tf.tensor(values, shape, 'float32') as T;
const farthest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const number = (x: Tensor): number => x.dataSync()[0]!;

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe("the dVAE equals the paper's description in PyTorch", () => {
  const wanted = golden.dvae;
  const network = { channels: 3, vocabulary: 12, width: 8, groups: 3, blocks: 2 };
  const method = dvae(network);
  const file = fileURLToPath(new URL('__fixtures__/dvae.safetensors', import.meta.url));
  const load = async (): Promise<TensorRecord> => (await loadStateDict(file, { params: method.init(0).params, buffers: {} })).params;

  it('logits, tokens, decoded distribution and pictures, with the same weights', async () => {
    const params = await load();
    const images = unpack<Tensor4D>(wanted.images);
    const { outputs } = method.forward({ params, aux: { buffers: {} }, views: [images], extras: {}, schedules: {}, training: false, key: randomKey(0, 0, 'x') });
    expect(farthest(tf.reshape(outputs.logits, wanted.logits.shape), unpack(wanted.logits))).toBeLessThan(1e-4);
    expect(method.tokenizer.tokens(method.tokenizer.variables({ params, aux: {} }), images).arraySync()).toEqual(wanted.tokens);
    expect(farthest(logitLaplacePictures(unpack<Tensor4D>(wanted.decoded)), unpack(wanted.pictures))).toBeLessThan(1e-5);
    expect(farthest(unmapPixels(mapPixels(images)), images)).toBeLessThan(1e-6);
  });

  it('both terms of the loss, and its gradients through the relaxed tokens', async () => {
    const map = treeToMap(await load());
    const images = unpack<Tensor4D>(wanted.images);
    const paths = { trunkInput: 'backbone.trunk.input.weight', head: 'backbone.head.weight', decoderOutput: 'decoder.output.weight', decoderInput: 'decoder.input.weight' };
    const terms: number[] = [];
    const loss = (...weights: Tensor[]) => {
      const params = mapToTree({ ...map, ...Object.fromEntries(Object.values(paths).map((path, i) => [path, weights[i]!])) });
      const { backbone } = method.trainedBackbone!({ params, aux: { buffers: {} } });
      const scope = scopeOf(params);
      const logits = backbone.featureMap(scope.child('backbone'), images);
      const relaxed = gumbelSoftmax(logits, unpack(wanted.gumbel), { temperature: wanted.temperature });
      const decoded = dvaeDecoder(network).forward(scope.child('decoder'), relaxed);
      const reconstruction = logitLaplaceLoss(decoded, mapPixels(images));
      const kl = klToUniform(tf.reshape(logits, [-1, 12]));
      terms.push(farthest(decoded, unpack(wanted.decoded)), number(reconstruction), number(kl));
      return tf.add<tf.Scalar>(reconstruction, tf.mul(kl, wanted.klWeight / (4 * 4 * 3)));
    };
    const { value, grads } = tf.valueAndGrads(loss)(Object.values(paths).map((path) => map[path]!));
    expect(terms[0]).toBeLessThan(1e-4);
    expect(terms[1]).toBeCloseTo(wanted.reconstruction, 4);
    expect(terms[2]).toBeCloseTo(wanted.kl, 4);
    expect(number(value)).toBeCloseTo(wanted.loss, 4);
    Object.keys(paths).forEach((name, i) => {
      const expected = unpack(wanted.gradients[name as keyof typeof paths]);
      const scale = number(tf.max(tf.abs(expected)));
      expect(farthest(tf.transpose(grads[i]!, [3, 2, 0, 1]), expected) / scale, name).toBeLessThan(1e-3);
    });
  });

  it('the objective of the method puts the terms together so', async () => {
    const params = await load();
    const input = { params, aux: { buffers: {} }, key: randomKey(0, 0, 'x'), schedules: { klWeight: tf.scalar(wanted.klWeight), temperature: tf.scalar(1) } };
    const logits = tf.reshape<tf.Rank.R3>(unpack(wanted.logits), [2, 4, 12]);
    const outputs = { features: tf.zeros([2, 12]) as Tensor2D, logits, decoded: unpack<Tensor4D>(wanted.decoded), images: unpack<Tensor4D>(wanted.images) };
    expect(number(method.objective({ ...input, outputs }).loss)).toBeCloseTo(wanted.loss, 4);
  });
});

describe('gumbelSoftmax', () => {
  const { logits, noise, weights, temperature, cases } = golden.gumbelSoftmax;

  it.each(cases.map((wanted) => [wanted.straightThrough, wanted] as const))('samples and gradients, straight-through %s', (hard, wanted) => {
    const sample = (x: Tensor) => gumbelSoftmax(x, unpack(noise), { temperature, straightThrough: hard });
    expect(farthest(sample(unpack(logits)), unpack(wanted.sample))).toBeLessThan(1e-5);
    const gradient = tf.grad((x) => tf.sum(tf.mul(sample(x), unpack(weights))))(unpack(logits));
    expect(farthest(gradient, unpack(wanted.gradient))).toBeLessThan(1e-5);
  });

  it('noise has the mean and variance of the Gumbel distribution', () => {
    const draw = gumbelNoise([20_000], randomKey(3, 0, 'gumbel'));
    const { mean, variance } = tf.moments(draw);
    expect(number(mean)).toBeCloseTo(0.5772, 1);
    expect(number(variance)).toBeCloseTo(Math.PI ** 2 / 6, 0);
  });
});

describe('klToUniform', () => {
  it('is 0 for uniform and ln K for one-hot distributions', () => {
    expect(number(klToUniform(tf.zeros([2, 8])))).toBeCloseTo(0, 6);
    expect(number(klToUniform(tf.mul(tf.eye(8), 1000) as Tensor2D))).toBeCloseTo(Math.log(8), 5);
  });
});

describe('the vector quantizer and VQ-KD', () => {
  const wanted = golden.quantizer;

  it('tokens, loss, gradient and moved codes', () => {
    const codebook = unpack<Tensor2D>(wanted.codebook);
    const vectors = unpack<Tensor2D>(wanted.vectors);
    const tokens: Tensor1D = nearestCodes(vectors, codebook);
    expect([...tokens.dataSync()]).toEqual(wanted.tokens);
    const codes = tf.gather(codebook, tokens);
    const rows = (x: Tensor): Tensor3D => tf.reshape(x, [1, 10, 4]);
    const cosine = (z: Tensor2D) => cosineAgreement(rows(tf.matMul(straightThrough(z, codes), unpack<Tensor2D>(wanted.projection))), rows(unpack(wanted.target)));
    expect(number(cosine(vectors))).toBeCloseTo(wanted.cosine, 5);
    expect(number(commitmentLoss(vectors, codes))).toBeCloseTo(wanted.commitment, 5);
    const gradient = tf.grad((z) => tf.add(tf.sub(1, cosine(z as Tensor2D)), commitmentLoss(z as Tensor2D, codes)))(vectors);
    expect(farthest(gradient, unpack(wanted.gradient))).toBeLessThan(1e-5);
    const moved = moveCodebook({ codebook, vectors, tokens, momentum: wanted.momentum });
    expect(farthest(moved, unpack(wanted.moved))).toBeLessThan(1e-5);
  });
});

describe('maskedTokenLoss', () => {
  const wanted = golden.maskedTokens;
  const tokens = () => tf.tensor2d(wanted.tokens, [3, 7], 'int32');
  const mask = () => tf.tensor2d(wanted.mask);

  it('loss, gradient and accuracy over hidden patches alone', () => {
    const loss = (x: Tensor) => maskedTokenLoss({ logits: x as Tensor3D, tokens: tokens(), mask: mask() }).loss;
    const { value, grad } = tf.valueAndGrad(loss)(unpack(wanted.logits));
    expect(number(value)).toBeCloseTo(wanted.loss, 5);
    expect(farthest(grad, unpack(wanted.gradient))).toBeLessThan(1e-6);
    expect(number(maskedTokenLoss({ logits: unpack(wanted.logits), tokens: tokens(), mask: mask() }).accuracy)).toBeCloseTo(wanted.accuracy, 6);
    expect(() => maskedTokenLoss({ logits: unpack(wanted.logits), tokens: tf.zeros([3, 6], 'int32'), mask: mask() })).toThrow("Make the tokenizer's grid that of the patches");
  });

  it('use of the codebook', () => {
    const { perplexity, used } = codebookUse(tokens(), 9);
    expect(number(perplexity)).toBeCloseTo(wanted.perplexity, 4);
    expect(number(used)).toBeCloseTo(wanted.used, 6);
    expect(number(codebookUse(tf.zeros([5], 'int32'), 9).perplexity)).toBeCloseTo(1, 6);
  });
});

/** A scope over plain parameters. */
function scopeOf(params: TensorRecord): Parameters<ReturnType<typeof dvaeDecoder>['forward']>[0] {
  return {
    training: false,
    path: '',
    child: (name: string) => scopeOf((params[name] ?? {}) as TensorRecord),
    has: (name: string) => name in params,
    param: (name: string) => params[name] as never,
    buffer: (name: string) => params[name] as never,
    update: () => undefined,
    randomKey: () => randomKey(0, 0, 'scope'),
  } as unknown as Parameters<ReturnType<typeof dvaeDecoder>['forward']>[0];
}
