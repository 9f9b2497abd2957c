import { loadTensorflowApi, type Pointer, type TensorflowApi } from './c-api.js';
import { type SessionConfig, sessionConfigBytes } from './session-config.js';
import { TensorflowError } from './tensorflow-error.js';

export interface Device {
  /** `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly name: string;
  /** 'CPU', 'GPU'. */
  readonly type: string;
}

/** The loaded library with one eager context. */
export class TensorflowRuntime {
  readonly api: TensorflowApi;
  readonly context: Pointer;
  readonly version: string;
  readonly devices: readonly Device[];
  /** Status of synchronous calls; asynchronous calls bring their own. */
  readonly status: Pointer;
  /** The `ConfigProto` of the context, for sessions that shall run as it does. */
  readonly config: Uint8Array;

  constructor(folder: string, config: SessionConfig) {
    const api = loadTensorflowApi(folder);
    this.api = api;
    this.status = api.TF_NewStatus();
    this.version = api.TF_Version();
    const options = api.TFE_NewContextOptions();
    try {
      this.config = sessionConfigBytes(config);
      api.TFE_ContextOptionsSetConfig(options, this.config, this.config.byteLength, this.status);
      this.check();
      this.context = api.TFE_NewContext(options, this.status);
      this.check();
    } finally {
      api.TFE_DeleteContextOptions(options);
    }
    this.devices = this.#listDevices();
  }

  get hasGpu(): boolean {
    return this.devices.some((device) => device.type === 'GPU');
  }

  /** Throws what the last call complained about; `describe` says what was called. */
  check(describe?: () => string, status: Pointer = this.status): void {
    const code = this.api.TF_GetCode(status);
    if (code === 0) return;
    const message = this.api.TF_Message(status);
    throw new TensorflowError(describe === undefined ? message : `${message} In ${describe()}`, code);
  }

  /** The bytes that `write` puts into a TF_Buffer. */
  readBuffer(write: (buffer: Pointer, status: Pointer) => void): Uint8Array {
    const buffer = this.api.TF_NewBuffer();
    return this.takeBuffer((status) => {
      write(buffer, status);
      return buffer;
    });
  }

  /** The bytes of a TF_Buffer that the library made, which is freed. */
  takeBuffer(make: (status: Pointer) => Pointer): Uint8Array {
    const buffer = make(this.status);
    try {
      this.check();
      const header = new BigUint64Array(2);
      this.api.copyOut(header, buffer, 16);
      const bytes = new Uint8Array(Number(header[1]));
      if (bytes.length > 0) this.api.copyOut(bytes, Number(header[0]), bytes.length);
      return bytes;
    } finally {
      if (buffer !== 0) this.api.TF_DeleteBuffer(buffer);
    }
  }

  #listDevices(): Device[] {
    const { api, status } = this;
    const list = api.TFE_ContextListDevices(this.context, status);
    this.check();
    const devices = Array.from({ length: api.TF_DeviceListCount(list) }, (_, index) => ({
      name: api.TF_DeviceListName(list, index, status),
      type: api.TF_DeviceListType(list, index, status),
    }));
    api.TF_DeleteDeviceList(list);
    return devices;
  }
}
