import { packageConfig } from './vitest.shared.ts';

export default { ...packageConfig('tools'), test: { ...packageConfig('tools').test, include: ['**/*.test.ts'] } };
