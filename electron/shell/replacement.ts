import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Made by the package's scripts while it is replaced (`resources/installer/linux/functions.sh`); root's own folder. */
const markPath = '/run/gleaner-upgrade';

/**
 * Waits for the end of the replacement, then starts what has come: a shell with the session's own environment, since
 * nothing of the program itself outlasts its replacement. It gives up after an hour.
 */
const waitAndStart =
  'tries=3600; while [ -e "$1" ] && [ "$tries" -gt 0 ]; do sleep 1; tries=$((tries - 1)); done; ' +
  'if [ "$tries" -gt 0 ] && [ -x "$2" ]; then exec "$2" --hidden; fi';

/** Whether the package that we run from is being replaced right now, for which we were asked to end. */
export function isBeingReplaced(platform: NodeJS.Platform): boolean {
  return platform === 'linux' && existsSync(markPath);
}

/** Has the app come back once its package is replaced. Only where {@link isBeingReplaced}. */
export function comeBackAfterReplacement(execPath: string): void {
  spawn('/bin/sh', ['-c', waitAndStart, 'sh', markPath, execPath], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  }).unref();
}
