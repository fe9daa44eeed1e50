import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  CommandParsed,
  DownloadCommandName,
  HostApi,
  HostEvent,
  PlainCommandName,
  UploadCommandName,
} from '../contract/commands.ts';
import { type Failure, toFailure } from '../contract/failures.ts';
import type { PresenceReport } from '../contract/policy.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import { awaySnapshot } from './away.ts';
import type { SocketClient } from './socket-client.ts';

export interface RemoteHostOptions {
  readonly client: Pick<SocketClient, 'call' | 'upload' | 'download' | 'session'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this app. */
  readonly version: string;
  /** Why there may be no service, where that is known better than that it does not answer. */
  readonly reason: Failure | null;
  /** What this session makes of a Snapshot before it is shown. */
  readonly view: (snapshot: Snapshot) => Snapshot;
}

/** Between two tries to reach the service, in ms. */
const againMs = { first: 1000, most: 5000 } as const;

/**
 * The host of an app that has none of its own: a service of the machine, over its socket. While it is not there its Snapshot says so,
 * and it is looked for until it is. This connection is the person's session: what is told of it is told anew to each service that
 * comes.
 */
export class RemoteHost implements HostApi, Disposable {
  readonly #o: RemoteHostOptions;
  readonly #ended = new AbortController();
  readonly #listeners = new Set<(event: HostEvent) => void>();
  #following: Promise<void> | undefined;
  #shown: HostEvent | undefined;
  #last: Snapshot | null = null;
  /** Epoch ms since which it does not answer; null: it does, or nobody has tried. */
  #awaySince: number | null = null;
  /** All that was told of this session so far, but for its input. */
  #told: PresenceReport = {};
  #input: { readonly at: number; readonly how: Pick<PresenceReport, 'pollMs' | 'inputSource'> } | null = null;
  #tell: ((report: PresenceReport) => void) | undefined;

  constructor(options: RemoteHostOptions) {
    this.#o = options;
  }

  /** Begins to look for the service. */
  begin(): void {
    this.#following ??= this.#follow();
  }

  async call<N extends PlainCommandName>(name: N, input: CommandParsed<N>): Promise<CommandOutput<N>> {
    if (name === 'presence.report') {
      this.report(input as CommandParsed<'presence.report'>);
      return null as CommandOutput<N>;
    }
    return await this.#o.client.call(name, again<N>(input));
  }

  async upload<N extends UploadCommandName>(
    name: N,
    input: CommandParsed<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>> {
    return await this.#o.client.upload(name, again<N>(input), body);
  }

  async download<N extends DownloadCommandName>(
    name: N,
    input: CommandParsed<N>,
  ): Promise<AsyncIterable<Uint8Array>> {
    return await this.#o.client.download(name, again<N>(input));
  }

  /** Calls back at once only when the service was found, or was not. */
  subscribe(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    if (this.#shown) listener(this.#shown);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** What is new of this session; on its way to the service when this returns. */
  report(report: PresenceReport): void {
    const { idleMs, pollMs, inputSource, ...rest } = report;
    this.#told = { ...this.#told, ...rest };
    if (idleMs === null) this.#input = null;
    else if (idleMs !== undefined) {
      const how = {
        ...(pollMs === undefined ? {} : { pollMs }),
        ...(inputSource === undefined ? {} : { inputSource }),
      };
      this.#input = { at: this.#o.clock.monotonic() - idleMs, how };
    }
    this.#tell?.(report);
  }

  async dispose(): Promise<void> {
    this.#ended.abort();
    await this.#following;
    this.#listeners.clear();
  }

  async #follow(): Promise<void> {
    const { client, clock, log } = this.#o;
    const { signal } = this.#ended;
    const opened = (tell: (report: PresenceReport) => void): void => {
      this.#opened(tell);
    };
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        for await (const { snapshot } of client.session(opened, signal)) {
          if (this.#awaySince !== null) log.info('service', 'is there again');
          this.#awaySince = null;
          attempt = 0;
          this.#last = snapshot;
          this.#show(this.#o.view(snapshot));
        }
      } catch (error) {
        this.#lost(toFailure(error));
      }
      this.#tell = undefined;
      await pause(clock, backoffMs(attempt, againMs.first, againMs.most), signal);
    }
  }

  #opened(tell: (report: PresenceReport) => void): void {
    const input = this.#input;
    const idle = input ? { idleMs: this.#o.clock.monotonic() - input.at, ...input.how } : {};
    tell({ ...this.#told, ...idle });
    this.#tell = tell;
  }

  #lost(seen: Failure): void {
    const { clock, log, version, reason } = this.#o;
    const failure = reason ?? seen;
    if (this.#awaySince === null) log.warn('service', failure.sentence, { code: failure.code });
    const now = clock.now();
    this.#awaySince ??= now;
    this.#show(awaySnapshot(this.#last, failure, { now, since: this.#awaySince, version }));
  }

  #show(snapshot: Snapshot): void {
    const event: HostEvent = { type: 'snapshot', snapshot };
    this.#shown = event;
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** What the table has parsed is an input of the same command. */
function again<N extends CommandName>(parsed: CommandParsed<N>): CommandInput<N> {
  return parsed as unknown as CommandInput<N>;
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}
