import { storedValues, storeValues, type StoredTensor } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import { plainNames } from './plain-names.js';
import { plainTensors, requirePlainWeights } from './plain-tensors.js';

describe('names of wrapping modules', () => {
  it.each([
    ['blocks.0._orig_mod.norm1.weight', 'blocks.0.norm1.weight'],
    ['_orig_mod.module.blocks.0.attn.qkv.weight', 'module.blocks.0.attn.qkv.weight'],
    ['module._orig_mod.conv1.weight', 'module.conv1.weight'],
    ['model._fsdp_wrapped_module.blocks.3._fsdp_wrapped_module._checkpoint_wrapped_module.mlp.fc1.bias', 'model.blocks.3.mlp.fc1.bias'],
    ['_forward_module.encoder.layer.1.module.attention.attention.query.weight', 'encoder.layer.1.attention.attention.query.weight'],
    ['base_model.model.blocks.0.attn.qkv.base_layer.weight', 'base_model.model.blocks.0.attn.qkv.weight'],
    ['blocks.0.module.attn.module.proj.weight', 'blocks.0.attn.proj.weight'],
    ['layer1.module.0._orig_mod.conv1.weight', 'layer1.0.conv1.weight'],
    ['patch_embed._orig_mod.proj.weight', 'patch_embed.proj.weight'],
    ['student.module.backbone.pos_embed', 'student.module.backbone.pos_embed'],
    ['state_dict.module.encoder_q.conv1.weight', 'state_dict.module.encoder_q.conv1.weight'],
    ['blocks.0.submodule.weight', 'blocks.0.submodule.weight'],
  ])('%s is %s', (name, plain) => {
    expect(plainNames([name]).get(name)).toBe(plain);
  });

  it('stay where two would be one', () => {
    const names = ['_orig_mod.conv1.weight', 'conv1.weight'];
    expect([...plainNames(names).values()]).toEqual(names);
  });
});

const tensor = (values: number[], shape: number[]): StoredTensor => storeValues(values, shape, 'F32');

describe('weights in parts', () => {
  it.each([
    ['parametrizations.weight.original0', 'parametrizations.weight.original1'],
    ['weight_g', 'weight_v'],
  ])('a length %s and its direction are one weight', (length, direction) => {
    const { tensors, originals } = plainTensors({ [`norm.${length}`]: tensor([10, 1], [2, 1]), [`norm.${direction}`]: tensor([3, 4, 0, 2], [2, 2]) });
    expect(Object.keys(tensors)).toEqual(['norm.weight']);
    expect([...storedValues(tensors['norm.weight']!)]).toEqual([6, 8, 0, 1]);
    expect(originals.get('norm.weight')).toBe(`norm.${length} and norm.${direction}`);
  });

  it.each([
    ['blocks.0.attn.qkv.lora_A.default.weight', /an adapter's tensors.*merge_and_unload/],
    ['teacher.backbone._flat_param', /FSDP has flattened.*FULL_STATE_DICT/],
    ['blocks.0.attn.qkv.weight_mask', /pruned.*prune\.remove/],
    ['blocks.0.attn.qkv.weight_orig', /parametrized.*remove_spectral_norm/],
    ['blocks.0.attn.qkv.parametrizations.weight.original', /parametrized.*remove_parametrizations/],
  ])('%s is refused with what to do', (name, message) => {
    expect(() => requirePlainWeights([name], 'a.pth')).toThrow(message);
  });

  it('a mask token is none of them', () => {
    expect(() => requirePlainWeights(['mask_token', 'blocks.0.norm1.weight'], 'a.pth')).not.toThrow();
  });
});
