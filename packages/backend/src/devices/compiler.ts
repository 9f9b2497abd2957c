/** What turns the graph of a compiled function into machine code: TensorFlow's own kernels, or XLA for its elementwise parts. */
export type Compiler = 'graph' | 'xla';
