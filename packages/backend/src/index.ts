export { devices } from './devices/device.js';
export type { ConcreteDevice, Device } from './devices/device.js';
export type { CandidateReport } from './devices/candidate.js';
export type { UseBackendOptions } from './devices/backend-settings.js';
export { describeBackend, inspectBackends, useBackend } from './use-backend.js';
export type { BackendDescription } from './use-backend.js';
