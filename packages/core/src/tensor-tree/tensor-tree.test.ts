import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cloneTree } from './clone-tree.js';
import { disposeTree } from './dispose-tree.js';
import { flattenTree } from './flatten-tree.js';
import { mapTree, unflattenTree } from './map-tree.js';
import { assertSameStructure, treeDifference } from './tree-difference.js';
import { mapToTree, treeToMap } from './tree-map.js';
import type { TensorTree } from './tensor-tree.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const one = () => tf.scalar(1);

describe('flattenTree', () => {
  it('gives the same order whatever the order of insertion', () => {
    const a = one();
    const b = one();
    const c = one();
    expect(flattenTree({ layer: { 10: a, 2: b }, bias: c })).toEqual(flattenTree({ bias: c, layer: { 2: b, 10: a } }));
    expect(flattenTree({ layer: { 10: a, 2: b }, bias: [c] }).paths).toEqual(['bias.0', 'layer.2', 'layer.10']);
  });

  it('takes a lone tensor and empty branches', () => {
    const leaf = one();
    expect(flattenTree(leaf)).toEqual({ paths: [''], tensors: [leaf] });
    expect(flattenTree({ a: {}, b: [] }).paths).toEqual([]);
  });

  it.each([
    ['null', null, 'null'],
    ['no value', undefined, 'undefined'],
    ['a number', 3, 'number'],
    ['an array', new Float32Array(2), 'Float32Array'],
  ])('explains a leaf of %s', (_, leaf, kind) => {
    const tree = { a: { b: leaf } } as unknown as TensorTree;
    expect(() => flattenTree(tree)).toThrow(`a tensor tree needs a tensor, list or record at 'a.b', got ${kind}`);
  });
});

describe('mapTree and unflattenTree', () => {
  it('keep lists, records and the order of keys', () => {
    const tree = { z: [tf.zeros([2]), tf.zeros([3])], a: { y: tf.zeros([4]) } };
    const sizes = mapTree(tree, (tensor, path) => `${path}:${tensor.size}`);
    expect(sizes).toEqual({ z: ['z.0:2', 'z.1:3'], a: { y: 'a.y:4' } });
    expect(Object.keys(sizes)).toEqual(['z', 'a']);
    expect(unflattenTree(tree, flattenTree(tree).tensors)).toEqual(tree);
  });

  it('notice a wrong number of leaves', () => {
    expect(() => unflattenTree({ a: one() }, [])).toThrow(/the tree has 1 leaves, got 0 values/);
  });
});

describe('treeToMap and mapToTree', () => {
  it('are inverse for records, index-like keys too', () => {
    const tree = { layer1: { 0: { weight: one() }, 1: { weight: one() } }, fc: { bias: one() } };
    expect(Object.keys(treeToMap(tree))).toEqual(['fc.bias', 'layer1.0.weight', 'layer1.1.weight']);
    expect(mapToTree(treeToMap(tree))).toEqual(tree);
  });

  it('refuse paths that collide', () => {
    expect(() => treeToMap({ a: { b: one() }, 'a.b': one() })).toThrow(/got 'a\.b' twice/);
    expect(() => mapToTree({ a: one(), 'a.b': one() })).toThrow(/got 'a\.b' while 'a'/);
    expect(() => mapToTree({ 'a.b': one(), a: one() })).toThrow(/got 'a' while 'a'/);
  });

  it('keep names that every object inherits', () => {
    const map = { 'constructor.toString': one(), 'hasOwnProperty': one() };
    expect(treeToMap(mapToTree(map))).toEqual(map);
  });
});

describe('cloneTree and disposeTree', () => {
  it('make handles of their own', () => {
    const before = tf.memory().numTensors;
    const tree = { a: one(), b: [one()] };
    const copy = cloneTree(tree);
    disposeTree(tree);
    disposeTree(tree); // twice is harmless
    expect(copy.a.dataSync()[0]).toBe(1);
    disposeTree(copy);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('treeDifference', () => {
  it('names paths, shapes and dtypes', () => {
    const here = { a: tf.zeros([2]), b: one(), c: one() };
    const there = { a: tf.zeros([3]), b: tf.scalar(1, 'int32'), d: one() };
    expect(treeDifference(here, there)).toEqual([
      'a: float32 [2] here, float32 [3] there',
      'b: float32 [] here, int32 [] there',
      'c: only here',
      'd: only there',
    ]);
    expect(() => assertSameStructure(here, there, 'weights and file')).toThrow(/weights and file must have the same/);
    expect(() => assertSameStructure(here, cloneTree(here), 'weights')).not.toThrow();
  });

  it('shows ten differences at most', () => {
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`p${i}`, one()]));
    expect(() => assertSameStructure(many, {}, 'a and b')).toThrow(/and 5 more/);
  });
});
