/** Registers the training kernels that `@ssl/core/ops` looks for on the backend 'tensorflow'. */
export function registerTrainingKernels(): void {}
