import { mergeConfig } from 'vitest/config';
import { packageConfig } from '../../tools/vitest.shared.ts';

export default mergeConfig(packageConfig('core'), { test: { setupFiles: ['./vitest.setup.mjs'] } });
