import { passedOverText, type Dataset, type ImageFolder, type PassedOver } from '@ssl/data';
import { formatCount } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { visible } from '../progress/visible.js';
import { commandName } from './command-name.js';

/** Most lines about what was passed over, and most classes that are named. */
const linesShown = 8;
const classesShown = 10;

/** How one source was read, for people: folders that are no classes, and the parts that it has. */
export function sourceNotes(spec: string, dataset: Dataset): string[] {
  return [...(dataset.notes ?? []), ...partsNote(spec, dataset)].map((note) => `${dataset.name}: ${note}`);
}

/** Says once, for all that `--data` names, how it was read, which classes there are and what was passed over; with `--json` as the event `data`. */
export function reportData(dataset: Dataset, notes: readonly string[], output: Output): void {
  const { name, size, channels, classes, passedOver = [] } = dataset;
  const counts = classCounts(dataset);
  output.event('data', { name, images: size, channels, ...(classes === undefined ? {} : { classes: classes.map((one, label) => ({ name: one, images: counts[label] ?? 0 })) }), notes, passedOver });
  for (const note of notes) output.line(`  ${visible(note)}`);
  if (classes !== undefined) output.line(`  ${visible(classesText(classes, counts, size))}`);
  const lines = passedOverLines(passedOver);
  if (lines.length > 0) output.warn([`Not taken from ${dataset.name}:`, ...lines.map((line) => `  ${line}`)].join('\n'));
}

/** What was passed over that may be images, a line each, the least of them as one. */
export function passedOverLines(passedOver: readonly PassedOver[] = []): string[] {
  const told = passedOver.filter(({ mayBeImages }) => mayBeImages);
  const shown = told.length > linesShown ? told.slice(0, linesShown - 1) : told;
  const rest = told.slice(shown.length);
  const more = rest.reduce((sum, { count }) => sum + count, 0);
  return [...shown.map((entry) => visible(passedOverText(entry))), ...(rest.length === 0 ? [] : [`${formatCount(more)} more, for ${String(rest.length)} other reasons (--json lists all)`])];
}

function classesText(classes: readonly string[], counts: readonly number[], size: number): string {
  const filled = classes.map((name, label) => `${name} ${formatCount(counts[label] ?? 0)}`).filter((_, label) => (counts[label] ?? 0) > 0);
  const shown = filled.slice(0, classesShown);
  const without = size - counts.reduce((sum, count) => sum + count, 0);
  return `${formatCount(classes.length)} ${classes.length === 1 ? 'class' : 'classes'}${filled.length === classes.length ? '' : ` (${formatCount(filled.length)} with images)`}: ${shown.join(', ')}${filled.length > shown.length ? ', …' : ''}${without === 0 ? '' : `; ${formatCount(without)} ${without === 1 ? 'image' : 'images'} without a class`}`;
}

function classCounts({ classes = [], labels }: Dataset): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels ?? []) if (label >= 0) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Parts are all used; whoever wants to keep one for the test is told how. */
function partsNote(spec: string, dataset: Dataset & Pick<ImageFolder, 'parts'>): string[] {
  const { parts = [] } = dataset;
  if (parts.length === 0) return [];
  const place = (folder: string): string => JSON.stringify(`${spec.replace(/^folder:/, '').replace(/\/+$/, '')}/${folder}`).replace(/^"([\w@%+=:,./-]+)"$/, '$1');
  const training = parts.find(({ role }) => role === 'training');
  const held = parts.filter(({ role }) => role === 'validation' || role === 'test').sort((a, b) => Number(b.labelled) - Number(a.labelled) || Number(b.role === 'validation') - Number(a.role === 'validation'));
  const [test] = held;
  const all = `all of ${parts.map(({ folder, images }) => `${folder} (${formatCount(images)} images)`).join(', ')} is used; they are parts, not classes`;
  if (training === undefined || test === undefined) return [all];
  if (!test.labelled) return [`${all}. To train on ${training.folder} alone: ${commandName()} train --data ${place(training.folder)}`];
  return [`${all}. To keep ${test.folder} for the test: ${commandName()} train --data ${place(training.folder)}, then ${commandName()} eval RUN --data ${place(test.folder)}`];
}
