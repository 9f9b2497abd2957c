// One set-up at a time for each checkout, with a lock that a dead process does not keep.
import { createHash } from 'node:crypto';
import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Where the lock of a folder lies: outside the folder, since an installation may empty it. */
export function lockPath(folder) {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16);
  return join(tmpdir(), `ssl-setup-${String(userInfo().uid)}-${name}.lock`);
}

/**
 * Runs `work` while no other process does so for this folder. `work` gets a function that names a child process: the
 * lock is held as long as one of the two lives, so that an installer which survives its parent is waited for too.
 */
export async function withSetupLock(folder, output, work) {
  const path = lockPath(folder);
  let told = false;
  for (;;) {
    if (take(path)) break;
    const holder = read(path);
    if (holder !== undefined && !isHeld(holder)) {
      removeStale(path, holder);
      continue;
    }
    if (!told) output.write(`Another set-up of this folder is under way (${described(holder)}, lock file ${path}); waiting for it.\n`);
    told = true;
    await wait(300);
  }
  try {
    return await work((child) => {
      const next = `${path}.${String(process.pid)}.next`;
      writeFileSync(next, `${identity(process.pid)}\n${identity(child)}\n`);
      renameSync(next, path); // never seen half-written
    });
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path) {
  const own = `${path}.${String(process.pid)}`;
  writeFileSync(own, `${identity(process.pid)}\n`);
  try {
    linkSync(own, path); // atomic, and the content is complete from the start
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A process as '<pid> <start time> <boot> <host>': a number that is given again to another process is not taken for the old one. */
function identity(pid) {
  return `${String(pid)} ${startTime(pid)} ${bootName()} ${hostname()}`;
}

function described(holder = '?') {
  const [pid, , , host = hostname()] = holder.split('\n')[0].split(' ');
  return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}; delete the lock file where that is over`;
}

function bootName() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '-';
  }
}

function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]; // field 22, counted after the name
  } catch {
    return '-';
  }
}

/** One line a process; a file that says nothing is the rest of a crash. The lock of another host stays: it cannot be looked at. */
function isHeld(holder) {
  return holder
    .trim()
    .split('\n')
    .some((line) => {
      const [pid, started, boot = bootName(), host = hostname()] = line.split(' ');
      if (!(Number(pid) > 0)) return false;
      if (host !== hostname()) return true;
      if (boot !== bootName()) return false;
      try {
        process.kill(Number(pid), 0);
      } catch (error) {
        if (error.code !== 'EPERM') return false;
      }
      return startTime(pid) === started;
    });
}

/** Takes the dead holder's lock away; where another process was faster and holds it now, gives it back. */
function removeStale(path, holder) {
  const grave = `${path}.${String(process.pid)}.stale`;
  try {
    renameSync(path, grave);
  } catch {
    return;
  }
  if (read(grave) !== holder) {
    try {
      linkSync(grave, path);
    } catch {
      // a third process has it by now
    }
  }
  rmSync(grave, { force: true });
}
