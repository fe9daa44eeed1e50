import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { Log } from '../../base/log.ts';
import { type Failure, GleanerError, toFailure } from '../../contract/failures.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Snapshot } from '../../contract/snapshot.ts';
import {
  plainUpdate,
  type UpdateReason,
  type Updates,
  type UpdateView,
  updatesAreOff,
} from '../../contract/update.ts';
import type { Downloaded, Offer, UpdateEngine } from './engine.ts';
import { hindrance } from './moment.ts';
import type { UpdateMemory } from './trial.ts';

/** What is to be put in place once everything has stopped. */
export interface Prepared extends Downloaded {
  readonly version: string;
}

export interface UpdateDeskOptions {
  readonly engine: UpdateEngine;
  readonly memory: UpdateMemory;
  readonly remember: (memory: UpdateMemory) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** 0…1, for times that differ from one computer to the other. */
  readonly random: () => number;
  readonly callsUnderWay: () => number;
  readonly isWatched: () => boolean;
  /** Before each look; tells whether this network is billed by volume and the person keeps such ones free. */
  readonly prepareNetwork: () => Promise<{ readonly isMetered: boolean }>;
  /** Stops everything, puts it in place, and ends the program. Called once. */
  readonly install: (prepared: Prepared) => void;
}

/** After the start, and between looks, in ms; up to half of it is added, so that not all computers ask at once. */
const firstLookMs = 60_000;
const everyMs = 6 * 3_600_000;
/** Whether the moment has come is looked at this often, in ms, since not all that matters tells of its changes. */
const momentMs = 5_000;
/** After a failure it is tried again, later each time, in ms. */
const retryMs = 5 * 60_000;
/** A version that could not be put in place is left alone for so long, in ms. */
const restMs = 24 * 3_600_000;

/** Keeps the program up to date: looks, downloads, waits for a moment at which nothing is lost, and hands over. */
export class UpdateDesk implements Updates, Disposable {
  readonly #o: UpdateDeskOptions;
  readonly #listeners = new Set<() => void>();
  #memory: UpdateMemory;
  #snapshot: Snapshot | null = null;
  #view: UpdateView;
  #prepared: Prepared | null = null;
  #looking: Promise<UpdateView> | null = null;
  /** The person asked for the restart, and agreed to that. */
  #consent: { readonly handBack: boolean } | null = null;
  /** The person does not want this version now. */
  #declined = '';
  #cancelTimer: (() => void) | undefined;
  #cancelMoment: (() => void) | undefined;
  #failures = 0;
  #disposed = false;

  constructor(o: UpdateDeskOptions) {
    this.#o = o;
    this.#memory = o.memory;
    const { failed } = o.memory;
    this.#view = failed
      ? { ...plainUpdate('failed'), version: failed.version, failure: failed.failure }
      : plainUpdate('idle');
  }

  view(): UpdateView {
    const { checkedAt } = this.#memory;
    const off = this.#isOff();
    return off === null ? { ...this.#view, checkedAt } : { ...plainUpdate('off', off), checkedAt };
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** From now on it looks by itself. */
  begin(): void {
    this.#lookAfter(firstLookMs);
  }

  /** Told of every Snapshot: what the settings say, and whether the moment has come. */
  follow(snapshot: Snapshot): void {
    const before = this.#snapshot?.desktop;
    this.#snapshot = snapshot;
    const { desktop } = snapshot;
    if (before && before['updates.channel'] !== desktop['updates.channel']) this.#forget();
    if (this.#isOff() !== null) this.#forget();
    this.#decide();
  }

  check(): Promise<UpdateView> {
    this.#requireOn();
    this.#declined = '';
    return this.#look(true);
  }

  install(handBack: boolean): UpdateView {
    this.#requireOn();
    if (!this.#prepared) {
      throw new GleanerError('wrong-phase', 'No newer version has been downloaded.', 'gleaner update check');
    }
    this.#consent = { handBack };
    this.#declined = '';
    this.#decide();
    return this.view();
  }

  cancel(): UpdateView {
    const { state, version } = this.#view;
    if (state === 'downloading') this.#o.engine.cancel();
    else if (state !== 'waiting' && state !== 'ready') {
      throw new GleanerError('wrong-phase', 'Nothing of an update is under way.');
    }
    this.#consent = null;
    this.#declined = version ?? '';
    if (state === 'waiting') this.#decide();
    return this.view();
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelTimer?.();
    this.#cancelMoment?.();
    this.#o.engine.cancel();
    this.#listeners.clear();
  }

  #mode(): Settings['updates.mode'] | null {
    return this.#snapshot?.desktop['updates.mode'] ?? null;
  }

  /** Who said so, the host knows. */
  #isOff(): UpdateReason | null {
    return this.#mode() === 'off' ? 'turned-off' : null;
  }

  #requireOn(): void {
    const off = this.#isOff();
    if (off !== null) throw updatesAreOff(off);
  }

