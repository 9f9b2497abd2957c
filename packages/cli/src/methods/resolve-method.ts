import { isAbsolute, resolve } from 'node:path';
import { closest } from '../config/closest.js';
import { importUserModule } from '../config/import-user-module.js';
import { UsageError } from '../usage-error.js';
import { importFrom } from './import-from.js';
import { methodPackages } from './method-packages.js';
import { pluginsOf, type AnyPlugin } from './plugins-of.js';

/** A plugin, and the name under which it is found again (written into the run's configuration). */
export interface ResolvedMethod {
  readonly plugin: AnyPlugin;
  readonly reference: string;
}

/** A plugin that is installed, and where. */
export interface InstalledMethod extends ResolvedMethod {
  readonly packageName: string;
}

/** Every method of the installed packages of this project. */
export async function installedMethods(folder: string): Promise<InstalledMethod[]> {
  const found: InstalledMethod[] = [];
  for (const { name } of methodPackages) {
    const module = (await importFrom(import.meta.dirname, name)) ?? (await importFrom(folder, name));
    if (module?.methods === undefined) continue;
    for (const plugin of pluginsOf(module, name)) found.push({ plugin, reference: plugin.name, packageName: name });
  }
  return found;
}

/**
 * Finds a method: by name in the installed packages of this project, as a package (`ssl-method-foo`), as one of several
 * in a package (`ssl-method-foo#bar`), or in a file (`./my-method.ts`).
 *
 * @param name What the user wrote.
 * @param folder Where they stand: packages and files are looked for from here.
 * @throws UsageError that says what is known and what to install.
 */
export async function resolveMethod(name: string, folder: string): Promise<ResolvedMethod> {
  const [source = '', wanted] = name.split('#', 2);
  if (source.startsWith('.') || isAbsolute(source)) {
    const path = resolve(folder, source);
    return pick(pluginsOf((await importUserModule(path)) as Record<string, unknown>, path), path, wanted);
  }
  const installed = await installedMethods(folder);
  if (wanted === undefined) {
    const builtIn = installed.find(({ plugin }) => plugin.name === source);
    if (builtIn !== undefined) return builtIn;
  }
  const module = await importFrom(folder, source);
  if (module !== undefined) return pick(pluginsOf(module, source), source, wanted);
  throw unknownMethod(name, source, installed.map(({ reference }) => reference));
}

function pick(plugins: readonly AnyPlugin[], source: string, wanted: string | undefined): ResolvedMethod {
  const names = plugins.map(({ name }) => name);
  const plugin = wanted === undefined && plugins.length === 1 ? plugins[0] : plugins.find(({ name }) => name === wanted);
  if (plugin !== undefined) return { plugin, reference: `${source}#${plugin.name}` };
  const asked = wanted === undefined ? 'and none was named' : `not '${wanted}'`;
  throw new UsageError(`${source} holds the methods ${names.join(', ')}, ${asked}. Write --method ${source}#${names[0] ?? ''}, for instance.`);
}

function unknownMethod(name: string, source: string, known: readonly string[]): UsageError {
  const home = methodPackages.find(({ methods }) => methods.includes(source));
  if (home !== undefined) {
    return new UsageError(`The method '${name}' is in ${home.name}, which is not installed (or is older than the method). Run: npm install ${home.name}`);
  }
  const candidate = closest(source, [...known, ...methodPackages.flatMap(({ methods }) => methods)]);
  const hint = candidate === undefined ? '' : ` Did you mean '${candidate}'?`;
  return new UsageError(
    `There is no method '${name}': installed are ${known.join(', ') || 'none'}, and no package of that name is found from here.${hint} ` +
      `A package is installed with \`npm install ${source}\`; a file is written ./${source}.`,
  );
}
