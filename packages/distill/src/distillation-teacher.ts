import { cloneTree, disposeTree, SslError } from '@ssl/core';
import type { FrozenNetwork, TensorRecord, Variables } from '@ssl/core';
import type { SelfDistillationMethod, SelfDistillationNetwork } from './self-distillation-network.js';

/** A trained network with its heads, which stays as it is. */
export interface DistillationTeacher {
  readonly network: SelfDistillationNetwork;
  /** Its weights in new tensors, in the form for a student's `aux`: the backbone's branch is called `network`. */
  stored(): Variables;
  /** The stored weights as the network takes them. */
  variables(stored: Variables): Variables;
}

/**
 * The teacher for the distillation of a smaller student: backbone and heads of a run of DINOv2 or iBOT.
 *
 * @param student - The network that learns from it.
 * @param name - Of the student's method, for errors.
 * @throws SslError for a run of another method, other clusters, patches of another size, or images of other channels.
 */
export function distillationTeacher(frozen: FrozenNetwork, student: SelfDistillationNetwork, name: string): DistillationTeacher {
  const { selfDistillation } = frozen.method as Partial<SelfDistillationMethod>;
  if (selfDistillation === undefined) {
    throw new SslError(
      `${name} learns from the backbone and the heads of a teacher that dinov2 or ibot trained, got a run of ${frozen.method.name}. Take such a run, or leave the teacher out.`,
      { from: '@ssl/distill' },
    );
  }
  const { network, trained } = selfDistillation;
  const problem = difference(network, student);
  if (problem !== undefined) throw new SslError(`${name} and its teacher need ${problem}`, { from: '@ssl/distill' });
  return {
    network,
    stored() {
      const state = frozen.weights();
      const { params, buffers } = trained(state);
      const { backbone, ...heads } = cloneTree(params);
      const kept = { params: { network: backbone!, ...heads } as TensorRecord, buffers: cloneTree(buffers) };
      disposeTree([state.params, state.aux]);
      return kept;
    },
    // Another name than the student's, so that weights of elsewhere for `backbone` leave it alone.
    variables({ params: { network: backbone, ...heads }, buffers }) {
      return { params: { backbone: backbone!, ...heads }, buffers };
    },
  };
}

function difference(teacher: SelfDistillationNetwork, student: SelfDistillationNetwork): string | undefined {
  const [there, here] = [teacher.backbone.options, student.backbone.options];
  if (there.channels !== here.channels) {
    return `images of the same channels, got ${here.channels} and ${there.channels}. Train both on colour or both on grey images (--channels).`;
  }
  if (there.patchSize !== here.patchSize) {
    return `patches of the same size, which are compared one by one, got ${here.patchSize} and ${there.patchSize} pixels. Take a student with patches of ${there.patchSize}; the command line chooses them by --image-size.`;
  }
  if (teacher.outputs !== student.outputs || teacher.patchOutputs !== student.patchOutputs) {
    return (
      `as many outputs for class tokens and for patches, got ${student.outputs} and ${student.patchOutputs} for the student, ${teacher.outputs} and ${teacher.patchOutputs} for the teacher. ` +
      `Set outputs to ${teacher.outputs} and patchOutputs to ${teacher.patchOutputs} (--outputs, --patch-outputs; with shared heads both are outputs).`
    );
  }
  return undefined;
}
