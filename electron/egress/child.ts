import { constants, setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { connectToParent } from '../base/parent.ts';
import type { Failure } from '../contract/failures.ts';
import type { FromChild, ToChild } from './messages.ts';
import { EgressServer } from './server.ts';

/**
 * The worker `egress`: everything that handles bytes of a guest or of the network for one gateway runs here, away
 * from the host's own process. Its threads evaluate proxy scripts.
 */
function serve(): void {
  const parent = connectToParent();
  const tell = (message: FromChild): void => {
    parent.send(message);
  };
  // A guest can make us work; it must not get more of the computer that way than the person's own programs.
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not permitted everywhere; then we run like the others.
  }

  let server: EgressServer | undefined;
  const asked = new Map<number, (answer: string | null) => void>();
  let lastId = 0;
  const ask = (url: string): Promise<string | null> =>
    new Promise((resolve) => {
      lastId += 1;
      asked.set(lastId, resolve);
      tell({ kind: 'ask', id: lastId, url });
    });

  const open = async (message: Extract<ToChild, { kind: 'open' }>): Promise<void> => {
    const { socketPath, limits, rules } = message;
    server = new EgressServer({
      clock: systemClock,
      limits,
      rules,
      threadUrl: new URL(import.meta.url),
      ask,
      onTraffic: (rows) => {
        tell({ kind: 'traffic', rows });
      },
      onDenied: (denial) => {
        tell({ kind: 'denied', denial });
      },
      onTrouble: (sentence) => {
        tell({ kind: 'trouble', sentence });
      },
      onChallenge: (proxy) => {
        tell({ kind: 'challenge', proxy });
      },
    });
    await server.listen(socketPath);
    tell({ kind: 'listening' });
  };

  let latest = 0;
  const follow = async ({ number, rules }: Extract<ToChild, { kind: 'set' }>): Promise<void> => {
    latest = number;
    const failure = await (server?.set(rules) ?? Promise.resolve()).then(() => null, failureOf);
    if (number === latest) tell({ kind: 'forwarding', number, failure });
  };

  parent.onMessage((raw) => {
    const message = raw as ToChild;
    switch (message.kind) {
      case 'open':
        open(message).catch((error: unknown) => {
          tell({ kind: 'failed', failure: failureOf(error) });
        });
        break;
      case 'set':
        void follow(message);
        break;
      case 'answer':
        asked.get(message.id)?.(message.answer);
        asked.delete(message.id);
        break;
      case 'ping':
        tell({ kind: 'pong' });
        break;
      case 'close':
        void (server?.close() ?? Promise.resolve()).finally(() => {
          tell({ kind: 'closed' });
        });
        break;
    }
  });
}

function failureOf(error: unknown): Failure {
  const words = error instanceof Error ? error.message : String(error);
  const sentence = `The network gateway cannot listen: ${words}.`.slice(0, 500);
  return { code: 'network-unavailable', sentence };
}

if (isMainThread) serve();
else (await import('./pac-thread.ts')).servePac();
