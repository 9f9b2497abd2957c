import * as tf from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';

/** Makes a registered tfjs backend the active one and proves with one addition that it computes. */
export async function activate(name: string): Promise<void> {
  const initialised = await tf.setBackend(name);
  if (!initialised) {
    throw new SslError(
      `the tfjs backend '${name}' must start, but its initialisation failed (tfjs gives no cause). Run \`ssl doctor\`, or choose another device.`,
      { from: '@ssl/backend' },
    );
  }
  const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), tf.tensor1d([10, 20])));
  const values = await sum.data();
  sum.dispose();
  if (values[0] !== 11 || values[1] !== 22) {
    throw new SslError(
      `the tfjs backend '${name}' must add [1, 2] and [10, 20] to [11, 22], got [${Array.from(values).join(', ')}]. Choose another device.`,
      { from: '@ssl/backend' },
    );
  }
}
