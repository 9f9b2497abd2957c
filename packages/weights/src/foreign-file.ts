/** A file that holds no weights that are read here. */
export interface ForeignFile {
  /** `a web page (HTML)`. */
  readonly what: string;
  /** How to get weights out of it, a sentence without its full stop. */
  readonly remedy: string;
}

interface Kind extends ForeignFile {
  readonly matches: (start: Buffer, name: string) => boolean;
}

const begins =
  (...bytes: readonly number[]) =>
  (start: Buffer): boolean =>
    bytes.every((byte, i) => start[i] === byte);
const text = (start: Buffer): string => start.toString('latin1');
const again = 'Fetch the file again';
const unpack = 'Unpack it, and give the file of weights in it';
const fromTransformers = (flag: string): string =>
  `Take the PyTorch weights of the network where there are any; weights of transformers are turned into them in Python with AutoModel.from_pretrained(folder, ${flag}=True).save_pretrained('converted')`;

/** The first that matches; those that a name has to tell stand last. */
const kinds: readonly Kind[] = [
  { what: 'nothing (0 bytes)', remedy: again, matches: (start) => start.length === 0 },
  { what: 'a Git LFS pointer, not the file that it stands for', remedy: 'Fetch the file itself: git lfs pull', matches: (start) => text(start).startsWith('version https://git-lfs') },
  { what: 'a web page (HTML)', remedy: 'Fetch the file itself: on Hugging Face and GitHub its address has /resolve/ or /raw/ in place of /blob/', matches: (start) => /^(\xef\xbb\xbf)?\s*(<!doctype html|<html|<head|<!--)/i.test(text(start)) },
  { what: 'XML, perhaps the error of a server', remedy: again, matches: (start) => /^\s*<(\?xml|error)/i.test(text(start)) },
  {
    what: 'the index of weights in several files',
    remedy: "Put them into one file in Python: AutoModel.from_pretrained(folder).save_pretrained('whole', max_shard_size='100GB')",
    matches: (start) => isJson(start) && text(start).includes('"weight_map"'),
  },
  { what: 'JSON text', remedy: 'Give the file of weights beside it', matches: isJson },
  { what: 'an HDF5 file, as Keras and TensorFlow write them', remedy: fromTransformers('from_tf'), matches: begins(0x89, 0x48, 0x44, 0x46) },
  { what: 'a GGUF file, as llama.cpp reads them', remedy: 'Take the weights in PyTorch\'s form or safetensors that it was made from', matches: (start) => text(start).startsWith('GGUF') },
  { what: 'a TensorFlow Lite model', remedy: fromTransformers('from_tf'), matches: (start) => text(start.subarray(4, 8)) === 'TFL3' },
  { what: 'a NumPy array', remedy: "Save the arrays by name in Python: safetensors.numpy.save_file({name: array, …}, 'weights.safetensors')", matches: (start) => text(start).startsWith('\x93NUMPY') },
  { what: 'a file packed with gzip', remedy: unpack, matches: begins(0x1f, 0x8b) },
  { what: 'a file packed with xz', remedy: unpack, matches: begins(0xfd, 0x37, 0x7a, 0x58, 0x5a) },
  { what: 'a file packed with bzip2', remedy: unpack, matches: (start) => /^BZh\d1AY/.test(text(start)) },
  { what: 'a file packed with zstd', remedy: unpack, matches: begins(0x28, 0xb5, 0x2f, 0xfd) },
  { what: 'an archive of 7-Zip', remedy: unpack, matches: begins(0x37, 0x7a, 0xbc, 0xaf) },
  { what: 'an archive of RAR', remedy: unpack, matches: (start) => text(start).startsWith('Rar!') },
  { what: 'a tar archive', remedy: unpack, matches: (start) => text(start.subarray(257, 262)) === 'ustar' },
  { what: 'an image', remedy: 'Give images with --data', matches: (start) => /^(\x89PNG|\xff\xd8\xff|GIF8|BM..\0\0|RIFF....WEBP)/s.test(text(start)) },
  {
    what: 'an ONNX model',
    remedy: "Take the PyTorch weights that it was made from; tensors that kept their names are saved in Python with torch.save({t.name: torch.tensor(onnx.numpy_helper.to_array(t)) for t in onnx.load(file).graph.initializer}, 'weights.pth')",
    matches: (start, name) => name.endsWith('.onnx') || (start[0] === 8 && start[2] === 0x12 && /^.{4,5}(pytorch|tf2onnx|onnx)/s.test(text(start))),
  },
  { what: 'weights of Flax (msgpack)', remedy: fromTransformers('from_flax'), matches: (_, name) => name.endsWith('.msgpack') },
  { what: 'a part of a TensorFlow model', remedy: fromTransformers('from_tf'), matches: (_, name) => /\.(pb|tflite|meta|index|data-\d+-of-\d+)$/.test(name) },
  { what: 'weights of Paddle', remedy: "Save them in Python: torch.save({name: torch.tensor(value.numpy()) for name, value in paddle.load(file).items()}, 'weights.pth')", matches: (_, name) => name.endsWith('.pdparams') },
  { what: 'text', remedy: 'Give a file of weights: .pth, .pt, .ckpt, .bin or .safetensors', matches: (start) => start.length > 0 && start.every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) },
];

/**
 * What a file is that holds no weights that are read here, by its first bytes (300 are enough) and its name.
 *
 * @returns Nothing for a file that may be read: a zip, a pickle, safetensors, or unknown.
 */
export function foreignFile(start: Uint8Array, name: string): ForeignFile | undefined {
  const bytes = Buffer.from(start);
  const found = kinds.find(({ matches }) => matches(bytes, name));
  return found === undefined ? undefined : { what: found.what, remedy: found.remedy };
}

/** A safetensors file has a length first, whose upper bytes are 0. */
function isJson(start: Buffer): boolean {
  return /^(\xef\xbb\xbf)?\s*[[{]/.test(text(start)) && start[7] !== 0;
}
