import { quietLogs, withQuietErrors, type NativeLibrary } from './quiet-logs.js';
import koffi, { type TypeObject } from 'koffi';
import { join } from 'node:path';

type TypeSpec = string | TypeObject;

/** An opaque pointer of the C API. User addresses stay below 2^53, so a number holds them exactly. */
export type Pointer = number;

/** TF_Output: one output of a graph operation. */
export interface GraphOutput {
  readonly oper: Pointer;
  readonly index: number;
}

type Bytes = ArrayBufferView | null;

/** A function that can also run on a thread of koffi's pool. */
export interface AsyncCapable<Args extends unknown[]> {
  (...args: Args): void;
  async(...args: [...Args, (error: Error | null) => void]): void;
}

/** The part of TensorFlow's C API (`c_api.h`, `eager/c_api.h`, `c_api_experimental.h`) that is used here. */
export interface TensorflowApi {
  readonly TF_Version: () => string;
  readonly TF_NewStatus: () => Pointer;
  readonly TF_DeleteStatus: (status: Pointer) => void;
  readonly TF_GetCode: (status: Pointer) => number;
  readonly TF_Message: (status: Pointer) => string;

  readonly TF_NewBuffer: () => Pointer;
  readonly TF_NewBufferFromString: (bytes: Bytes, length: number) => Pointer;
  readonly TF_DeleteBuffer: (buffer: Pointer) => void;

  readonly TF_AllocateTensor: (type: number, dims: Bytes, rank: number, bytes: number) => Pointer;
  readonly TF_DeleteTensor: (tensor: Pointer) => void;
  readonly TF_TensorData: (tensor: Pointer) => Pointer;
  readonly TF_TensorByteSize: (tensor: Pointer) => number;
  readonly TF_StringInit: (string: Pointer) => void;
  readonly TF_StringCopy: (string: Pointer, bytes: Bytes, length: number) => void;
  readonly TF_StringGetDataPointer: (string: Pointer) => Pointer;
  readonly TF_StringGetSize: (string: Pointer) => number;
  readonly TF_StringDealloc: (string: Pointer) => void;

  readonly TFE_NewContextOptions: () => Pointer;
  readonly TFE_ContextOptionsSetConfig: (options: Pointer, proto: Bytes, length: number, status: Pointer) => void;
  readonly TFE_DeleteContextOptions: (options: Pointer) => void;
  readonly TFE_NewContext: (options: Pointer, status: Pointer) => Pointer;
  readonly TFE_ContextListDevices: (context: Pointer, status: Pointer) => Pointer;
  readonly TF_DeviceListCount: (list: Pointer) => number;
  readonly TF_DeviceListName: (list: Pointer, index: number, status: Pointer) => string;
  readonly TF_DeviceListType: (list: Pointer, index: number, status: Pointer) => string;
  readonly TF_DeleteDeviceList: (list: Pointer) => void;
  readonly TFE_ContextAddFunction: (context: Pointer, fn: Pointer, status: Pointer) => void;
  readonly TFE_ContextRemoveFunction: (context: Pointer, name: string, status: Pointer) => void;
  readonly TFE_EnableCollectiveOps: (context: Pointer, serverDef: Bytes, length: number, status: Pointer) => void;
  /** Asks a task of the cluster whether it is there. */
  readonly TFE_CollectiveOpsCheckPeerHealth: (context: Pointer, task: string, timeoutMilliseconds: number, status: Pointer) => void;

  readonly TFE_NewTensorHandle: (tensor: Pointer, status: Pointer) => Pointer;
  readonly TFE_DeleteTensorHandle: (handle: Pointer) => void;
  readonly TFE_TensorHandleResolve: (handle: Pointer, status: Pointer) => Pointer;
  readonly TFE_TensorHandleDataType: (handle: Pointer) => number;
  readonly TFE_TensorHandleNumDims: (handle: Pointer, status: Pointer) => number;
  readonly TFE_TensorHandleDim: (handle: Pointer, index: number, status: Pointer) => number | bigint;

