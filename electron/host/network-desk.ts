import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Contact,
  type Denial,
  type Failure,
  type NetworkReport,
  type Settings,
  toFailure,
} from '../contract/index.ts';
import type { GatewayRules, ProxyRule } from '../egress/gateway.ts';
import type { ClosedReason, Login } from '../egress/messages.ts';
import { proxyOfUrl, proxyUrlOf } from '../egress/proxy-answer.ts';
import { hostsMax, keptDenials, others, type TrafficLog, type TrafficRow } from '../egress/traffic-log.ts';
import type { Booking } from '../ledger/ledger.ts';

/** How long bytes wait before they are written down: each write is synced. In ms. */
const writeAfterMs = 10_000;
/** How often a quota that is used up is looked at again, in ms: a new day begins by the wall clock. */
const againMs = 10 * 60_000;
const bookAfterMs = 3_600_000;
const dayMs = 86_400_000;
const shownDenials = 5;

/** Why nothing at all may pass. */
export const closedWords: Readonly<Record<ClosedReason, string>> = {
  'quota-month': 'This month’s network quota is used up; it begins anew with the next month.',
  'quota-day': 'Today’s network quota is used up; it begins anew tomorrow.',
  metered: 'This network is billed by volume, and the settings keep grids off such networks.',
};

const closedFor = (reason: ClosedReason): GatewayRules['closed'] => ({
  reason,
  sentence: closedWords[reason],
});

export interface NetworkDeskOptions {
  readonly traffic: TrafficLog;
  readonly settings: () => Settings;
  /** What the system knows to say to its proxies, where nobody has said anything else. */
  readonly systemLogins: readonly Login[];
  /** Whether the network is billed by volume; null: unknown. */
  readonly metered: () => boolean | null;
  readonly book: (booking: Booking) => void;
  readonly transaction: (work: () => void) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** What {@link NetworkDesk.rules} answers may be different, or there is something new to see. */
  readonly onChange: () => void;
}

interface Counted {
  readonly hosts: Map<string, { sent: number; received: number }>;
  denied: number;
}

/** The rules of all gateways, and the record of what they let through and did not. */
export class NetworkDesk implements Disposable {
  readonly #o: NetworkDeskOptions;
  /** Not written down yet: each write is synced, and a guest can cause many. */
  readonly #pending = new Map<string, Counted>();
  readonly #pendingDenials = new Map<string, Denial>();
  readonly #open = new Set<string>();
  #login: Login | null = null;
  /** The proxy that asked last, and the setting that led to it. */
  #challenge: { readonly proxy: string; readonly setting: string } | undefined;
  #disposed = false;
  #cancelWrite: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelBooking: (() => void) | undefined;
  #totals: { today: number; month: number };
  /** The day that the totals are of. */
  #day: string;
  #denials: readonly Denial[];

  constructor(o: NetworkDeskOptions) {
    this.#o = o;
    this.#totals = o.traffic.totals();
    this.#day = new Date(o.clock.now()).toDateString();
    this.#denials = this.#latest();
  }

  /** Books what a host that died had not. */
  recover(): void {
    this.#bookAll(() => true);
  }

  /** What the person wants said to one proxy. */
  set login(login: Login | null) {
    this.#login = login;
    this.#o.onChange();
  }

  /** A proxy wants a name and a password. */
  challenge(proxy: string): void {
    this.#challenge = { proxy, setting: this.#o.settings()['network.proxy'] };
  }

  /** The proxy that a name and a password are for which a person gives now; null: none is known to want any. */
  get proxyInForce(): string | null {
    const setting = this.#o.settings()['network.proxy'];
    const fixed = proxyOfUrl(setting);
    if (fixed) return proxyUrlOf(fixed);
    return this.#challenge?.setting === setting ? this.#challenge.proxy : null;
  }

  /**
   * A gateway of this grid is open, or no more: rates are divided among them.
   * @param books whether what one that closes has moved gets an entry of its own; else that of an attempt takes it
   */
  isOpen(grid: string, open: boolean, books = true): void {
    if (open) this.#open.add(grid);
    else {
      this.#open.delete(grid);
      if (books) this.book(grid);
    }
    this.#o.onChange();
  }

