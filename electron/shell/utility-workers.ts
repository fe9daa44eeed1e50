import { join } from 'node:path';
import { utilityProcess } from 'electron';
import type { WorkerHandle } from '../base/worker.ts';

/**
 * Starts the built worker script `NAME.js` in a utility process: Node without Chromium's services, its own
 * address space, gone with the app. The app must be ready.
 */
export function spawnUtilityWorker(scriptDir: string, name: string): WorkerHandle {
  const child = utilityProcess.fork(join(scriptDir, `${name}.js`), [], {
    serviceName: `gleaner-${name}`,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exit = new Promise<number>((resolve) => {
    child.once('exit', resolve);
  });
  let gone = false;
  let killed = false;
  const end = (): void => {
    // UtilityProcess.kill() only asks (SIGTERM); a worker stuck in a loop would not hear it.
    if (child.pid !== undefined && !gone) process.kill(child.pid, 'SIGKILL');
  };
  child.once('spawn', () => {
    if (killed) end();
  });
  child.once('exit', () => {
    gone = true;
  });
  return {
    get pid() {
      return child.pid;
    },
    send(message) {
      if (!gone) child.postMessage(message);
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    onExit(listener) {
      void exit.then(listener);
    },
    kill() {
      killed = true;
      end();
    },
  };
}
