import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, storeValues } from '@ssl/core';
import { afterAll, describe, expect, it } from 'vitest';
import { readWeights } from './read-weights.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));

const place = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const tar = Buffer.alloc(512);
tar.write('weights.pth');
tar.write('ustar', 257);

describe('a file of another kind is named, with what to do', () => {
  it.each<[string, Uint8Array | string, RegExp]>([
    ['empty.pth', '', /got nothing \(0 bytes\)\. Fetch the file again/],
    ['pointer.pth', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', /a Git LFS pointer.*git lfs pull/],
    ['pointer.safetensors', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', /a Git LFS pointer.*git lfs pull/],
    ['page.pth', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', /a web page.*\/resolve\//],
    ['error.pth', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /XML/],
    ['model.safetensors.index.json', '{"metadata":{"total_size":9},"weight_map":{"a":"model-00001-of-00002.safetensors"}}', /the index of weights in several files.*max_shard_size/],
    ['config.json', '{"model_type":"vit"}', /JSON text/],
    ['keras.h5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /HDF5.*from_tf=True/],
    ['llama.gguf', 'GGUF\x03\0\0\0', /GGUF/],
    ['net.onnx', Buffer.from('\x08\x07\x12\x07pytorch', 'latin1'), /ONNX.*initializer/],
    ['net.bin', Buffer.from('\x08\x07\x12\x07pytorch', 'latin1'), /ONNX/],
    ['net.tflite', Buffer.from('\x1c\0\0\0TFL3', 'latin1'), /TensorFlow Lite/],
    ['flax_model.msgpack', Buffer.from([0x81, 0xa6, 0x70, 0x61, 0x72, 0x61]), /Flax.*from_flax=True/],
    ['saved_model.pb', Buffer.from([0x08, 0x01, 0x12, 0xff]), /a part of a TensorFlow model/],
    ['array.npy', Buffer.from('\x93NUMPY\x01\0', 'latin1'), /a NumPy array.*save_file/],
    ['packed.pth', Buffer.from([0x1f, 0x8b, 8, 0]), /packed with gzip. Unpack it/],
    ['whole.pth.tar', tar, /a tar archive. Unpack it/],
    ['cat.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /an image/],
    ['notes.pth', 'accuracy: 71 %\n', /got text/],
  ])('%s', async (name, bytes, message) => {
    await expect(readWeights(place(name, bytes))).rejects.toThrow(message);
  });

  it('a folder', async () => {
    await expect(readWeights(folder)).rejects.toThrow(/got: a folder\. Give a file in it/);
  });

  it('a file that was cut', async () => {
    const whole = encodeSafetensors({ a: storeValues([1, 2, 3], [3], 'F32') });
    await expect(readWeights(place('cut.safetensors', whole.subarray(0, whole.length - 3)))).rejects.toThrow(/not a whole safetensors file/);
    await expect(readWeights(place('cut.pth', Buffer.from('PK\x03\x04 and no more', 'latin1')))).rejects.toThrow(/a whole zip was needed.*fetch the file again/);
  });

  it('but what its ending says does not count where its bytes are weights', async () => {
    const whole = encodeSafetensors({ a: storeValues([1, 2, 3], [3], 'F32') });
    expect((await readWeights(place('really.pth', whole))).form).toBe('safetensors');
    expect((await readWeights(place('saved_model.pb2', whole))).form).toBe('safetensors');
  });
});