  /**
   * All but a gateway's own forwards.
   * @param asked a person waits for it: what is metered may be used
   */
  rules(contacts: readonly Contact[], asked = false): Omit<GatewayRules, 'forwards'> {
    const values = this.#o.settings();
    const part = Math.max(1, this.#open.size);
    const rate = (bytes: number | null): number | null => (bytes === null ? null : Math.ceil(bytes / part));
    return {
      contacts,
      closed: this.#closed(asked),
      downBytesPerSecond: rate(values['network.downBytesPerSecond']),
      upBytesPerSecond: rate(values['network.upBytesPerSecond']),
      proxy: this.#proxy(values['network.proxy']),
      authorities: values['network.authorities'],
    };
  }

  count(grid: string, rows: readonly TrafficRow[]): void {
    const { hosts } = this.#pendingOf(grid);
    for (const { host: named, sent, received } of rows) {
      this.#totals.today += sent + received;
      this.#totals.month += sent + received;
      // A wildcard can name any number of hosts, of which the gateway names some and the rest ''.
      const isTold = named !== '' && (hosts.has(named) || hosts.size < hostsMax);
      const host = isTold ? named : others;
      const known = hosts.get(host) ?? { sent: 0, received: 0 };
      hosts.set(host, { sent: known.sent + sent, received: known.received + received });
    }
    this.#writeSoon();
    const values = this.#o.settings();
    if (values['network.quotaDayBytes'] !== null || values['network.quotaMonthBytes'] !== null)
      this.#o.onChange();
  }

  deny(grid: string, denial: Omit<Denial, 'grid' | 'firstAt' | 'lastAt'>): void {
    this.#pendingOf(grid).denied += denial.count;
    // A job's document says what it may reach, and nobody else.
    const allowable = denial.allowable && grid !== 'local';
    const now = this.#o.clock.now();
    const key = keyOf({ grid, ...denial });
    const known = this.#pendingDenials.get(key);
    // No more than are ever remembered, however long a full disk takes none; the one that waits longest goes.
    const [oldest] = this.#pendingDenials.keys();
    if (!known && this.#pendingDenials.size >= keptDenials && oldest !== undefined)
      this.#pendingDenials.delete(oldest);
    this.#pendingDenials.set(key, {
      ...denial,
      grid,
      allowable,
      count: denial.count + (known?.count ?? 0),
      firstAt: known?.firstAt ?? now,
      lastAt: now,
    });
    this.#writeSoon();
    this.#o.onChange();
  }

  forgive(grid: string, host: string, port: number): void {
    this.#write();
    this.#o.traffic.forgive(grid, host, port);
    this.#denials = this.#latest();
  }

  forget(grid: string): void {
    this.#write();
    this.#o.traffic.forget(grid);
    this.#denials = this.#latest();
  }

  /** Of the last day, the newest first. */
  recentDenials(): Denial[] {
    const written = this.#denials.map((denial) => [keyOf(denial), denial] as const);
    const all = new Map<string, Denial>(written);
    for (const [key, fresh] of this.#pendingDenials) {
      const known = all.get(key);
      all.set(key, known ? { ...fresh, count: known.count + fresh.count, firstAt: known.firstAt } : fresh);
    }
    return [...all.values()].sort((a, b) => b.lastAt - a.lastAt).slice(0, shownDenials);
  }

