import { namesOf } from './names.mjs';
import { lossSource, lossTest } from './templates/loss.mjs';
import { methodSource, methodTest } from './templates/method.mjs';
import { pluginSource } from './templates/plugin.mjs';
import { methodPage } from './templates/page.mjs';

/** `nx g ./tools/generators:method NAME --package FOLDER` */
export default function method(tree, options) {
  const names = namesOf(options.name);
  const folder = `packages/${namesOf(options.package).name}`;
  const index = `${folder}/src/index.ts`;
  if (!tree.exists(index)) {
    throw new Error(`The package ${folder} is needed and is not there. Make it with nx g ./tools/generators:method-package ${options.package}.`);
  }
  const { name: packageName } = JSON.parse(tree.read(`${folder}/package.json`, 'utf8'));
  const files = {
    [`${folder}/src/${names.name}-loss.ts`]: lossSource(names, packageName),
    [`${folder}/src/${names.name}-loss.test.ts`]: lossTest(names),
    [`${folder}/src/${names.name}.ts`]: methodSource(names),
    [`${folder}/src/${names.name}.test.ts`]: methodTest(names),
    [`${folder}/src/${names.name}-plugin.ts`]: pluginSource(names),
    [`docs/methods/${names.name}.md`]: methodPage(names, packageName),
    [`.changeset/${names.name}.md`]: `---\n'${packageName}': minor\n---\n\n${names.name}, a new method.\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    if (tree.exists(file)) throw new Error(`${file} is there already. Choose another name or delete it.`);
    tree.write(file, text);
  }
  tree.write(index, indexWith(tree.read(index, 'utf8'), names, index));
  tree.write(`${folder}/README.md`, readmeWith(tree.read(`${folder}/README.md`, 'utf8'), names));
  const overview = tree.read('docs/README.md', 'utf8');
  tree.write('docs/README.md', overview.replace(/^\| \[Results\]/m, `| [${names.name}](methods/${names.name}.md) | the method, its loss and its settings |\n| [Results]`));
}

/** The index with the names of the method, and its plugin in the list. */
function indexWith(text, { name, camel, pascal }, file) {
  const list = /^export const methods = \[([^\]]*)\]/m;
  if (!list.test(text)) throw new Error(`${file} needs a line "export const methods = [...]", where ssl train finds the methods.`);
  const exports = `export { ${camel}, ${camel}Defaults, type ${pascal}Options } from './${name}.js';
export { ${camel}Loss, ${camel}LossDefaults, type ${pascal}LossOptions } from './${name}-loss.js';
export { ${camel}Plugin, type ${pascal}PluginOptions } from './${name}-plugin.js';
`;
  const documented = text.indexOf('/** What `ssl train');
  const at = documented >= 0 ? documented : text.search(list);
  const head = text.slice(0, at).trim();
  const tail = text.slice(at).replace(list, (_, before) => `export const methods = [${before.trim() === '' ? '' : `${before.trim().replace(/,$/, '')}, `}${camel}Plugin]`);
  return `import { ${camel}Plugin } from './${name}-plugin.js';\n${head === '' ? '' : head.startsWith('import') ? head : `\n${head}`}\n${exports}\n${tail}`;
}

/** A row in the table of names, or a line at the end where there is no such table. */
function readmeWith(text, { name, camel }) {
  const row = `| \`${camel}\`, \`${camel}Loss\` | ${name}; \`ssl train --method ${name}\` |`;
  const lines = text.split('\n');
  const header = lines.findIndex((line) => /^\| name \|/.test(line));
  if (header < 0) return `${text.trimEnd()}\n\n${name}: \`${camel}\` and \`${camel}Loss\`; \`ssl train --method ${name}\`.\n`;
  const end = lines.findIndex((line, i) => i > header && !line.startsWith('|'));
  const columns = lines[header].split('|').length - 2;
  lines.splice(end < 0 ? lines.length : end, 0, columns > 2 ? `${row} its formula, conformance kit |` : row);
  return lines.join('\n');
}
