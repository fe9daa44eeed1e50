import { EventEmitter } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import type { Client, Display, Sync, XEvent } from 'x11';
import type { Clock } from '../../../base/clock.ts';
import type { Disposable } from '../../../base/disposal.ts';
import { GleanerError } from '../../../contract/failures.ts';
import { within } from '../within.ts';
import { type Cookie, findCookie, noCookie } from './authority.ts';

type Env = Readonly<Record<string, string | undefined>>;

const socketDir = '/tmp/.X11-unix';
const answerMs = 5000;
const authorityBytes = 256 * 1024;
/** Of a property, in 32-bit words. */
const propertyWords = 256;
const anyType = 0;

/** One connection to the X server of this computer. What the library makes of its bytes cannot throw past this. */
export class XConnection implements Disposable {
  readonly root: number;
  readonly propertyChange: number;
  readonly #client: Client;
  readonly #wire: Wire;
  readonly #clock: Clock;

  private constructor(display: Display, wire: Wire, clock: Clock, propertyChange: number) {
    this.#client = display.client;
    this.#wire = wire;
    this.#clock = clock;
    this.root = display.screen[0]?.root ?? 0;
    this.propertyChange = propertyChange;
  }

  /**
   * Rejects `platform-not-ready` where DISPLAY names no server of this computer, `sensor-failed` where it does not answer.
   * @param onLost called once when the connection breaks; not after `dispose`
   */
  static async open(env: Env, clock: Clock, onLost: (error: GleanerError) => void): Promise<XConnection> {
    const number = displayNumber(env['DISPLAY']);
    const { default: x11 } = await import('x11');
    const wire = await Wire.connect(path.join(socketDir, `X${number}`), clock);
    const auth = await readCookie(env, number);
    const display = new Promise<Display>((resolve, reject) => {
      wire.onLost = reject;
      const client = x11.createClient(
        { display: `:${number}`, stream: wire, auth, disableBigRequests: true },
        (error, opened) => {
          if (error === undefined || error === null) resolve(opened);
          else reject(lostError(error));
        },
      );
      client.on('error', (error) => {
        wire.lose(error);
      });
    });
    try {
      const opened = await within(clock, answerMs, display, 'The X server does not answer.');
      wire.onLost = onLost;
      return new XConnection(opened, wire, clock, x11.eventMask.PropertyChange);
    } catch (error) {
      wire.dispose();
      throw error;
    }
  }

  dispose(): void {
    this.#wire.dispose();
  }

  onEvent(listener: (event: XEvent) => void): void {
    this.#client.on('event', listener);
  }

  newId(): number {
    return this.#client.AllocID();
  }

  atom(name: string): Promise<number> {
    return this.ask((answer) => {
      this.#client.InternAtom(false, name, answer);
    });
  }

  /** The words of a 32-bit property, the first 256 of them; none when it or its window is not there. */
  async words(window: number, property: number): Promise<readonly number[]> {
    const found = await this.ask<{ format: number; data: Buffer } | undefined>((answer) => {
      this.#client.GetProperty(0, window, property, anyType, 0, propertyWords, (error, value) =>
        answer(undefined, hasFailed(error) ? undefined : value),
      );
    });
    if (found?.format !== 32) return [];
    return Array.from({ length: Math.floor(found.data.length / 4) }, (_, index) =>
      found.data.readUInt32LE(index * 4),
    );
  }

  /** Sets what this connection hears of a window; one that is gone says nothing. */
  hear(window: number, eventMask: number): void {
    this.#client.ChangeWindowAttributes(window, { eventMask }, () => true);
  }

  /** The SYNC extension; rejects `platform-not-ready` where the server has none. */
  async sync(): Promise<Sync> {
    const loaded = new Promise<Sync>((resolve, reject) => {
      this.#client.require('sync', (error, extension) => {
        if (!hasFailed(error)) resolve(extension);
        else {
          reject(
            new GleanerError('platform-not-ready', 'This X server has no SYNC extension.', undefined, {
              cause: error,
            }),
          );
        }
      });
    });
    return await within(this.#clock, answerMs, loaded, 'The X server does not answer.');
  }

  /** One request with an answer. */
  ask<T>(request: (answer: (error: unknown, value: T) => boolean) => void): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      request((error, value) => {
        if (hasFailed(error)) reject(lostError(error));
        else resolve(value);
        return true;
      });
    });
    return within(this.#clock, answerMs, answered, 'The X server does not answer.');
  }
}

/** The socket as the library wants it. */
class Wire extends EventEmitter implements Disposable {
  onLost: (error: GleanerError) => void = () => undefined;
  readonly #socket: Socket;
  #over = false;

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes) => {
      try {
        this.emit('data', bytes);
      } catch (error) {
        this.lose(error);
      }
    });
    socket.on('drain', () => this.emit('drain'));
    socket.on('error', (error) => {
      this.lose(error);
    });
    socket.on('close', () => {
      this.lose(undefined);
    });
  }

  static async connect(socketPath: string, clock: Clock): Promise<Wire> {
    const socket = createConnection(socketPath);
    const connected = new Promise<Wire>((resolve, reject) => {
      socket.once('error', (error) => {
        const code = 'code' in error ? error.code : '';
        if (code !== 'ENOENT' && code !== 'ECONNREFUSED') reject(lostError(error));
        else reject(new GleanerError('sensor-failed', 'The X server is not there.'));
      });
      socket.once('connect', () => {
        resolve(new Wire(socket));
      });
    });
    try {
      return await within(clock, answerMs, connected, 'The X server does not answer.');
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  get destroyed(): boolean {
    return this.#over;
  }

  get writableEnded(): boolean {
    return this.#over;
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer, done?: (error?: Error | null) => void): boolean {
    return this.#socket.write(bytes, done);
  }

  end(): void {
    this.dispose();
  }

  lose(cause: unknown): void {
    if (this.#over) return;
    this.dispose();
    this.onLost(lostError(cause));
  }

  dispose(): void {
    this.#over = true;
    this.#socket.destroy();
  }
}

/** Of `:0`, `:0.0` and `unix:0`. A display that is reached by a network belongs to another computer. */
function displayNumber(display: string | undefined): string {
  const match = /^(?:unix)?:(\d{1,5})(?:\.\d{1,3})?$/.exec(display ?? '');
  if (match?.[1] !== undefined) return match[1];
  throw new GleanerError('platform-not-ready', 'There is no X server of this computer here.');
}

async function readCookie(env: Env, number: string): Promise<Cookie> {
  const filePath = env['XAUTHORITY'] ?? path.join(env['HOME'] ?? homedir(), '.Xauthority');
  let file: FileHandle | undefined;
  try {
    file = await open(filePath, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(authorityBytes), 0, authorityBytes, 0);
    return findCookie(buffer.subarray(0, bytesRead), hostname(), number);
  } catch {
    return noCookie;
  } finally {
    await file?.close();
  }
}

const hasFailed = (error: unknown): boolean => error !== undefined && error !== null;

function lostError(cause: unknown): GleanerError {
  if (cause instanceof GleanerError) return cause;
  const words = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
  const sentence = `The connection to the X server broke${words}.`.slice(0, 300);
  return new GleanerError('sensor-failed', sentence, undefined, { cause });
}