  #look(byPerson: boolean): Promise<UpdateView> {
    if (this.#prepared || this.#view.state === 'downloading') return Promise.resolve(this.view());
    this.#looking ??= this.#lookNow(byPerson).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookNow(byPerson: boolean): Promise<UpdateView> {
    const { engine, clock, remember } = this.#o;
    this.#lookAfter(everyMs);
    const channel = this.#snapshot?.desktop['updates.channel'] ?? 'stable';
    try {
      const { isMetered } = await this.#o.prepareNetwork();
      if (isMetered && !byPerson) {
        this.#show(plainUpdate('idle', 'metered'));
        return this.view();
      }
      this.#show(plainUpdate('checking'));
      const { takenBack, newest: known, failed } = this.#memory;
      const { newest, offer } = await engine.look(channel, { newest: known[channel] ?? null, takenBack });
      if (!offer) this.#failures = 0;
      this.#memory = {
        ...this.#memory,
        newest: { ...known, [channel]: newest },
        checkedAt: clock.now(),
      };
      await remember(this.#memory);
      const rests = failed?.version === offer?.version && clock.now() - (failed?.at ?? 0) < restMs;
      const isWanted = byPerson || (offer?.version !== this.#declined && !rests);
      if (offer && isWanted && !this.#disposed && this.#isOff() === null) void this.#download(offer);
      else if (failed && rests) this.#show(this.#failedView(failed.version, failed.failure));
      else this.#show(plainUpdate('idle'));
    } catch (error) {
      this.#fail(null, error);
    }
    return this.view();
  }

  async #download(offer: Offer): Promise<void> {
    const { version, notes } = offer;
    const base: UpdateView = { ...plainUpdate('downloading'), version, notes, progress: 0 };
    this.#show(base);
    try {
      const downloaded = await this.#o.engine.download((part) => {
        // Whole percents: each is told to all who look.
        this.#show({ ...base, progress: Math.floor(part * 100) / 100 });
      });
      if (this.#disposed) return;
      this.#o.log.info('update', 'downloaded', { version });
      this.#failures = 0;
      this.#prepared = { ...downloaded, version };
      this.#show({ ...base, state: 'ready', progress: null });
      this.#decide();
    } catch (error) {
      if (this.#disposed) return;
      if (this.#declined === version) this.#show(plainUpdate('idle'));
      else this.#fail(version, error);
    }
  }

  #fail(version: string | null, error: unknown): void {
    const failure = toFailure(error);
    this.#o.log.warn('update', failure.sentence, { code: failure.code });
    this.#show(this.#failedView(version, failure));
    this.#lookAfter(Math.min(everyMs, retryMs * 2 ** this.#failures));
    this.#failures += 1;
  }

  #failedView(version: string | null, failure: Failure): UpdateView {
    return { ...plainUpdate('failed'), version, failure };
  }

  /** What was downloaded: now, when the moment comes, or when the person says so. */
  #decide(): void {
    this.#cancelMoment?.();
    this.#cancelMoment = undefined;
    const [snapshot, prepared] = [this.#snapshot, this.#prepared];
    if (!snapshot || !prepared || this.#disposed || this.#view.state === 'installing') return;
    const { callsUnderWay, isWatched, clock, log, install } = this.#o;
    const mayGo =
      this.#consent !== null || (this.#mode() === 'automatic' && this.#declined !== prepared.version);
    if (!mayGo) {
      this.#show({ ...this.#view, state: 'ready', reason: null });
      return;
    }
    const reason = hindrance({
      snapshot,
      callsUnderWay: callsUnderWay(),
      isWatched: isWatched(),
      isAsked: this.#consent !== null,
      handBack: this.#consent?.handBack ?? false,
    });
    if (reason === null) {
      log.info('update', 'installing', { version: prepared.version });
      this.#show({ ...this.#view, state: 'installing', reason: null });
      install(prepared);
      return;
    }
    this.#show({ ...this.#view, state: 'waiting', reason });
    this.#cancelMoment = clock.after(momentMs, () => {
      this.#decide();
    });
  }

  /** What was found and downloaded is of no use any more. */
  #forget(): void {
    if (this.#view.state === 'installing') return;
    if (this.#view.state === 'downloading') {
      this.#declined = this.#view.version ?? '';
      this.#o.engine.cancel();
    }
    if (!this.#prepared) return;
    this.#prepared = null;
    this.#consent = null;
    this.#show(plainUpdate('idle'));
  }

  #lookAfter(ms: number): void {
    this.#cancelTimer?.();
    if (this.#disposed) return;
    const { clock, random } = this.#o;
    this.#cancelTimer = clock.after(ms * (1 + random() / 2), () => {
      if (this.#isOff() === null) void this.#look(false);
      else this.#lookAfter(everyMs);
    });
  }

  #show(view: UpdateView): void {
    if (this.#disposed || JSON.stringify(view) === JSON.stringify(this.#view)) return;
    this.#view = view;
    for (const listener of [...this.#listeners]) listener();
  }
}
