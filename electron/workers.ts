import { fork } from 'node:child_process';
import type { SpawnWorker } from './base/worker.ts';

/** Workers as child processes of Node: for the headless host and tests. Throws when there is no script of that name. */
export function forkWorkers(scripts: Readonly<Record<string, URL>>): SpawnWorker {
  return (name) => {
    const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
    if (!script) throw new Error(`there is no worker script "${name}"`);
    // Flags of our own process (a debugger's port, a test runner's loader) are not the child's business.
    const child = fork(script, { serialization: 'advanced', execArgv: [], execPath: process.execPath });
    const exit = new Promise<number | null>((resolve) => {
      child.on('exit', resolve);
      // A child that could not be started never exits.
      child.on('error', () => {
        if (child.pid === undefined) resolve(null);
      });
    });
    return {
      pid: child.pid,
      send: (message) => {
        // A child that has just gone is told of by `exit`.
        if (child.connected) child.send(message as object, () => undefined);
      },
      onMessage: (listener) => {
        child.on('message', listener);
      },
      onExit: (listener) => {
        void exit.then(listener);
      },
      kill: () => {
        child.kill('SIGKILL');
      },
    };
  };
}
