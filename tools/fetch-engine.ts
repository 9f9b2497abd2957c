// Fetches the engine's library during set-up, so that a first run and the tests find it there.
import { isSslError } from '../packages/core/src/errors.ts';
import { ensureLibtensorflow } from '../packages/backend/src/library/ensure-libtensorflow.ts';

try {
  await ensureLibtensorflow();
} catch (error) {
  if (!isSslError(error)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}
