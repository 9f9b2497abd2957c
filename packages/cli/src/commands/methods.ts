import type { Command } from 'commander';
import { installedMethods } from '../methods/resolve-method.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';

/** `ssl methods`: what can be trained, with every option. */
export function defineMethods(command: Command, { folder }: ProgramContext): void {
  command.action(async (flags: CommonFlags) => {
    const output = outputOf(flags);
    const methods = await installedMethods(folder);
    if (flags.json === true) {
      const plain = methods.map(({ plugin: { name, summary, network, defaults, smallData }, packageName }) => ({ name, package: packageName, summary, network, defaults, smallData }));
      process.stdout.write(`${JSON.stringify(plain, undefined, 2)}\n`);
      return;
    }
    for (const { plugin, packageName } of methods) {
      output.result(`${output.bold(plugin.name)}  ${plugin.summary} ${output.dim(`(${packageName}${plugin.network === 'transformer' ? ', Vision Transformers only' : ''})`)}`);
      for (const [name, value] of Object.entries(plugin.defaults)) {
        const small = plugin.smallData[name];
        output.result(`    ${name} = ${JSON.stringify(value)}${small === undefined ? '' : `, for small data ${JSON.stringify(small)}`}`);
      }
    }
    output.line();
    output.line('A method of another package is taken by its name: ssl train --method ssl-method-foo');
  });
}
