import { SslError } from '@ssl/core';
import { PickleError } from '../pickle/pickle-error.js';
import type { PythonValue } from '../pickle/python-values.js';
import { readPickle, type ReadPickle } from '../pickle/read-pickle.js';
import type { PthArchive } from './pth-archive.js';
import type { RandomAccess } from './random-access.js';

/** Little-endian, as PyTorch before 1.6 begins its files. */
const magic = 0x1950a86a20f9469cfc6cn;
const firstPiece = 1 << 20;

/** Pickles of a file, with more of it read where one does not end in what is there. */
class PickleSequence {
  position = 0;
  private bytes = new Uint8Array(0);
  private readonly file: RandomAccess;
  private readonly allow: readonly string[];

  constructor(file: RandomAccess, allow: readonly string[]) {
    this.file = file;
    this.allow = allow;
  }

  async next(): Promise<PythonValue> {
    for (let length = Math.max(firstPiece, this.bytes.length); ; length *= 8) {
      if (this.bytes.length < length && this.bytes.length < this.file.size) this.bytes = new Uint8Array(await this.file.read(0, Math.min(length, this.file.size)));
      try {
        const { value, end }: ReadPickle = readPickle(this.bytes, { start: this.position, allow: this.allow, source: this.file.path });
        this.position = end;
        return value;
      } catch (error) {
        if (!(error instanceof PickleError) || !error.truncated || this.bytes.length >= this.file.size) throw error;
      }
    }
  }
}

/**
 * Opens a file as PyTorch wrote them before 1.6 (and writes them still with `_use_new_zipfile_serialization=False`): magic
 * number, protocol, machine, the pickled object, the keys of the storages, then each storage as a count and its numbers.
 *
 * @throws SslError where the file is none, damaged, of a big-endian machine, or names what is refused.
 */
export async function openLegacyArchive(file: RandomAccess, allow: readonly string[]): Promise<PthArchive> {
  const fail = (needed: string, got: string, remedy = 'Save it with torch.save, or as safetensors.'): SslError =>
    new SslError(`${file.path} was to be a PyTorch file: ${needed} was needed, got ${got}. ${remedy}`, { from: '@ssl/weights' });
  const start = Buffer.from(await file.read(0, Math.min(4, file.size)));
  if (start[0] !== 0x80) throw fail('a zip or a pickle', `'${start.toString('latin1')}'`);
  const pickles = new PickleSequence(file, allow);
  const first = await pickles.next();
  if (first !== magic) throw fail('its magic number', typeof first === 'bigint' ? first.toString(16) : "another pickle, which Python's own pickle module wrote", "Save its arrays in Python: torch.save({name: torch.as_tensor(array) for name, array in pickle.load(open(file, 'rb')).items()}, 'weights.pth').");
  const protocol = await pickles.next();
  if (protocol !== 1001) throw fail('protocol 1001', show(protocol));
  const machine = await pickles.next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) throw fail('little-endian numbers', 'those of another machine');
  const root = await pickles.next();
  const keys = await pickles.next();
  if (!Array.isArray(keys)) throw fail('a list of storages', show(keys));

  const begin = pickles.position;
  return {
    form: 'legacy',
    root,
    async *readStorages(references) {
      const wanted = new Map(references.map((reference) => [reference.key, reference]));
      let position = begin;
      for (const key of keys.map(String)) {
        if (wanted.size === 0) return;
        const reference = wanted.get(key);
        // Only the references say how many bytes a number takes.
        if (reference === undefined) throw fail(`a tensor for the storage '${key}'`, 'none');
        const count = Number(Buffer.from(await file.read(position, 8)).readBigInt64LE());
        const { rootCount, dtype } = reference;
        if (count !== rootCount) throw fail(`${String(rootCount)} numbers in the storage '${key}' at byte ${String(position)}`, String(count));
        yield { reference, bytes: await file.read(position + 8, count * dtype.size) };
        position += 8 + count * dtype.size;
        wanted.delete(key);
      }
      const [missing] = wanted.keys();
      if (missing !== undefined) throw fail(`the storage '${missing}'`, `only ${String(keys.length)} others`);
    },
  };
}

function show(value: PythonValue): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'something else';
}
