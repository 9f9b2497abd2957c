import type { MethodPlugin } from '@ssl/core';

const packages = ['@ssl/contrastive', '@ssl/distill', '@ssl/cca', '@ssl/mim'];

/** Not in the table, with the reason. */
const others: Readonly<Record<string, string>> = {
  uda: 'semi-supervised: it is given labels',
  dvae: "BEiT's tokenizer: trained inside BEiT's runs, its own features are not meant to be used",
  'vq-kd': 'a tokenizer that needs a trained teacher; its features are those of the teacher, said by codes',
};

/** The methods of the installed packages that can be trained without labels. */
export async function installedMethods(): Promise<readonly MethodPlugin[]> {
  const lists = await Promise.all(
    packages.map(async (name) => {
      try {
        return ((await import(name)) as { methods?: readonly MethodPlugin[] }).methods ?? [];
      } catch (error) {
        if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return []; // not installed
        throw error;
      }
    }),
  );
  return lists.flat().filter(({ name }) => !(name in others));
}
