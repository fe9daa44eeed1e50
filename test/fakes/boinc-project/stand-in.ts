import { isIPv6 } from 'node:net';
import type { Disposable } from '../../../electron/base/disposal.ts';
import { passwordHashOf, type StandInHost, type StandInUser } from './accounts.ts';
import type { Authority } from './certificates.ts';
import { download, upload } from './files.ts';
import { type Addresses, basePath, downloadPath, Project, schedulerPath, uploadPath } from './project.ts';
import { schedule } from './scheduler.ts';
import type { StandInTask, TaskOptions } from './tasks.ts';
import { Waiters } from './waiters.ts';
import { configPage, createPage, infoPage, lookupPage, masterPage } from './web-pages.ts';
import {
  type Pages,
  type RequestRecord,
  type Trouble,
  type WebAnswer,
  type WebRequest,
  WebServer,
} from './web-server.ts';

/** A name or an address, and a port. */
export interface Place {
  /** As clients know it. */
  readonly host: string;
  /** Address to listen on. Default: `host`, which is an address then. */
  readonly address?: string;
  /** Default: 80, or 443 with `tls`. */
  readonly port?: number;
}

export interface StandInOptions extends Place {
  /** HTTPS with a certificate of this authority. */
  readonly tls?: Authority;
  /** Where the upload handler is, when it is not at the project's own place. */
  readonly upload?: Place;
  /** Where files are downloaded, when it is not at the project's own place. */
  readonly download?: Place;
  /** One more place that has all files; tasks name it by `inputFrom`. */
  readonly mirror?: Place;
  /** Default: `Stand-in`. */
  readonly name?: string;
  /** Terms of use. */
  readonly terms?: string;
}

export type PageName =
  | 'master'
  | 'config'
  | 'lookup'
  | 'create'
  | 'info'
  | 'scheduler'
  | 'download'
  | 'upload';

const webPages: Readonly<Record<string, PageName>> = {
  [`${basePath}/`]: 'master',
  [`${basePath}/get_project_config.php`]: 'config',
  [`${basePath}/lookup_account.php`]: 'lookup',
  [`${basePath}/create_account.php`]: 'create',
  [`${basePath}/am_get_info.php`]: 'info',
  [schedulerPath]: 'scheduler',
};

/**
 * A stand-in for the server of a BOINC project: real pages, a real scheduler protocol, real signatures and a real
 * application, over a handful of tasks in memory. It is written after BOINC's documented formats and knows of nothing that the
 * stock client does not need.
 */
export class StandIn implements Disposable {
  /** Its settings and its accounts; tests may change them at any time. */
  readonly project: Project;
  /** All that was asked, in order. */
  readonly requests: RequestRecord[] = [];
  readonly #servers: WebServer[];
  readonly #troubles = new Map<string, Trouble>();
  readonly #waiters = new Waiters();

  constructor(o: StandInOptions) {
    const scheme = o.tls ? 'https' : 'http';
    const origin = (place: Place): string => originOf(scheme, place);
    const addresses: Addresses = {
      web: origin(o),
      upload: origin(o.upload ?? o),
      download: origin(o.download ?? o),
    };
    this.project = new Project({ addresses, name: o.name ?? 'Stand-in', terms: o.terms ?? null });
    const server = (place: Place, nameOf: Pages['nameOf']): WebServer =>
      new WebServer(
        {
          address: place.address ?? place.host,
          port: place.port ?? (o.tls ? 443 : 80),
          tls: o.tls?.issue(place.host),
        },
        this.#pages(nameOf),
      );
    const isUpload = (path: string): PageName | undefined => (path === uploadPath ? 'upload' : undefined);
    const isDownload = (path: string): PageName | undefined =>
      path.startsWith(downloadPath) ? 'download' : undefined;
    const isWeb = (path: string): PageName | undefined =>
      (Object.hasOwn(webPages, path) ? webPages[path] : undefined) ??
      (o.upload ? undefined : isUpload(path)) ??
      (o.download ? undefined : isDownload(path));
    this.#servers = [
      server(o, isWeb),
      ...(o.upload ? [server(o.upload, isUpload)] : []),
      ...(o.download ? [server(o.download, isDownload)] : []),
      ...(o.mirror ? [server(o.mirror, isDownload)] : []),
    ];
  }

  /** Listens. Rejects when an address cannot be had. */
  async open(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.open()));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.dispose()));
  }

  get masterUrl(): string {
    return this.project.masterUrl;
  }

  /** Makes an account, as a person would on the project's own page. */
  account(email: string, password: string, name = 'Volunteer'): StandInUser {
    return this.project.accounts.create(email, passwordHashOf(email, password), name);
  }

  /** Adds a task for the next client that asks for work. */
  addTask(options: TaskOptions = {}): StandInTask {
    return this.project.addTask(options);
  }

  /** Lets tasks end that compute `untilTold`. */
  tell(...tasks: readonly StandInTask[]): void {
    for (const task of tasks) task.told = true;
  }

  /** Changes a computer's credit and its user's; they see it at their next contact. */
  correctCredit(host: StandInHost, by: number): void {
    this.project.accounts.grant(host, by);
  }

  /** Makes a page go wrong until it is called with null. */
  trouble(page: PageName, trouble: Trouble | null): void {
    if (trouble === null) this.#troubles.delete(page);
    else this.#troubles.set(page, trouble);
  }

  /** Refuses all connections, as a computer does on which nothing listens; those that are there end. */
  async goDown(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  async comeUp(): Promise<void> {
    await this.open();
  }

  /** How often a page was asked for. */
  count(page: PageName | 'missing'): number {
    return this.requests.filter((request) => request.page === page).length;
  }

  /** Resolves as soon as `check` is true; looked at after every answer. */
  until(check: () => boolean): Promise<void> {
    return this.#waiters.until(check);
  }

  /** Resolves with the next request of a page that comes in from now on, before it is answered. */
  async asked(page: PageName): Promise<RequestRecord> {
    const before = this.requests.length;
    const next = (): RequestRecord | undefined =>
      this.requests.slice(before).find((request) => request.page === page);
    await this.#waiters.until(() => next() !== undefined);
    return next() as RequestRecord;
  }

  #pages(nameOf: Pages['nameOf']): Pages {
    return {
      nameOf,
      answer: (page, request) => this.#answer(page as PageName, request),
      trouble: (page) => this.#troubles.get(page),
      onRequest: (record) => {
        this.requests.push(record);
        this.#waiters.look();
      },
      onAnswered: () => {
        this.#waiters.look();
      },
    };
  }

  #answer(page: PageName, request: WebRequest): WebAnswer {
    switch (page) {
      case 'master':
        return masterPage(this.project);
      case 'config':
        return configPage(this.project);
      case 'lookup':
        return lookupPage(this.project, request);
      case 'create':
        return createPage(this.project, request);
      case 'info':
        return infoPage(this.project, request);
      case 'scheduler':
        return { body: schedule(this.project, request.body.toString('latin1')) };
      case 'download':
        return download(this.project, request);
      case 'upload':
        return upload(this.project, request);
    }
  }
}

/** A stand-in that listens. */
export async function startStandIn(o: StandInOptions): Promise<StandIn> {
  const standIn = new StandIn(o);
  await standIn.open();
  return standIn;
}

/** A URL's beginning: the port only where it is not the scheme's own. */
export function originOf(scheme: 'http' | 'https', { host, port }: Place): string {
  const usual = scheme === 'https' ? 443 : 80;
  const name = isIPv6(host) ? `[${host}]` : host;
  return `${scheme}://${name}${port === undefined || port === usual ? '' : `:${port}`}`;
}
