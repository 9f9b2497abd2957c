export { isSslError, SslError, type SslErrorOptions } from './errors.js';
export type { BatchLoader, HostBatch, LoaderPosition, ViewBatch, Views, ViewsInput } from './batch.js';
