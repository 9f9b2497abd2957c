import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { firstBytes, standInFor } from '../stand-in.js';
import { imageFormatOf } from './image-endings.js';
import type { FolderScan } from './scan-folder.js';

/** Formats whose files a folder may hold in place of images. */
export type ContainerFormat = 'tar' | 'parquet' | 'idx' | 'cifar10' | 'cifar100';

const signs: readonly (readonly [ContainerFormat, (names: readonly string[]) => boolean])[] = [
  ['tar', (names) => names.some((name) => /\.tar$/i.test(name))],
  ['parquet', (names) => names.some((name) => /\.parquet$/i.test(name))],
  ['idx', (names) => names.some((name) => /idx[34]/.test(name) && !name.includes('labels'))],
  ['cifar10', (names) => names.includes('data_batch_1.bin') || names.includes('cifar-10-batches-bin')],
  ['cifar100', (names) => (names.includes('train.bin') && names.includes('test.bin')) || names.includes('cifar-100-binary')],
];

/** What a folder without images holds instead: the format to open it with, or what to type. */
export async function containersIn(path: string, scan: FolderScan): Promise<{ readonly format?: ContainerFormat; readonly hint: string }> {
  const names = await readdir(path).catch((): string[] => []);
  const formats = signs.filter(([, holds]) => holds(names)).map(([format]) => format);
  const [format] = formats;
  if (format !== undefined) return { ...(formats.length === 1 ? { format } : {}), hint: `Name ${formats.map((one) => `${one}:${path}`).join(' or ')}.` };
  if (names.includes('data_batch_1') || (names.includes('train') && names.includes('meta'))) {
    return { hint: 'CIFAR in its Python version is not read: fetch the binary version, and name cifar10:FOLDER or cifar100:FOLDER.' };
  }
  const first = (ending: string): string | undefined => scan.passedOver?.find(({ what }) => what === `${ending} file`)?.examples[0];
  const hints: readonly (readonly [string, (found: string) => string])[] = [
    ['.tar', (found) => `tar:${join(path, dirname(found))}`],
    ['.parquet', (found) => `parquet:${join(path, dirname(found))}`],
    ['.npy', (found) => `npy:${join(path, found)}`],
    ['.sslpack', (found) => `pack:${join(path, found)}`],
  ];
  for (const [ending, spec] of hints) {
    const found = first(ending);
    if (found !== undefined) return { hint: `Name ${spec(found)}.` };
  }
  return { hint: '' };
}

const numpy = (read: string): string => `Write the images as an array: python3 -c "import numpy; numpy.save('images.npy', ${read})", and name images.npy`;

/** What to do with a file of which images cannot be read as it is, by its ending. */
const advice: readonly (readonly [RegExp, (path: string) => string])[] = [
  [/\.(tar\.gz|tgz)$/i, (path) => `Images are read from their places in the archive, which compression hides. Unpack it once: gunzip -k ${quoted(path)}, and name ${path.replace(/\.tgz$/i, '.tar').replace(/\.gz$/i, '')}`],
  [/\.(tar\.bz2|tbz2?)$/i, (path) => `Images are read from their places in the archive, which compression hides. Unpack it once: bunzip2 -k ${quoted(path)}, and name the .tar`],
  [/\.(tar\.xz|txz)$/i, (path) => `Images are read from their places in the archive, which compression hides. Unpack it once: xz -dk ${quoted(path)}, and name the .tar`],
  [/\.(tar\.zst|tzst)$/i, (path) => `Images are read from their places in the archive, which compression hides. Unpack it once: zstd -d ${quoted(path)}, and name the .tar`],
  [/\.zip$/i, (path) => `Unpack it: unzip -q ${quoted(path)} -d ${quoted(path.slice(0, -4))}, and name that folder`],
  [/\.(7z|rar)$/i, (path) => `Unpack it: 7z x ${quoted(path)}, and name the folder`],
  [/\.npz$/i, (path) => numpy(`numpy.load('${path}')['NAME']`)],
  [/\.(h5|hdf5|hdf)$/i, (path) => `HDF5 is not read. ${numpy(`__import__('h5py').File('${path}')['NAME'][:]`)}`],
  [/\.mat$/i, (path) => `MATLAB's files are not read. ${numpy(`__import__('scipy.io').io.loadmat('${path}')['NAME']`)}`],
  [/\.(pt|pth|pkl|pickle)$/i, () => `Pickled tensors are no data set here. ${numpy('TENSOR.numpy()')}`],
  [/\.(arrow|feather)$/i, () => "Arrow files are not read. Write Parquet (dataset.to_parquet('images.parquet')), and name that file"],
  [/\.(tfrecords?|lmdb|mdb|rec|beton|zarr)$/i, () => 'Records of this format are not read. Write the images into a folder, or into .tar files as WebDataset does'],
  [/\.(json|jsonl|ndjson|xml|yaml|yml)$/i, () => 'Write the paths of the images into a text file, one a line, after a tab the class: list:FILE.txt'],
  [/\.gz$/i, (path) => `Unpack it: gunzip -k ${quoted(path)}, and name what comes out`],
];

/** What to do with a file whose ending says no format that is read: its first bytes may say one. */
export async function adviceForFile(path: string): Promise<string> {
  const start = await firstBytes(path, 512);
  const standIn = standInFor(start);
  if (standIn !== undefined) return `It is ${standIn}`;
  if (start.length === 0) return 'It is empty or cannot be read';
  const known = advice.find(([ending]) => ending.test(path))?.[1];
  if (known !== undefined) return known(path);
  const text = start.toString('latin1');
  const named = (format: string): string => `By its content it is of the format ${format}: name ${format}:${path}`;
  if (text.slice(257, 262) === 'ustar') return named('tar');
  if (text.startsWith('PAR1')) return named('parquet');
  if (text.startsWith('\x93NUMPY')) return named('npy');
  if (text.startsWith('SSLPACK')) return named('pack');
  if (text.startsWith('\0\0\x08\x03') || text.startsWith('\0\0\x08\x04')) return named('idx');
  if (text.startsWith('\x1f\x8b')) return 'By its content it is gzipped: unpack it with gunzip, and name what comes out';
  if (text.startsWith('PK\x03\x04')) return `By its content it is a zip archive: unzip -q ${quoted(path)} -d FOLDER, and name that folder`;
  const format = imageFormatOf(start);
  if (format !== undefined) return `It is one image (${format.name}): name its folder, ${dirname(path)}`;
  return 'Where it lists images, one path a line, name list:FILE; other formats are named with their prefix (tar:, parquet:, npy:, idx:, pack:)';
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
