/**
 * Workloads of `npm run bench`. `items` are handled by one repetition; `peers` are variants of peer.py, each at its best setting
 * (channels_last for convolutions, fused optimizers, autocast to bfloat16). `compiled`: the library runs on another thread than
 * JavaScript, whose share is then what the main thread takes.
 */
const training = (name, items, unit) =>
  ['float32', 'bfloat16'].map((precision) => ({ name, precision, items, unit, peers: ['eager', 'compile'], ours: ['compiled'], repeats: 3, compiled: true }));

export const workloads = [
  ...training('resnet18-cifar', 128, 'views/s').map((workload) => ({ ...workload, ours: ['compiled', 'eager'] })),
  ...training('resnet50-224', 16, 'views/s'),
  ...training('vit-tiny-16-224', 32, 'views/s'),
  ...training('vit-small-16-224', 32, 'views/s'),
  ...training('vit-tiny-4-32', 128, 'views/s'),
  { name: 'augment-32', precision: 'float32', items: 256, unit: 'images/s (two views)', peers: ['torchvision', 'kornia'], ours: ['compiled'], repeats: 5 },
  { name: 'augment-224', precision: 'float32', items: 32, unit: 'images/s (two views)', peers: ['torchvision', 'kornia'], ours: ['compiled'], repeats: 3 },
  { name: 'loader-224', precision: 'float32', items: 32, unit: 'images/s (two views)', peers: ['dataloader'], ours: ['compiled'], repeats: 8 },
  { name: 'pack-224', precision: 'float32', items: 32, unit: 'images/s (two views)', peers: ['dataloader'], ours: ['compiled'], repeats: 6 },
  { name: 'multi-crop-224', precision: 'float32', items: 32, unit: 'images/s (2 + 8 views)', peers: ['dataloader'], ours: ['compiled'], repeats: 3 },
  { name: 'knn', precision: 'float32', items: 50_000, unit: 'queries/s', peers: ['faiss'], ours: ['compiled'], repeats: 1, data: '50000' },
];
