import process from 'node:process';

/** How the command is called here, for advice: `ssl`, or `npm run ssl --` in the repository. */
export function commandName(): string {
  return process.env.SSL_COMMAND ?? 'ssl';
}
