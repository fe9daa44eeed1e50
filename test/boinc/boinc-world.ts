import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../electron/base/disposal.ts';
import type {
  Account,
  GridDetail,
  GridView,
  LedgerEntry,
  SettingsLayer,
  Snapshot,
} from '../../electron/contract/index.ts';
import type { Host, HostOptions } from '../../electron/host.ts';
import { type StandIn, type StandInOptions, startStandIn } from '../fakes/boinc-project/stand-in.ts';
import { FakeDnsServer } from '../fakes/dns-server.ts';
import { undisturbed, writeSettings } from '../fixtures/undisturbed.ts';
import { temporaryDir } from '../vm/harness.ts';
import { hostIn, sees } from '../vm/host-world.ts';

/** What the tests' name server answers. All of them are in a public range that this network answers for itself. */
export const addresses = {
  'project.example': '45.33.1.1',
  'upload.example': '45.33.1.2',
  'data.example': '45.33.1.3',
  'second.example': '45.33.1.4',
  'manager.example': '45.33.1.5',
} as const;
export type StandInName = keyof typeof addresses;

/** A place of a stand-in under one of the names. */
export const placeOf = (name: StandInName, port?: number) => ({
  host: name,
  address: addresses[name],
  ...(port === undefined ? {} : { port }),
});

export interface BoincWorldOptions {
  /** On top of settings with which nothing disturbs work. */
  readonly settings?: SettingsLayer;
  readonly host?: Partial<HostOptions>;
}

/** The real host with its real VMs, gateways and clients, in the tests' own network; nobody is at the computer. */
export class BoincWorld implements Disposable {
  readonly names: FakeDnsServer;
  readonly folder = temporaryDir();
  readonly #options: Partial<HostOptions>;
  readonly #standIns: Disposable[] = [];
  #host: Host | undefined;

  private constructor(names: FakeDnsServer, options: Partial<HostOptions>) {
    this.names = names;
    this.#options = options;
    for (const [name, address] of Object.entries(addresses)) names.set(name, [address]);
  }

  static async start(o: BoincWorldOptions = {}): Promise<BoincWorld> {
    const world = new BoincWorld(await FakeDnsServer.start(), o.host ?? {});
    writeSettings(world.folder.dir, { ...undisturbed, ...o.settings });
    await world.startHost();
    return world;
  }

  get host(): Host {
    if (!this.#host) throw new Error('The host does not run.');
    return this.#host;
  }

  async startHost(): Promise<void> {
    const host = await hostIn(this.folder.dir, this.#options);
    this.#host = host;
    await host.start();
  }

  /**
   * Resolves as soon as `check` is true; looked at after every answer of a stand-in. Rejects when the host needs a
   * person's attention: then it never comes.
   */
  async until(standIn: Pick<StandIn, 'until'>, check: () => boolean): Promise<void> {
    const stop = new AbortController();
    try {
      await Promise.race([standIn.until(check), troubled(this.host, stop.signal)]);
    } finally {
      stop.abort();
    }
  }

  /** As a person who ends the program, or shuts the computer down. */
  async stopHost(o: { readonly save?: boolean } = {}): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    await host?.stop(o);
  }

  /** A stand-in that ends with this world. */
  async standIn(o: Partial<StandInOptions> = {}): Promise<StandIn> {
    const standIn = await startStandIn({ ...placeOf('project.example'), ...o });
    this.own(standIn);
    // Credit is told at the contact after the one that reports a task.
    standIn.project.nextContactSeconds = 3;
    return standIn;
  }

  /** Files of the host that are called after one of these names, or hold one of these secrets. */
  tracesOf(names: readonly string[], secrets: readonly string[]): string[] {
    const { dir } = this.folder;
    return readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(dir, file)).isFile())
      .filter((file) => {
        const content = readFileSync(join(dir, file));
        return (
          names.some((name) => file.includes(name)) || secrets.some((secret) => content.includes(secret))
        );
      });
  }

  own(one: Disposable): void {
    this.#standIns.push(one);
  }

  /** What happened lately, for whoever has to find out why a test failed. */
  async story(standIn: StandIn): Promise<string> {
    const asked = standIn.requests
      .slice(-20)
      .map(({ at, method, host, path, status }) => `${timeOf(at)} ${method} ${host}${path} ${status}`);
    const grids = await this.host.call('grids.list', {});
    const told = await Promise.all(
      grids.map(async ({ id }) => {
        const { messages, ...detail } = await this.host.call('grids.show', { id });
        const words = messages.slice(-40).map(({ at, text }) => `${timeOf(at)} ${text}`);
        return [JSON.stringify(detail, null, 1), ...words].join('\n');
      }),
    );
    return ['The stand-in was asked:', ...asked, ...told].join('\n');
  }

  async dispose(): Promise<void> {
    await this.stopHost();
    for (const one of this.#standIns) await one.dispose();
    await this.names.dispose();
    this.folder.remove();
  }
}

const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** Looks the project up, agrees to what it names, and joins. */
export async function joinProject(host: Host, url: string, account: Account): Promise<GridView> {
  const offer = await host.call('grids.lookup', { url, allowPrivate: false });
  const contacts = offer.contacts.map(({ host: name, port }) => ({ host: name, port }));
  return host.call('grids.join', { url: offer.url, account, contacts, allowPrivate: false, share: 100 });
}

/** Resolves with the first view of a grid that `wanted` says yes to. */
export async function seesGrid(
  host: Host,
  id: string,
  wanted: (view: GridView, snapshot: Snapshot) => boolean,
): Promise<GridView> {
  const of = ({ grids }: Snapshot): GridView | undefined => grids.find((grid) => grid.id === id);
  const snapshot = await sees(host, (one) => {
    const view = of(one);
    return view !== undefined && wanted(view, one);
  });
  return of(snapshot) as GridView;
}

/** Resolves with the first detail of a grid that `wanted` says yes to; asked for with every change. */
export async function shows(
  host: Host,
  id: string,
  wanted: (detail: GridDetail) => boolean,
): Promise<GridDetail> {
  for (;;) {
    const next = changes(host);
    const detail = await host.call('grids.show', { id });
    if (wanted(detail)) {
      next.stop();
      return detail;
    }
    await next.happened;
  }
}

/** The second Snapshot from now: the first is the one that is. */
function changes(host: Host): { happened: Promise<void>; stop: () => void } {
  let stop: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => {
    let seen = 0;
    const end = host.subscribe(() => {
      seen += 1;
      if (seen === 2) {
        stop();
        resolve();
      }
    });
    stop = end;
  });
  return { happened, stop };
}

/** Rejects with the first trouble that a person should see to. */
function troubled(host: Host, until: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = host.subscribe(({ snapshot }) => {
      const { contribution, grids } = snapshot;
      const grid = grids.find(({ state }) => state === 'attention');
      if (contribution.state !== 'attention' && !grid) return;
      reject(new Error(`The host needs attention: ${grid?.sentence ?? contribution.sentence}`));
    });
    until.addEventListener('abort', stop);
  });
}

/** What the ledger has of one grid, the oldest first. */
export async function entriesOf(host: Host, grid: string): Promise<LedgerEntry[]> {
  const entries = await host.call('ledger.list', { limit: 1000 });
  return entries.filter(({ body }) => body.grid === grid).reverse();
}
