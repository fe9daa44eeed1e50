import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Contact,
  type Denial,
  type NetworkReport,
  type Settings,
  toFailure,
} from '../contract/index.ts';
import type { GatewayRules, Login, ProxyRule } from '../egress/gateway.ts';
import type { TrafficLog, TrafficRow } from '../egress/traffic-log.ts';
import type { Booking } from '../ledger/ledger.ts';

/** How long bytes wait before they are written down: each write is synced. In ms. */
const writeAfterMs = 10_000;
/** How often a quota that is used up is looked at again, in ms: a new day begins by the wall clock. */
const againMs = 10 * 60_000;
const dayMs = 86_400_000;
/** How many hosts of one grid are told apart. */
const hostsMax = 200;

export interface NetworkDeskOptions {
  readonly traffic: TrafficLog;
  readonly settings: () => Settings;
  /** What the system knows to say to its proxy, where nobody has said anything else. */
  readonly systemLogin: Login | null;
  /** Whether the network is billed by volume; null: unknown. */
  readonly metered: () => boolean | null;
  readonly book: (booking: Booking) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** What {@link NetworkDesk.rules} answers may be different, or there is something new to see. */
  readonly onChange: () => void;
}

interface Counted {
  readonly since: number;
  readonly hosts: Map<string, { sent: number; received: number }>;
  denied: number;
}

/** The rules of all gateways, and the record of what they let through and did not. */
export class NetworkDesk implements Disposable {
  readonly #o: NetworkDeskOptions;
  /** Not written down yet. */
  readonly #pending = new Map<string, Map<string, { sent: number; received: number }>>();
  /** Not booked yet. */
  readonly #unbooked = new Map<string, Counted>();
  readonly #open = new Set<string>();
  #login: Login | null = null;
  #disposed = false;
  #cancelWrite: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  /** The day that the totals are of. */
  #day: string;
  #totals: { today: number; month: number };
  #denials: readonly Denial[];

  constructor(o: NetworkDeskOptions) {
    this.#o = o;
    this.#totals = o.traffic.totals();
    this.#day = new Date(o.clock.now()).toDateString();
    this.#denials = this.#latest();
  }

  /** For the proxy. */
  set login(login: Login | null) {
    this.#login = login;
    this.#o.onChange();
  }

  /** A gateway of this grid is open, or no more: rates are divided among them. */
  isOpen(grid: string, open: boolean): void {
    if (open) this.#open.add(grid);
    else {
      this.#open.delete(grid);
      this.book(grid);
    }
    this.#o.onChange();
  }

  /** @param asked a person waits for it: what is metered may be used */
  rules(contacts: readonly Contact[], asked = false): GatewayRules {
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
    for (const { host: named, sent, received } of rows) {
      this.#totals.today += sent + received;
      this.#totals.month += sent + received;
      for (const hosts of [this.#pendingOf(grid), this.#unbookedOf(grid).hosts]) {
        // A wildcard can name any number of hosts.
        const host = hosts.has(named) || hosts.size < hostsMax ? named : 'others';
        const known = hosts.get(host) ?? { sent: 0, received: 0 };
        hosts.set(host, { sent: known.sent + sent, received: known.received + received });
      }
    }
    this.#cancelWrite ??= this.#o.clock.after(writeAfterMs, () => {
      this.#write();
    });
    const values = this.#o.settings();
    if (values['network.quotaDayBytes'] !== null || values['network.quotaMonthBytes'] !== null)
      this.#o.onChange();
  }

  deny(grid: string, denial: Omit<Denial, 'grid' | 'firstAt' | 'lastAt'>): void {
    this.#unbookedOf(grid).denied += denial.count;
    this.#safely(() => {
      this.#o.traffic.deny({ grid, ...denial });
    });
    this.#denials = this.#latest();
    this.#o.onChange();
  }

  forgive(grid: string, host: string, port: number): void {
    this.#o.traffic.forgive(grid, host, port);
    this.#denials = this.#latest();
  }

  forget(grid: string): void {
    this.#o.traffic.forget(grid);
    this.#denials = this.#latest();
  }

  /** Of the last day, the newest first. */
  recentDenials(): Denial[] {
    return [...this.#denials];
  }

  of(grid: string): Pick<NetworkReport, 'hosts' | 'denials'> {
    this.#write();
    return { hosts: this.#o.traffic.hosts(200, grid), denials: this.#o.traffic.denials(100, { grid }) };
  }

  /** Bytes by host of one grid that are not booked yet; whoever takes them books them. */
  take(grid: string): { host: string; sent: number; received: number }[] {
    const counted = this.#unbooked.get(grid);
    const hosts = [...(counted?.hosts ?? [])].map(([host, bytes]) => ({ host, ...bytes }));
    counted?.hosts.clear();
    return hosts;
  }

  /** Whether anything may pass now. */
  get isClosed(): boolean {
    return this.#closed(false) !== null;
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
    const counted = this.#unbooked.get(grid);
    this.#unbooked.delete(grid);
    this.#write();
    if (!counted || (counted.hosts.size === 0 && counted.denied === 0)) return;
    const hosts = [...counted.hosts].map(([host, bytes]) => ({ host, ...bytes }));
    this.#safely(() => {
      this.#o.book({
        kind: 'network',
        grid,
        job: `network:${counted.since}`,
        attempt: 1,
        startedAt: counted.since,
        endedAt: this.#o.clock.now(),
        hosts,
        denied: counted.denied,
        credit: null,
      });
    });
  }

  dispose(): void {
    for (const grid of [...this.#unbooked.keys()]) this.book(grid);
    this.#write();
    this.#cancelLook?.();
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
      return {
        reason: 'quota-month',
        sentence: 'This month’s network quota is used up; it begins anew with the next month.',
      };
    }
    if (day !== null && this.#totals.today >= day) {
      this.#lookAgain();
      return { reason: 'quota-day', sentence: 'Today’s network quota is used up; it begins anew tomorrow.' };
    }
    if (!asked && this.#o.metered() === true && !values['network.metered']) {
      return {
        reason: 'metered',
        sentence: 'This network is billed by volume, and the settings keep grids off such networks.',
      };
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
    const login = this.#login ?? (setting === 'system' ? this.#o.systemLogin : null);
    if (setting === 'none') return { kind: 'none' };
    if (setting === 'system') return { kind: 'ask', login };
    return setting.startsWith('pac+')
      ? { kind: 'pac', url: setting.slice('pac+'.length), login }
      : { kind: 'fixed', url: setting, login };
  }

  #pendingOf(grid: string): Map<string, { sent: number; received: number }> {
    let hosts = this.#pending.get(grid);
    if (!hosts) {
      hosts = new Map();
      this.#pending.set(grid, hosts);
    }
    return hosts;
  }

  #unbookedOf(grid: string): Counted {
    let counted = this.#unbooked.get(grid);
    if (!counted) {
      counted = { since: this.#o.clock.now(), hosts: new Map(), denied: 0 };
      this.#unbooked.set(grid, counted);
    }
    return counted;
  }

  #write(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    this.#safely(() => {
      for (const [grid, hosts] of this.#pending) {
        this.#o.traffic.add(
          grid,
          [...hosts].map(([host, bytes]) => ({ host, ...bytes })),
        );
        this.#pending.delete(grid);
      }
      this.#totals = this.#o.traffic.totals();
      this.#day = new Date(this.#o.clock.now()).toDateString();
    });
  }

  #latest(): readonly Denial[] {
    return this.#o.traffic.denials(5, { since: this.#o.clock.now() - dayMs });
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
