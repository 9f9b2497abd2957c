import process from 'node:process';
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { inFlags } from '../program/option-names.js';
import { visibleJson, visibleLines } from './visible.js';

/** Where the command's words go. */
export interface Output {
  /** 'terminal' redraws a block and may colour; 'plain' is for pipes and files; 'json' prints events alone; 'quiet' only results. */
  readonly mode: OutputMode;
  /** Information: nothing in 'quiet' and 'json'. */
  line(text?: string): void;
  /** What was asked for (a table, a path): shown in 'quiet' too. */
  result(text: string): void;
  /** Something that the user should know; to standard error, in every mode. */
  warn(text: string): void;
  /** A machine-readable event: one JSON object on a line, in 'json' only. */
  event(name: string, fields: Readonly<Record<string, unknown>>): void;
  /** Redraws the live block; does nothing outside a terminal. */
  live(text: string): void;
  /** Leaves the live block as it stands and goes on below it. */
  liveDone(): void;
  bold(text: string): string;
  dim(text: string): string;
}

export type OutputMode = 'terminal' | 'plain' | 'json' | 'quiet';

export interface OutputStreams {
  readonly out: NodeJS.WriteStream;
  readonly error: NodeJS.WriteStream;
}

/** What {@link Output.bold} and {@link Output.dim} put into a text; nothing else that a terminal obeys reaches it, whatever names of files hold. */
const ownStyles = /(\u001b\[(?:1|2|22)m)/; // eslint-disable-line no-control-regex

/** Chooses the mode: what was asked for, else whether standard output is a terminal. */
export function createOutput(
  flags: { readonly quiet?: boolean; readonly json?: boolean },
  { out, error }: OutputStreams = { out: process.stdout, error: process.stderr },
): Output {
  const terminal = out.isTTY && out.columns > 0 && process.env.TERM !== 'dumb'; // a terminal without width cannot be redrawn
  const mode = flags.json === true ? 'json' : flags.quiet === true ? 'quiet' : terminal ? 'terminal' : 'plain';
  const block = createLogUpdate(out, { showCursor: true });
  let drawn = false;
  const liveDone = (): void => {
    if (drawn) block.done();
    drawn = false;
  };
  const write = (text: string): void => {
    if (drawn) block.clear();
    out.write(`${printable(text)}\n`);
  };
  const printable = (text: string): string => (mode === 'terminal' ? text.split(ownStyles).map((part, i) => (i % 2 === 1 ? part : visibleLines(part))).join('') : visibleLines(text));
  const style = (name: 'bold' | 'dim', text: string): string => (mode === 'terminal' ? styleText(name, text, { stream: out }) : text);
  return {
    mode,
    line: (text = '') => {
      if (mode === 'terminal' || mode === 'plain') write(text);
    },
    result: (text) => {
      if (mode !== 'json') write(text);
    },
    warn: (text) => {
      if (drawn) block.clear();
      error.write(`${printable(inFlags(text))}\n`);
    },
    event: (name, fields) => {
      if (mode === 'json') out.write(`${visibleJson({ event: name, ...fields })}\n`);
    },
    live: (text) => {
      if (mode !== 'terminal') return;
      block(printable(text));
      drawn = true;
    },
    liveDone,
    bold: (text) => style('bold', text),
    dim: (text) => style('dim', text),
  };
}
