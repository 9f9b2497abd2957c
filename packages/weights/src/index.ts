export { PickleError } from './pickle/pickle-error.js';
export { PersistentReference, PythonGlobal, PythonRecord, PythonTensor, type PythonDict, type PythonValue } from './pickle/python-values.js';
export { readPickle, type ReadPickle, type ReadPickleOptions } from './pickle/read-pickle.js';
export { readPth, type PthFile, type ReadPthOptions } from './pth/read-pth.js';