  of(grid: string): Pick<NetworkReport, 'hosts' | 'denials'> {
    this.#write();
    return { hosts: this.#o.traffic.hosts(200, grid), denials: this.#o.traffic.denials(100, { grid }) };
  }

  /**
   * Bytes by host of one grid that are written down and not booked yet; to be called in the transaction that books
   * them, with {@link settle} before it.
   */
  take(grid: string): TrafficRow[] {
    return this.#o.traffic.take(grid)?.hosts ?? [];
  }

  /** Writes down what was counted so far; outside of any transaction, whose end would not be its own. */
  settle(): void {
    this.#write();
  }

  /** Whether nothing may pass now. */
  get isClosed(): boolean {
    return this.closed !== null;
  }

  /** Why nothing may pass now, as `network-metered` or `network-quota`; null: it may. */
  get closed(): Failure | null {
    const closed = this.#closed(false);
    if (closed === null) return null;
    const code = closed.reason === 'metered' ? 'network-metered' : 'network-quota';
    return { code, sentence: closed.sentence };
  }

  report(): NetworkReport {
    this.#write();
    const values = this.#o.settings();
    const { kind, ...proxy } = this.#proxy(values['network.proxy']);
    return {
      todayBytes: this.#totals.today,
      monthBytes: this.#totals.month,
      quotaDayBytes: values['network.quotaDayBytes'],
      quotaMonthBytes: values['network.quotaMonthBytes'],
      metered: this.#o.metered(),
      proxy: kind === 'none' ? null : 'url' in proxy ? proxy.url : 'system',
      hosts: this.#o.traffic.hosts(200),
      denials: this.#o.traffic.denials(100),
    };
  }

  /** Writes an entry about what this grid has moved since the last one, if it moved or tried anything. */
  book(grid: string): void {
    this.#write();
    this.#safely(() => {
      this.#o.transaction(() => {
        const taken = this.#o.traffic.take(grid);
        if (!taken) return;
        this.#o.book({
          kind: 'network',
          grid,
          job: `network:${taken.since}`,
          attempt: 1,
          startedAt: taken.since,
          endedAt: this.#o.clock.now(),
          hosts: taken.hosts,
          denied: taken.denied,
          credit: null,
        });
      });
    });
  }

  dispose(): void {
    this.#write();
    this.recover();
    this.#cancelLook?.();
    this.#cancelBooking?.();
    this.#cancelWrite?.();
    this.#disposed = true;
  }

  #closed(asked: boolean): GatewayRules['closed'] {
    const values = this.#o.settings();
    // A new day, or a new month.
    if (new Date(this.#o.clock.now()).toDateString() !== this.#day) this.#write();
    const day = values['network.quotaDayBytes'];
    const month = values['network.quotaMonthBytes'];
    if (month !== null && this.#totals.month >= month) {
      this.#lookAgain();
      return closedFor('quota-month');
    }
    if (day !== null && this.#totals.today >= day) {
      this.#lookAgain();
      return closedFor('quota-day');
    }
    if (!asked && this.#o.metered() === true && !values['network.metered']) {
      return closedFor('metered');
    }
    return null;
  }

  #lookAgain(): void {
    if (this.#disposed) return;
    this.#cancelLook ??= this.#o.clock.after(againMs, () => {
      this.#cancelLook = undefined;
      this.#o.onChange();
    });
  }

  #proxy(setting: Settings['network.proxy']): ProxyRule {
    const logins = this.#login ? [this.#login] : [];
    if (setting === 'none') return { kind: 'none' };
    if (setting === 'system') return { kind: 'ask', logins: [...logins, ...this.#o.systemLogins] };
    return setting.startsWith('pac+')
      ? { kind: 'pac', url: setting.slice('pac+'.length), logins }
      : { kind: 'fixed', url: setting, logins };
  }

  #pendingOf(grid: string): Counted {
    let counted = this.#pending.get(grid);
    if (!counted) {
      counted = { hosts: new Map(), denied: 0 };
      this.#pending.set(grid, counted);
    }
    return counted;
  }

  #writeSoon(): void {
    if (this.#disposed) return;
    this.#cancelWrite ??= this.#o.clock.after(writeAfterMs, () => {
      this.#write();
    });
  }

  #write(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    this.#safely(() => {
      const { traffic, transaction } = this.#o;
      transaction(() => {
        for (const [grid, { hosts, denied }] of this.#pending) {
          traffic.add(
            grid,
            [...hosts].map(([host, bytes]) => ({ host, ...bytes })),
            denied,
          );
        }
        for (const denial of this.#pendingDenials.values()) traffic.deny(denial);
      });
      if (this.#pending.size > 0) this.#bookSoon();
      this.#pending.clear();
      this.#pendingDenials.clear();
      this.#totals = traffic.totals();
      this.#day = new Date(this.#o.clock.now()).toDateString();
      this.#denials = this.#latest();
    });
  }

  /** A gateway may stay open for weeks: what passed is booked by the hour. */
  #bookSoon(): void {
    if (this.#disposed) return;
    this.#cancelBooking ??= this.#o.clock.after(bookAfterMs, () => {
      this.#cancelBooking = undefined;
      this.#bookAll((grid) => !ofAttempts(grid) || !this.#open.has(grid));
    });
  }

  #bookAll(which: (grid: string) => boolean): void {
    this.#safely(() => {
      for (const grid of this.#o.traffic.unbooked()) if (which(grid)) this.book(grid);
    });
  }

  #latest(): readonly Denial[] {
    return this.#o.traffic.denials(shownDenials, { since: this.#o.clock.now() - dayMs });
  }

  /** A full disk must not let more through, or stop anything: it is tried again with the next bytes. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#o.log.warn('network', `not written down: ${toFailure(error).sentence}`);
    }
  }
}

/** What the embedded grid's jobs move is booked with each attempt. */
function ofAttempts(grid: string): boolean {
  return grid === 'local';
}

function keyOf({ grid, host, port, reason }: Pick<Denial, 'grid' | 'host' | 'port' | 'reason'>): string {
  return `${grid} ${host} ${port} ${reason}`;
}
