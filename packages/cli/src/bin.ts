import process from 'node:process';
import { endNow, surviveLostTerminal, takeEndings } from './run/endings.js';

// Before anything else is loaded: until then SIGUSR1 opens a debugger's port. Other signals end the command as they end any.
surviveLostTerminal();
takeEndings((ending) => {
  if (ending.kind !== 'error') {
    endNow(ending);
    return;
  }
  void import('./run/report-ending.js').then(({ endCommand }) => {
    endCommand(ending);
  });
}, ['SIGUSR1']);
const { main } = await import('./main.js');

// Nothing may keep a finished command alive: worker threads, native threads, a slow socket.
process.exit(await main(process.argv.slice(2)));
