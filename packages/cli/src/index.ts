export { defineConfig } from './config/define-config.js';
export type { SslConfig } from './config/config-schema.js';