  readonly TFE_NewOp: (context: Pointer, name: string, status: Pointer) => Pointer;
  readonly TFE_DeleteOp: (op: Pointer) => void;
  readonly TFE_OpAddInput: (op: Pointer, handle: Pointer, status: Pointer) => void;
  readonly TFE_OpAddInputList: (op: Pointer, handles: Bytes, count: number, status: Pointer) => void;
  readonly TFE_Execute: AsyncCapable<[op: Pointer, results: Bytes, count: Bytes, status: Pointer]>;
  readonly TFE_OpSetAttrType: (op: Pointer, name: string, value: number) => void;
  readonly TFE_OpSetAttrTypeList: (op: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TFE_OpSetAttrInt: (op: Pointer, name: string, value: number | bigint) => void;
  readonly TFE_OpSetAttrIntList: (op: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TFE_OpSetAttrFloat: (op: Pointer, name: string, value: number) => void;
  readonly TFE_OpSetAttrFloatList: (op: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TFE_OpSetAttrBool: (op: Pointer, name: string, value: number) => void;
  readonly TFE_OpSetAttrBoolList: (op: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TFE_OpSetAttrString: (op: Pointer, name: string, bytes: Bytes, length: number) => void;
  readonly TFE_OpSetAttrShape: (op: Pointer, name: string, dims: Bytes, rank: number, status: Pointer) => void;
  readonly TFE_OpSetAttrFunctionName: (op: Pointer, name: string, value: string, length: number) => void;
  readonly TFE_OpSetAttrValueProto: (op: Pointer, name: string, proto: Bytes, length: number, status: Pointer) => void;

  readonly TF_NewGraph: () => Pointer;
  readonly TF_DeleteGraph: (graph: Pointer) => void;
  readonly TF_GetRegisteredKernelsForOp: (name: string, status: Pointer) => Pointer;
  readonly TF_GraphGetOpDef: (graph: Pointer, name: string, buffer: Pointer, status: Pointer) => void;
  readonly TF_NewOperation: (graph: Pointer, type: string, name: string) => Pointer;
  readonly TF_AddInput: (operation: Pointer, input: GraphOutput) => void;
  readonly TF_AddInputList: (operation: Pointer, inputs: Bytes, count: number) => void;
  readonly TF_AddControlInput: (operation: Pointer, before: Pointer) => void;
  readonly TF_FinishOperation: (operation: Pointer, status: Pointer) => Pointer;
  readonly TF_SetAttrType: (operation: Pointer, name: string, value: number) => void;
  readonly TF_SetAttrTypeList: (operation: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TF_SetAttrInt: (operation: Pointer, name: string, value: number | bigint) => void;
  readonly TF_SetAttrIntList: (operation: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TF_SetAttrFloat: (operation: Pointer, name: string, value: number) => void;
  readonly TF_SetAttrFloatList: (operation: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TF_SetAttrBool: (operation: Pointer, name: string, value: number) => void;
  readonly TF_SetAttrBoolList: (operation: Pointer, name: string, values: Bytes, count: number) => void;
  readonly TF_SetAttrString: (operation: Pointer, name: string, bytes: Bytes, length: number) => void;
  readonly TF_SetAttrShape: (operation: Pointer, name: string, dims: Bytes, rank: number) => void;
  readonly TF_SetAttrFuncName: (operation: Pointer, name: string, value: string, length: number) => void;
  readonly TF_SetAttrTensor: (operation: Pointer, name: string, tensor: Pointer, status: Pointer) => void;
  readonly TF_SetAttrValueProto: (operation: Pointer, name: string, proto: Bytes, length: number, status: Pointer) => void;
  readonly TF_OperationName: (operation: Pointer) => string;
  readonly TF_OperationNumOutputs: (operation: Pointer) => number;
  readonly TF_OperationOutputType: (output: GraphOutput) => number;
  readonly TF_GraphGetTensorNumDims: (graph: Pointer, output: GraphOutput, status: Pointer) => number;
  readonly TF_GraphGetTensorShape: (graph: Pointer, output: GraphOutput, dims: Bytes, rank: number, status: Pointer) => void;
  readonly TF_GraphSetTensorShape: (graph: Pointer, output: GraphOutput, dims: Bytes, rank: number, status: Pointer) => void;

  readonly TF_GraphToFunctionWithControlOutputs: (
    graph: Pointer, name: string, appendHash: number, operationCount: number, operations: Bytes,
    inputCount: number, inputs: Bytes, outputCount: number, outputs: Bytes, outputNames: Bytes,
    controlCount: number, controls: Bytes, controlNames: Bytes, options: Pointer, description: string | null, status: Pointer,
  ) => Pointer;
  readonly TF_GraphCopyFunction: (graph: Pointer, fn: Pointer, gradient: Bytes, status: Pointer) => void;
  readonly TF_FunctionSetAttrValueProto: (fn: Pointer, name: string, proto: Bytes, length: number, status: Pointer) => void;
  readonly TF_FunctionToFunctionDef: (fn: Pointer, buffer: Pointer, status: Pointer) => void;
  readonly TF_DeleteFunction: (fn: Pointer) => void;

  readonly TF_NewSessionOptions: () => Pointer;
  readonly TF_SetConfig: (options: Pointer, proto: Bytes, length: number, status: Pointer) => void;
  readonly TF_DeleteSessionOptions: (options: Pointer) => void;
  readonly TF_NewSession: (graph: Pointer, options: Pointer, status: Pointer) => Pointer;
  readonly TF_CloseSession: (session: Pointer, status: Pointer) => void;
  readonly TF_DeleteSession: (session: Pointer, status: Pointer) => void;
  readonly TF_SessionRun: (
    session: Pointer, runOptions: Pointer, inputs: Bytes, inputValues: Bytes, inputCount: number,
    outputs: Bytes, outputValues: Bytes, outputCount: number, targets: Bytes, targetCount: number, metadata: Pointer, status: Pointer,
  ) => void;

  /** Copies host memory to a native address. */
  readonly copyIn: (target: Pointer, source: ArrayBufferView, bytes: number) => void;
  /** Copies native memory into a host array. */
  readonly copyOut: (target: ArrayBufferView, source: Pointer, bytes: number) => void;
}

/** P pointer, i int, z size_t, l int64, f float, b byte, s string, d data pointer, o TF_Output by value, v void; the result first. */
const signatures: Record<Exclude<keyof TensorflowApi, 'copyIn' | 'copyOut'>, string> = {
  TF_Version: 's', TF_NewStatus: 'P', TF_DeleteStatus: 'vP', TF_GetCode: 'iP', TF_Message: 'sP',
  TF_NewBuffer: 'P', TF_NewBufferFromString: 'Pdz', TF_DeleteBuffer: 'vP',
  TF_AllocateTensor: 'Pidiz', TF_DeleteTensor: 'vP', TF_TensorData: 'PP', TF_TensorByteSize: 'zP',
  TF_StringInit: 'vP', TF_StringCopy: 'vPdz', TF_StringGetDataPointer: 'PP', TF_StringGetSize: 'zP', TF_StringDealloc: 'vP',
  TFE_NewContextOptions: 'P', TFE_ContextOptionsSetConfig: 'vPdzP', TFE_DeleteContextOptions: 'vP', TFE_NewContext: 'PPP',
  TFE_ContextListDevices: 'PPP', TF_DeviceListCount: 'iP', TF_DeviceListName: 'sPiP', TF_DeviceListType: 'sPiP', TF_DeleteDeviceList: 'vP',
  TFE_ContextAddFunction: 'vPPP', TFE_ContextRemoveFunction: 'vPsP', TFE_EnableCollectiveOps: 'vPdzP', TFE_CollectiveOpsCheckPeerHealth: 'vPslP',
  TFE_NewTensorHandle: 'PPP', TFE_DeleteTensorHandle: 'vP', TFE_TensorHandleResolve: 'PPP',
  TFE_TensorHandleDataType: 'iP', TFE_TensorHandleNumDims: 'iPP', TFE_TensorHandleDim: 'lPiP',
  TFE_NewOp: 'PPsP', TFE_DeleteOp: 'vP', TFE_OpAddInput: 'vPPP', TFE_OpAddInputList: 'vPdiP', TFE_Execute: 'vPddP',
  TFE_OpSetAttrType: 'vPsi', TFE_OpSetAttrTypeList: 'vPsdi', TFE_OpSetAttrInt: 'vPsl', TFE_OpSetAttrIntList: 'vPsdi',
  TFE_OpSetAttrFloat: 'vPsf', TFE_OpSetAttrFloatList: 'vPsdi', TFE_OpSetAttrBool: 'vPsb', TFE_OpSetAttrBoolList: 'vPsdi',
  TFE_OpSetAttrString: 'vPsdz', TFE_OpSetAttrShape: 'vPsdiP', TFE_OpSetAttrFunctionName: 'vPssz', TFE_OpSetAttrValueProto: 'vPsdzP',
  TF_GetRegisteredKernelsForOp: 'PsP', TF_NewGraph: 'P', TF_DeleteGraph: 'vP', TF_GraphGetOpDef: 'vPsPP',
  TF_NewOperation: 'PPss', TF_AddInput: 'vPo', TF_AddInputList: 'vPdi', TF_AddControlInput: 'vPP', TF_FinishOperation: 'PPP',
  TF_SetAttrType: 'vPsi', TF_SetAttrTypeList: 'vPsdi', TF_SetAttrInt: 'vPsl', TF_SetAttrIntList: 'vPsdi',
  TF_SetAttrFloat: 'vPsf', TF_SetAttrFloatList: 'vPsdi', TF_SetAttrBool: 'vPsb', TF_SetAttrBoolList: 'vPsdi',
  TF_SetAttrString: 'vPsdz', TF_SetAttrShape: 'vPsdi', TF_SetAttrFuncName: 'vPssz', TF_SetAttrTensor: 'vPsPP', TF_SetAttrValueProto: 'vPsdzP',
  TF_OperationName: 'sP', TF_OperationNumOutputs: 'iP', TF_OperationOutputType: 'io', TF_GraphGetTensorNumDims: 'iPoP',
  TF_GraphGetTensorShape: 'vPodiP', TF_GraphSetTensorShape: 'vPodiP',
  TF_GraphToFunctionWithControlOutputs: 'PPsbidididdiddPsP', TF_GraphCopyFunction: 'vPPdP', TF_FunctionSetAttrValueProto: 'vPsdzP', TF_FunctionToFunctionDef: 'vPPP', TF_DeleteFunction: 'vP',
  TF_NewSessionOptions: 'P', TF_SetConfig: 'vPdzP', TF_DeleteSessionOptions: 'vP', TF_NewSession: 'PPPP', TF_CloseSession: 'vPP', TF_DeleteSession: 'vPP',
  TF_SessionRun: 'vPPddiddidiPP',
};

function systemLibrary(): string {
  if (process.platform === 'darwin') return '/usr/lib/libSystem.B.dylib';
  return process.platform === 'win32' ? 'msvcrt.dll' : 'libc.so.6';
}

function libraryFiles(folder: string): [framework: string, main: string] {
  return process.platform === 'darwin'
    ? [join(folder, 'libtensorflow_framework.2.dylib'), join(folder, 'libtensorflow_cc.2.dylib')]
    : [join(folder, 'libtensorflow_framework.so.2'), join(folder, 'libtensorflow_cc.so.2')];
}

/**
 * Opens the libraries once more with RTLD_NODELETE. koffi closes them when the process ends, while TensorFlow's threads
 * are still running their code: a segmentation fault at every exit.
 */
function keepLoaded(system: NativeLibrary, files: readonly string[]): void {
  if (process.platform === 'win32') return;
  const lazyGlobalNoDelete = process.platform === 'darwin' ? 0x1 | 0x8 | 0x80 : 0x1 | 0x100 | 0x1000;
  const open = system.func('dlopen', 'void *', ['const char *', 'int']);
  for (const file of files) open(file, lazyGlobalNoDelete);
}

/**
 * Opens libtensorflow and types its C API. The framework library comes first, with its symbols visible to the other.
 *
 * @param folder holds libtensorflow_cc and libtensorflow_framework, as in the PyPI wheel's `tensorflow/` folder.
 * @throws what the dynamic loader says when a file is missing or does not fit the machine.
 */
export function loadTensorflowApi(folder: string): TensorflowApi {
  const [frameworkFile, mainFile] = libraryFiles(folder);
  const system = koffi.load(systemLibrary());
  const framework = withQuietErrors(system, () => koffi.load(frameworkFile, { global: true, lazy: true }));
  quietLogs(framework);
  const library = koffi.load(mainFile, { global: true, lazy: true });
  // Unnamed, since koffi refuses a second struct of the same name in one process.
  const graphOutput = koffi.struct({ oper: 'uint64_t', index: 'int' });
  const types: Record<string, TypeSpec> = {
    P: 'uint64_t', i: 'int', z: 'size_t', l: 'int64_t', f: 'float', b: 'uint8_t', s: 'const char *', d: 'void *', o: graphOutput, v: 'void',
  };
  const api: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(signatures)) {
    const [result, ...parameters] = Array.from(signature, (letter) => types[letter]!);
    api[name] = library.func(name, result!, parameters);
  }
  keepLoaded(system, [frameworkFile, mainFile]);
  api.copyIn = system.func('memcpy', 'void *', ['uint64_t', 'void *', 'size_t']);
  api.copyOut = system.func('memcpy', 'void *', ['void *', 'uint64_t', 'size_t']);
  return api as unknown as TensorflowApi;
}
