/** Prints the methods of the table with the options that they are trained with, as JSON. */
import { installedMethods } from './installed-methods.js';

const methods = await installedMethods();
console.log(JSON.stringify(methods.map(({ name, defaults, smallData }) => ({ name, preset: { ...defaults, ...smallData } }))));
