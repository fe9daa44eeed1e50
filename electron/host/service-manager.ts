import { execFile } from 'node:child_process';
import type { Log } from '../base/log.ts';

/** A service manager that answers later does not listen. */
const limitMs = 10_000;

/**
 * Says something of this process to systemd, e.g. `READY=1` (sd_notify(3), systemd-notify(1)): Node has no datagrams on Unix sockets, so its own
 * program says it, for which the unit has `NotifyAccess=all`. Nothing is said where nobody has asked (NOTIFY_SOCKET). Never rejects.
 */
export async function tellServiceManager(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<void> {
  if (env['NOTIFY_SOCKET'] === undefined) return;
  await new Promise<void>((resolve) => {
    execFile('systemd-notify', [...words], { env: { ...env }, timeout: limitMs }, (error) => {
      if (error)
        log.warn('service', 'could not tell systemd', { words: words.join(' '), error: error.message });
      resolve();
    });
  });
}
