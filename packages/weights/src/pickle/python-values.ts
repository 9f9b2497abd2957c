/** A class or function that a pickle names. It is only a name: nothing of it is ever run. */
export class PythonGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  /** `torch.FloatStorage`. */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An object of a Python class, as data without behaviour: `argparse.Namespace` with its arguments as `state`. */
export class PythonRecord {
  readonly type: string;
  readonly args: readonly PythonValue[];
  state: PythonValue = null;
  /** Where the class is a dict. */
  readonly entries: PythonDict = new Map();
  /** Where the class is a list. */
  readonly items: PythonValue[] = [];

  constructor(type: string, args: readonly PythonValue[]) {
    this.type = type;
    this.args = args;
  }
}

/** Named by a pickle to be found elsewhere in the file: PyTorch's storages. */
export class PersistentReference {
  readonly id: PythonValue;

  constructor(id: PythonValue) {
    this.id = id;
  }
}

/** A tensor whose values lie in a storage elsewhere in the file. */
export class PythonTensor {
  readonly storage: PersistentReference;
  /** First element in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Where it is not the storage's own: `torch.uint16`. */
  readonly dtype: string | undefined;

  constructor(storage: PersistentReference, layout: { offset: number; shape: readonly number[]; strides: readonly number[]; dtype?: string }) {
    this.storage = storage;
    this.offset = layout.offset;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.dtype = layout.dtype;
  }
}

export type PythonDict = Map<PythonValue, PythonValue>;

/** What a pickle can hold here. Tuples and lists are arrays; whole numbers beyond 2⁵³ are bigints. */
export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PythonValue[]
  | PythonDict
  | Set<PythonValue>
  | PythonGlobal
  | PythonRecord
  | PersistentReference
  | PythonTensor;
