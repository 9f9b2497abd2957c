/**
 * Modules around modules, whose names stand between those of the network: of `torch.compile`, FSDP, activation checkpointing,
 * Lightning's Fabric, Opacus and the base layers of PEFT.
 */
const wrapper = /(?<=^|\.)(_orig_mod|_fsdp_wrapped_module|_fpw_module|_checkpoint_wrapped_module|_forward_module|_wrapped_module|_module|base_layer|original_module)\./g;

/** A `module` of DataParallel inside the network; before it, it is the network's place in the file and stays. */
const inside = /((?:^|\.)(?:patch_embed|blocks|norm|layer[1-4]|conv1|bn1|conv_proj|embeddings|embedder|layernorm|encoder\.(?:layers?|stages|ln)|\d+)\.(?:[^.]+\.)*?)module\./g;

/**
 * Names without those of wrappers, by the file's own names: `blocks.0._orig_mod.norm1.weight` is `blocks.0.norm1.weight`.
 * Where two would be the same, both stay as they are.
 */
export function plainNames(names: readonly string[]): ReadonlyMap<string, string> {
  const plain = new Map(names.map((name) => [name, withoutWrappers(name)]));
  const count = new Map<string, number>();
  for (const name of plain.values()) count.set(name, (count.get(name) ?? 0) + 1);
  return new Map([...plain].map(([name, short]) => [name, count.get(short) === 1 ? short : name]));
}

function withoutWrappers(name: string): string {
  const bare = name.replaceAll(wrapper, '');
  let shorter = bare;
  for (let before = ''; before !== shorter; ) {
    before = shorter;
    shorter = shorter.replaceAll(inside, '$1');
  }
  return shorter;
}
