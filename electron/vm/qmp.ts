import type { Duplex } from 'node:stream';
import type { Disposable } from '../base/disposal.ts';
import { GleanerError } from '../contract/failures.ts';
import { encodeCommand, LineSplitter, parseMessage, type QmpMessage } from './qmp-codec.ts';

interface Waiting {
  readonly name: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GleanerError) => void;
}

type Args = Readonly<Record<string, unknown>>;

export type QmpEventListener = (name: string, data: Readonly<Record<string, unknown>>) => void;

/**
 * A client of QEMU's monitor on an open stream. It owns the stream. There are no time limits in here: QEMU
 * answers, or its end closes the stream and rejects everything with `qemu-exited`; a QEMU that hangs is the
 * caller's matter (it can kill it).
 */
export class QmpClient implements Disposable {
  readonly #stream: Duplex;
  readonly #splitter = new LineSplitter();
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<QmpEventListener>();
  readonly #ready: Promise<readonly [number, number, number]>;
  /** Commands asked before the capabilities were agreed on. Undefined from then on: commands are written at once. */
  #held: { readonly waiting: Waiting; readonly args: Args | undefined }[] | undefined = [];
  #nextId = 1;
  #closed: GleanerError | undefined;
  #resolveReady: (version: readonly [number, number, number]) => void = () => undefined;
  #rejectReady: (error: GleanerError) => void = () => undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.#ready.catch(() => undefined);
    stream.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on('error', () => {
      this.#close('QEMU’s monitor connection broke.');
    });
    stream.on('close', () => {
      this.#close('QEMU has ended.');
    });
    stream.on('end', () => {
      this.#close('QEMU has ended.');
    });
  }

  /** QEMU's version once the handshake is done. Rejects `qemu-exited`. */
  ready(): Promise<readonly [number, number, number]> {
    return this.#ready;
  }

  /**
   * Sends one command and answers with what it returned. Once ready, the bytes are written before this returns,
   * so that a `stop` is on its way without waiting for anything. Rejects `qemu-exited`, or `internal` with
   * QEMU's words when it refuses.
   */
  execute(name: string, args?: Args): Promise<unknown> {
    const closed = this.#closed;
    if (closed) return Promise.reject(closed);
    return new Promise((resolve, reject) => {
      const waiting = { name, resolve, reject };
      if (this.#held) this.#held.push({ waiting, args });
      else this.#send(waiting, args);
    });
  }

  onEvent(listener: QmpEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#close('The connection to QEMU was closed.');
  }

  #receive(chunk: Buffer): void {
    const lines = this.#closed ? [] : this.#splitter.push(chunk);
    if (!lines) {
      this.#close('QEMU sent a line beyond all bounds.');
      return;
    }
    for (const line of lines) {
      if (line.trim() !== '') this.#handle(parseMessage(line));
    }
  }

  #handle(message: QmpMessage): void {
    switch (message.kind) {
      case 'greeting':
        this.#negotiate(message.version);
        return;
      case 'event':
        for (const listener of this.#listeners) listener(message.name, message.data);
        return;
      case 'return':
        this.#take(message.id)?.resolve(message.value);
        return;
      case 'error': {
        const waiting = this.#take(message.id);
        waiting?.reject(
          new GleanerError('internal', `QEMU refused “${waiting.name}”: ${message.description}`),
        );
        return;
      }
      case 'malformed':
        this.#close('QEMU sent something that is not its protocol.');
    }
  }

  #negotiate(version: readonly [number, number, number]): void {
    const held = this.#held;
    if (!held) return;
    const resolve = (): void => {
      this.#held = undefined;
      this.#resolveReady(version);
      for (const { waiting, args } of held) this.#send(waiting, args);
    };
    this.#send({ name: 'qmp_capabilities', resolve, reject: this.#rejectReady });
  }

  #send(waiting: Waiting, args?: Args): void {
    const id = this.#nextId++;
    this.#waiting.set(id, waiting);
    this.#stream.write(encodeCommand(id, waiting.name, args));
  }

  #take(id: number | undefined): Waiting | undefined {
    if (id === undefined) return undefined;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #close(sentence: string): void {
    if (this.#closed) return;
    const error = new GleanerError('qemu-exited', sentence);
    this.#closed = error;
    this.#stream.destroy();
    this.#rejectReady(error);
    for (const { waiting } of this.#held ?? []) waiting.reject(error);
    this.#held = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#listeners.clear();
  }
}
