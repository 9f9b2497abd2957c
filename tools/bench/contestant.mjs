import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set();

/** Kills every child that still runs, with the children of each. */
export function killAll() {
  for (const contestant of running) contestant.kill();
}

/** No child outlives the bench, however it ends. */
export function killChildrenAtExit() {
  process.on('exit', killAll);
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.once(signal, () => process.exit(code));
}

/** `promise`, or an error after so many seconds. */
export async function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${seconds} s (--timeout)`)), 1000 * seconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A child that holds one prepared workload and answers line by line. */
export class Contestant {
  constructor(name, command, args, { cwd, env = process.env }) {
    this.name = name;
    this.seconds = [];
    this.cpuSeconds = [];
    this.mainThreadSeconds = [];
    this.errors = '';
    // A process group of its own, so that the workers of a loader end with it.
    this.child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    running.add(this);
    this.child.on('error', (error) => (this.errors = error.message));
    this.child.on('exit', (code, signal) => {
      this.end ??= signal === null ? `code ${code}` : signal;
    });
    this.child.stdin.on('error', () => undefined); // it has ended; the next answer says so
    this.child.stderr.on('data', (text) => (this.errors = (this.errors + text).slice(-4000)));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line that is an object, after a request if there is one. */
  async answer(request) {
    if (request) this.child.stdin.write(`${request}\n`);
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`${this.name} ended (${this.end ?? 'output closed'}): ${this.errors.trim().split('\n').at(-1)}`);
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }

  async run(repeats) {
    const { seconds, cpuSeconds, mainThreadSeconds = [] } = await this.answer(`run ${repeats}`);
    this.seconds.push(...seconds);
    this.cpuSeconds.push(...cpuSeconds);
    this.mainThreadSeconds.push(...mainThreadSeconds);
  }

  /** Tracing, compilation and first steps, which do not count. */
  async prepare() {
    await this.answer();
    await this.run(2);
    this.seconds = [];
    this.cpuSeconds = [];
    this.mainThreadSeconds = [];
  }

  async readMemory() {
    this.peakMB = (await this.answer('memory')).peakMB;
  }

  kill() {
    running.delete(this);
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}
