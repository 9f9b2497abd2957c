import { PickleError } from './pickle-error.js';

/** Names that a message tells; a file with more is no checkpoint. */
const listed = 40;

/** Modules whose functions act on the machine: no checkpoint has them by accident. */
const acting = /^(os|posix|nt|sys|subprocess|shutil|socket|importlib|runpy|pty|ctypes|webbrowser|code|commands)\.|^(builtins|__builtin__)\.(eval|exec|execfile|compile|open|getattr|__import__|apply)$/;
const modules = /^(torch\.nn\.modules|torchvision\.models|timm\.models)\./;

/**
 * The error for a pickle that names what is not allowed.
 *
 * @param refused - Every name with the byte at which it first stands.
 */
export function refusal(source: string, refused: ReadonlyMap<string, number>): PickleError {
  const names = [...refused.keys()];
  const places = [...refused].slice(0, listed).map(([name, offset]) => `'${name}' at byte ${String(offset)}`);
  const more = names.length > listed ? ` and ${String(names.length - listed)} more` : '';
  const what = names.length === 1 ? `the class or function ${places.join('')}, which is refused` : `${String(names.length)} classes and functions that are refused: ${places.join(', ')}${more}`;
  return new PickleError(`${source} was to hold tensors and plain values, got ${what}. ${remedy(names)}`, { offset: Math.min(...refused.values()), refused: names });
}

function remedy(names: readonly string[]): string {
  const dangerous = names.find((name) => acting.test(name));
  if (dangerous !== undefined) return `No checkpoint needs '${dangerous}', which acts on the machine that unpickles it: do not open this file in Python, and fetch the weights from a source that you trust.`;
  const save = 'torch.save(model.state_dict(), …)';
  if (names.some((name) => modules.test(name))) return `It is a whole module; save its state dictionary: ${save}.`;
  return `They are settings or objects beside the tensors. Keep them as data, which runs nothing (ssl import FILE --allow ${names.slice(0, listed).join(' ')}), or save the state dictionary alone (${save}).`;
}
