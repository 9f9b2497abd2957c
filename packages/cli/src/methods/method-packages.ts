/**
 * Packages of this project that export `methods`, and the names that each will know: only for the advice in an error.
 * What a package holds is read from the package itself.
 */
export const methodPackages: readonly { readonly name: string; readonly methods: readonly string[] }[] = [
  { name: '@ssl/contrastive', methods: ['simclr', 'moco-v1', 'moco-v2', 'moco-v3', 'moco-v3-vit', 'mochi'] },
  { name: '@ssl/distill', methods: ['simsiam', 'byol', 'dino', 'ibot', 'dinov2', 'uda'] },
  { name: '@ssl/mim', methods: ['mae', 'simmim', 'beit', 'dvae', 'vq-kd'] },
  { name: '@ssl/cca', methods: ['barlow-twins', 'vicreg', 'swav'] },
];
