import type { Log } from '../base/log.ts';
import type { HostApi, HostEvent } from '../contract/commands.ts';

/**
 * The host's events for one listener: the current Snapshot first, then every change. Returns the way to
 * stop; afterwards the listener is not called again.
 */
export function openEvents(api: HostApi, log: Log, listener: (event: HostEvent) => void): () => void {
  let open = true;
  let heard = false;
  const deliver = (event: HostEvent): void => {
    if (!open) return;
    heard = true;
    listener(event);
  };
  const unsubscribe = api.subscribe(deliver);
  api.call('status', {}).then(
    (snapshot) => {
      // A change that was heard in the meantime is newer than this answer.
      if (!heard) deliver({ type: 'snapshot', snapshot });
    },
    (error: unknown) => {
      log.warn('control', 'the first snapshot for a listener failed', { words: String(error) });
    },
  );
  return () => {
    open = false;
    unsubscribe();
  };
}
