import process from 'node:process';
import { main } from './main.js';

// Nothing may keep a finished command alive: worker threads, native threads, a slow socket.
process.exit(await main(process.argv.slice(2)));
