import { SslError } from '@ssl/core';
import yauzl from 'yauzl';
import { readPickle } from '../pickle/read-pickle.js';
import type { PthArchive } from './pth-archive.js';
import type { RandomAccess } from './random-access.js';

/** Members that a checkpoint can have: a storage each. */
const mostMembers = 200_000;
/** Bytes of the pickled part, which holds no numbers of tensors. */
const largestPickle = 256 * 2 ** 20;

/**
 * Opens a file as PyTorch writes them since 1.6: a zip without compression whose member `data.pkl` names the members
 * `data/0`, `data/1`, … that hold the numbers. Nothing is unpacked to the disk, so member names lead nowhere.
 *
 * @throws SslError where the file is no such zip, has compressed, repeated or overlapping members, or names what is refused.
 */
export async function openZipArchive(file: RandomAccess, allow: readonly string[]): Promise<PthArchive> {
  const fail: Fail = (needed, got, remedy = 'Save it with torch.save, or as safetensors.') =>
    new SslError(`${file.path} was to be a PyTorch file: ${needed}, got ${got}. ${remedy}`, { from: '@ssl/weights' });
  const members = await listMembers(file, fail);
  const pickle = [...members.keys()].find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  if (pickle === undefined) throw foreignZip([...members.keys()], fail);
  const home = pickle.slice(0, -'data.pkl'.length);
  if (members.has(`${home}constants.pkl`)) throw fail('a state dictionary was needed', 'a TorchScript program', torchScript);

  const byteOrder = members.get(`${home}byteorder`);
  if (byteOrder !== undefined && Buffer.from(await readMember(file, byteOrder, 16, fail)).toString() !== 'little') {
    throw fail('little-endian numbers were needed', 'those of another machine');
  }
  const bytes = await readMember(file, members.get(pickle)!, largestPickle, fail);
  const { value: root } = readPickle(bytes, { allow, source: `${file.path}: ${pickle}` });
  return {
    form: 'zip',
    root,
    async *readStorages(references) {
      let total = 0;
      for (const reference of references) {
        const { key, rootCount, dtype } = reference;
        const member = members.get(`${home}data/${key}`);
        if (member === undefined) throw fail(`the member data/${key} was needed`, 'none of this name');
        const length = rootCount * dtype.size;
        if (member.size !== length) throw fail(`${String(length)} bytes were needed in data/${key}`, String(member.size));
        total += length;
        if (total > file.size) throw fail('members beside each other were needed', 'members that overlap');
        yield { reference, bytes: await readMember(file, member, length, fail) };
      }
    },
  };
}

interface Member {
  readonly entry: yauzl.Entry;
  readonly size: number;
}

type Fail = (needed: string, got: string, remedy?: string) => SslError;

const cut = 'Its end is missing where it was not fetched as a whole: fetch the file again.';
const torchScript = "Save its state dictionary in Python: torch.save(torch.jit.load(file).state_dict(), 'weights.pth').";

/** A zip that torch.save did not write. */
function foreignZip(names: readonly string[], fail: Fail): SslError {
  const needed = 'the member data.pkl was needed';
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/^(model\.)?weights\.h5$|\.weights\.h5$/)) return fail(needed, 'a Keras model', "Take the PyTorch weights of the network where there are any: Keras has other names and layouts.");
  if (names.length > 0 && names.every((name) => name.endsWith('.npy'))) {
    return fail(needed, "NumPy arrays (.npz)", "Save them in Python: torch.save({name: torch.tensor(array) for name, array in numpy.load(file).items()}, 'weights.pth').");
  }
  if (has(/(^|\/)code\/.*\.py$/)) return fail(needed, 'a TorchScript program', torchScript);
  if (has(/\.(pth|pt|ckpt|bin|safetensors)$/)) return fail(needed, `an archive with ${names.slice(0, 3).join(', ')}`, 'Unpack it, and give the file of weights in it.');
  return fail(needed, `a zip with ${names.slice(0, 3).join(', ') || 'nothing in it'}`);
}

async function listMembers(file: RandomAccess, fail: Fail): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  const zip = await yauzl.openPromise(file.path).catch((cause: unknown) => {
    throw fail('a whole zip was needed', `'${cause instanceof Error ? cause.message : String(cause)}'`, cut);
  });
  try {
    if (zip.entryCount > mostMembers) throw fail(`at most ${String(mostMembers)} members were needed`, String(zip.entryCount));
    for await (const entry of zip.eachEntry()) {
      const { fileName: name, compressionMethod, compressedSize, uncompressedSize } = entry;
      if (members.has(name)) throw fail('members of different names were needed', `'${name}' twice`);
      if (compressionMethod !== 0 || compressedSize !== uncompressedSize) throw fail('members without compression were needed', `'${name}' compressed`, "Save it again in Python: torch.save(torch.load(file), 'weights.pth').");
      members.set(name, { entry, size: uncompressedSize });
    }
  } catch (cause) {
    if (cause instanceof SslError) throw cause;
    throw fail('a whole zip was needed', `'${cause instanceof Error ? cause.message : String(cause)}'`, cut);
  } finally {
    zip.close();
  }
  return members;
}

const localHeader = 30;

/** The bytes of a member, which lie behind its local header. */
async function readMember(file: RandomAccess, { entry, size }: Member, most: number, fail: Fail): Promise<Uint8Array> {
  if (size > most) throw fail(`at most ${String(most)} bytes were needed in ${entry.fileName}`, String(size));
  const start = entry.relativeOffsetOfLocalHeader;
  const header = Buffer.from(await file.read(start, localHeader));
  if (header.readUInt32LE(0) !== 0x04034b50) throw fail(`a member at byte ${String(start)} was needed`, 'something else');
  return file.read(start + localHeader + header.readUInt16LE(26) + header.readUInt16LE(28), size);
}
