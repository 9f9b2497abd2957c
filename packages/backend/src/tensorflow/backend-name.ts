/** Name of the backend in tfjs. tfjs-node's kernels look it up by this very name. */
export const backendName = 'tensorflow';
