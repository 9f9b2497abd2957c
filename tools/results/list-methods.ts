/** Prints the methods of the table with the options that they are trained with, as JSON. */
import { installedMethods } from './installed-methods.js';

/**
 * Options that came after runs were made, with the values that do what was done before: left out of the preset, from which a run's file name
 * is made, so that those runs are still found. The method's own default is the same.
 */
const addedLater: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { simclr: { keptLayers: 0 } };

const methods = await installedMethods();
console.log(
  JSON.stringify(
    methods.map(({ name, defaults, smallData }) => {
      const preset = Object.entries({ ...defaults, ...smallData }).filter(([option, value]) => addedLater[name]?.[option] !== value);
      return { name, preset: Object.fromEntries(preset) };
    }),
  ),
);
