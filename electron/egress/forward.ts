import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type Exchange, GuestGone, type Means } from './exchange.ts';
import { answerHeaders, type Framing, hasOddEncoding, requestHeaders } from './headers.ts';
import { watchIdle } from './idle.ts';
import { Pump } from './pump.ts';
import type { ProxyWay } from './reach.ts';
import { tooSlow, unreachable } from './refusal.ts';
import { authorityOf } from './target.ts';

export interface Forwarding {
  readonly asked: IncomingMessage;
  readonly response: ServerResponse;
  /** With its query. */
  readonly path: string;
  readonly framing: Framing;
  /** The guest waits for a word before it sends its body. */
  readonly expectsContinue: boolean;
}

/**
 * Carries one plain request: writes it anew to its target and the answer anew to the guest. Rejects with why it did
 * not come about or broke off; then the answer's head may be out already. The connection to the outside is gone then.
 */
export async function carryRequest(means: Means, exchange: Exchange, forwarding: Forwarding): Promise<void> {
  const { asked, path, framing } = forwarding;
  const { target } = exchange;
  const { reach, limits } = means;
  const { socket, proxy } = await reach.open('http', target, exchange.match, exchange.signal);
  if (exchange.signal.aborted) {
    socket.destroy();
    throw exchange.signal.reason;
  }
  try {
    const sending = request({
      createConnection: () => socket,
      method: asked.method ?? '',
      path: proxy ? `http://${authorityOf(target)}${path}` : path,
      setHost: false,
      headers: requestHeaders(asked.rawHeaders, target, framing, proxy?.authorization),
      maxHeaderSize: limits.answerHeaderBytes,
      insecureHTTPParser: false,
    });
    // With a bound, the parser leaves out what exceeds it; the bound on bytes refuses instead.
    sending.maxHeadersCount = 0;
    await carry(means, exchange, { ...forwarding, sending, proxy });
  } finally {
    socket.destroy();
  }
}

function carry(
  { clock, limits, up, down }: Means,
  exchange: Exchange,
  forwarding: Forwarding & { readonly sending: ClientRequest; readonly proxy: ProxyWay | null },
): Promise<void> {
  const { asked, response, sending, proxy, framing, expectsContinue } = forwarding;
  const { signal } = exchange;
  return new Promise((resolve, reject) => {
    const idle = watchIdle(clock, limits.idleMs, () => {
      exchange.end(tooSlow('There was no answer for too long.'));
    });
    const pumps: Pump[] = [];
    const settle = (error?: Error): void => {
      idle.stop();
      for (const pump of pumps) pump.dispose();
      signal.removeEventListener('abort', abort);
      sending.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = (): void => {
      settle(signal.reason as Error);
    };
    const breakOff = (): void => {
      settle(unreachable('It breaks off.'));
    };
    signal.addEventListener('abort', abort);
    response.once('close', () => {
      if (!response.writableFinished) settle(new GuestGone());
    });
    sending.on('error', () => {
      settle(unreachable('It breaks off, or its answer cannot be understood.'));
    });
    // A change of protocol that nobody asked for.
    sending.on('upgrade', breakOff);
    sending.on('response', (answered) => {
      idle.touch();
      const status = answered.statusCode ?? 0;
      proxy?.heard(status);
      if (proxy && status === 407) {
        settle(unreachable('The proxy wants to be told who we are.'));
        return;
      }
      answered.on('error', breakOff);
      if (hasOddEncoding(answered.rawHeaders)) {
        breakOff();
        return;
      }
      answered.once('close', () => {
        if (!answered.complete) breakOff();
      });
      try {
        response.sendDate = false;
        response.writeHead(status, answerHeaders(answered.rawHeaders));
        response.flushHeaders();
      } catch {
        breakOff();
        return;
      }
      const onEnd = (): void => {
        response.end(() => {
          settle();
        });
      };
      pumps.push(new Pump({ from: answered, to: response, bucket: down, onProgress: idle.touch, onEnd }));
    });
    if (framing.kind === 'none') {
      asked.resume();
      sending.end();
      return;
    }
    if (expectsContinue) response.writeContinue();
    const onEnd = (): void => {
      sending.end();
    };
    pumps.push(new Pump({ from: asked, to: sending, bucket: up, onProgress: idle.touch, onEnd }));
  });
}
