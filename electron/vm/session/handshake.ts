import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';

/** The longest line of the handshake is `READY ` and a nonce. */
const lineBytes = 64;
const lineFeed = 0x0a;

/** What to do after a piece of input: a line to send, or the session's first bytes when the handshake is over. */
export interface HandshakeStep {
  readonly send?: string;
  readonly rest?: Uint8Array;
}

/**
 * The host's side of the handshake on the port: HELLO (repeated by the caller), READY, GO, GO. An earlier
 * session's bytes may sit in both directions; everything that is not the expected line with our nonce is thrown
 * away. Holds at most {@link lineBytes} bytes. Pure.
 */
export class Handshake {
  readonly #ready: string;
  readonly #go: string;
  #line: Uint8Array = Buffer.alloc(0);
  #saidGo = false;

  /** `nonce`: 32 hex digits that were never used before. */
  constructor(nonce: string) {
    this.hello = `\nHELLO ${nonce}\n`;
    this.#ready = `READY ${nonce}`;
    this.#go = `GO ${nonce}`;
  }

  /** Begins with a line end, so that half a line left in the guest's reader does not swallow it. */
  readonly hello: string;

  /** Whether the guest has been told to go, so that HELLO must no longer be repeated. */
  get saidGo(): boolean {
    return this.#saidGo;
  }

  feed(chunk: Uint8Array): HandshakeStep {
    let send: string | undefined;
    for (let from = 0; ; ) {
      const end = chunk.indexOf(lineFeed, from);
      const piece = chunk.subarray(from, end === -1 ? undefined : end);
      // Leftovers without a line end may stand before our line: only its end is compared, so only that is kept.
      const line = Buffer.concat([this.#line, piece.subarray(-lineBytes)]).subarray(-lineBytes);
      if (end === -1) {
        this.#line = line;
        break;
      }
      from = end + 1;
      this.#line = Buffer.alloc(0);
      const text = line.toString('latin1');
      if (!this.#saidGo && text.endsWith(this.#ready)) {
        this.#saidGo = true;
        send = `${this.#go}\n`;
      } else if (this.#saidGo && text.endsWith(this.#go)) {
        return { ...(send === undefined ? {} : { send }), rest: chunk.subarray(from) };
      }
    }
    return send === undefined ? {} : { send };
  }
}

/**
 * Waits between the HELLOs, in ms; the last goes on for ever. The first are short: when the guest has not yet
 * noticed the end of the session before, that one swallows a HELLO or two.
 */
const waits = [...Array<number>(12).fill(60), ...Array<number>(20).fill(250), 1000] as const;
/** From this HELLO on the guest may be stuck inside a packet of the old session, which needs more bytes to fail. */
const firstPadded = 14;
/** Long lines: the guest reads this with a shell, for which many short lines are slow. Eight of them make a packet. */
const padding = `${'.'.repeat(100)}\n`.repeat(50);
const paddings = 8;

/**
 * Performs the handshake on a connected socket; afterwards the socket is paused and its next bytes are the
 * session's. Never gives up by itself: whoever called ends the socket, which rejects.
 * @param o.fresh no earlier session can be stuck in the guest, so no padding is needed.
 */
export function shakeHands(
  socket: Socket,
  o: { readonly nonce: string; readonly fresh: boolean; readonly clock: Clock },
): Promise<void> {
  const handshake = new Handshake(o.nonce);
  return new Promise((resolve, reject) => {
    let repeats = 0;
    let padded = 0;
    let cancel: () => void = () => undefined;
    const sayHello = (): void => {
      if (handshake.saidGo) return;
      // A guest that reads nothing (it boots, or is frozen) must not make us queue without end.
      if (socket.writableLength === 0) {
        if (!o.fresh && repeats >= firstPadded && padded < paddings) {
          padded += 1;
          socket.write(padding);
        }
        socket.write(handshake.hello);
      }
      cancel = o.clock.after(waits[Math.min(repeats, waits.length - 1)] ?? 0, sayHello);
      repeats += 1;
    };
    const leave = (): void => {
      cancel();
      socket.off('data', onData);
      socket.off('close', onClose);
    };
    const onData = (chunk: Buffer): void => {
      const step = handshake.feed(chunk);
      if (step.send !== undefined) socket.write(step.send);
      if (step.rest === undefined) return;
      leave();
      socket.pause();
      if (step.rest.length > 0) socket.unshift(step.rest);
      resolve();
    };
    const onClose = (): void => {
      leave();
      reject(new Error('the port was closed during the handshake'));
    };
    socket.on('data', onData);
    socket.on('close', onClose);
    sayHello();
  });
}
