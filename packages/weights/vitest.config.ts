import { packageConfig } from '../../tools/vitest.shared.ts';

export default packageConfig('weights');
