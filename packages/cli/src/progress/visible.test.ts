import { expect, test } from 'vitest';
import { reportError } from '../program/report-error.js';
import { memoryStreams } from '../testing/memory-output.js';
import { createOutput } from './output.js';
import { visible, visibleJson } from './visible.js';

/** Clears a screen, sets a title, rings, writes over the line, turns the direction, opens a C1 sequence. */
const name = 'a\u001b[2J\u001b]0;title\u0007b\rc\td\ne\u202egnp.\u009b31m\u007f';
const shown = 'a\\x1b[2J\\x1b]0;title\\x07b\\rc\\td\\ne\\u202egnp.\\x9b31m\\x7f';
// eslint-disable-next-line no-control-regex
const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test('controls of a name become visible', () => {
  expect(visible(name)).toBe(shown);
  expect(visible('Größe 写真 🎉 a\u200db')).toBe('Größe 写真 🎉 a\u200db'); // a joiner belongs to emoji
});

test('no way to write lets them through to a pipe', () => {
  const streams = memoryStreams(false);
  const output = createOutput({}, streams);
  output.line(name);
  output.result(output.bold(name));
  output.warn(name);
  expect(streams.text() + streams.errors()).not.toMatch(dangerous);
  expect(streams.errors()).toBe(`${shown.replace('\\n', '\n')}\n`); // lines of a message stay lines
});

test('in a terminal the own styles alone are obeyed', () => {
  const streams = memoryStreams(true);
  const output = createOutput({}, streams);
  output.result(`${output.bold('Trained')} ${output.dim(name)}`);
  output.warn(name);
  // eslint-disable-next-line no-control-regex
  expect((streams.text() + streams.errors()).replace(/\u001b\[(?:1|2|22)m/g, '')).not.toMatch(dangerous);
  expect(streams.text()).toContain('\u001b[1mTrained\u001b[22m');
  const live = memoryStreams(true);
  createOutput({}, live).live(name);
  expect(live.text()).toContain('a\\x1b[2J\\x1b]0;title\\x07b\\rc');
});

test('JSON holds the name itself, escaped', () => {
  const streams = memoryStreams(true);
  createOutput({ json: true }, streams).event('embedded', { path: name });
  expect(streams.text()).not.toMatch(dangerous);
  expect(JSON.parse(streams.text())).toEqual({ event: 'embedded', path: name });
  expect(JSON.parse(visibleJson([name]))).toEqual([name]);
});

test('errors are shown so too', () => {
  let text = '';
  reportError(new Error(name), (part) => (text += part), false);
  reportError(Object.assign(new Error(name), { code: 'ENOSPC', path: name }), (part) => (text += part), false);
  expect(text).not.toMatch(dangerous);
});
