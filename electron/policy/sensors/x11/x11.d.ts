/** The part of the package `x11` (4.2) that is used here; it ships no types. */
declare module 'x11' {
  import type { EventEmitter } from 'node:events';

  /** Returns true: the error is handled. */
  type Answer<T> = (error: unknown, value: T) => boolean;

  interface Property {
    readonly type: number;
    readonly format: 0 | 8 | 16 | 32;
    readonly data: Buffer;
  }

  interface XEvent {
    readonly name?: string;
    /** PropertyNotify */
    readonly wid?: number;
    readonly atom?: number;
    /** AlarmNotify */
    readonly alarm?: number;
    readonly counterValue?: number;
  }

  interface AlarmValues {
    readonly counter: number;
    readonly valueType: number;
    readonly value: number;
    readonly testType: number;
    readonly delta: number;
    readonly events: number;
  }

  interface Sync {
    ListSystemCounters(
      answer: Answer<{ counter: number; resolution: number; name: string }[] | undefined>,
    ): void;
    QueryCounter(counter: number, answer: Answer<number>): void;
    CreateAlarm(id: number, values: AlarmValues): void;
    ChangeAlarm(id: number, values: AlarmValues): void;
  }

  interface Client extends EventEmitter {
    require(extension: 'sync', answer: (error: unknown, extension: Sync) => void): void;
    AllocID(): number;
    InternAtom(onlyIfExists: boolean, name: string, answer: Answer<number>): void;
    GetProperty(
      remove: 0,
      window: number,
      property: number,
      type: number,
      offset: number,
      length: number,
      answer: Answer<Property>,
    ): void;
    ChangeWindowAttributes(window: number, values: { eventMask: number }, answer: Answer<undefined>): void;
    on(event: 'event', listener: (event: XEvent) => void): this;
    on(event: 'error', listener: (error: unknown) => void): this;
  }

  interface Display {
    readonly client: Client;
    readonly screen: readonly { readonly root: number }[];
  }

  const x11: {
    createClient(
      options: {
        readonly display: string;
        readonly stream: unknown;
        readonly auth: { readonly name: string; readonly data: string };
        readonly disableBigRequests: true;
      },
      answer: (error: unknown, display: Display) => void,
    ): Client;
    readonly eventMask: { readonly PropertyChange: number };
  };
  export default x11;
  export type { Client, Display, Sync, XEvent };
}
