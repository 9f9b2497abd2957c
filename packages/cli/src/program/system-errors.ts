/** What the system refused, and what to do. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run the command again (a run goes on with --resume); what was saved before is untouched',
  EDQUOT: 'the quota is used up. Free some space and run the command again (a run goes on with --resume); what was saved before is untouched',
  EACCES: 'no permission. Change it, or name another place',
  EPERM: 'the system does not permit it. Name another place',
  EROFS: 'the file system is read-only. Name another place',
  ENOENT: 'it is not there. Check the path; a folder to write into has to exist',
  ENOTDIR: 'a part of the path is a file where a folder was needed. Check the path',
  EISDIR: 'it is a folder where a file was needed. Name a file',
  EEXIST: 'it exists already. Name another',
  ENOTEMPTY: 'the folder is not empty. Name another',
  EMFILE: 'this process has too many files open. Raise the limit (ulimit -n 4096) and run the command again',
  ENFILE: 'the system has too many files open. End other programs and run the command again',
  ENAMETOOLONG: 'the name is too long. Name another',
  ELOOP: 'links lead in a circle. Check the path',
  EIO: 'the disk or the network behind it failed. Check it and run the command again',
  ESTALE: 'the network disk lost it. Mount it again and run the command again',
  ETIMEDOUT: 'no answer came in time. Check the network or the network disk',
  EBUSY: 'another program uses it. End that, or name another',
  ETXTBSY: 'another program uses it. End that, or name another',
  ENXIO: 'it is no file that can be read. Check the path',
  EFBIG: 'files of that size are not allowed there. Name another place',
  ENOMEM: 'memory is used up. End other programs, or use a smaller --batch-size',
  EAGAIN: 'no more processes or threads are allowed. End other programs and run the command again',
  ENOTFOUND: 'the address is not known. Check the network',
  ECONNREFUSED: 'nobody answers there. Check the network',
  ECONNRESET: 'the connection was cut. Run the command again',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GB, which is more than is read at once. Split it',
};

/** An error of the operating system in words, or nothing where it is none: such an error is the machine's or the path's, not a fault of the command. */
export function describeSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, dest, syscall, message } = error as NodeJS.ErrnoException & { readonly dest?: string };
  if (code === undefined || (syscall === undefined && code !== 'ERR_FS_FILE_TOO_LARGE')) return undefined;
  const place = [path, dest].filter((name) => name !== undefined).join(' to ');
  const what = place === '' ? 'The system refused a step' : `${place} could not be used (${syscall ?? 'read'})`;
  return `${what}: ${reasons[code] ?? `${message}. Check the path and the machine`}.`;
}
