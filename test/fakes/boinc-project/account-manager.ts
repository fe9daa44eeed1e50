import type { Disposable } from '../../../electron/base/disposal.ts';
import { makeBoincSigner } from '../boinc-signing.ts';
import { passwordHashOf } from './accounts.ts';
import type { Authority } from './certificates.ts';
import { originOf, type Place } from './stand-in.ts';
import { Waiters } from './waiters.ts';
import {
  type RequestRecord,
  type Trouble,
  type WebAnswer,
  type WebRequest,
  WebServer,
} from './web-server.ts';
import { contents, elements, field } from './xml.ts';

export interface AccountManagerOptions extends Place {
  /** HTTPS with a certificate of this authority. */
  readonly tls?: Authority;
  /** Default: `Stand-in manager`. */
  readonly name?: string;
}

/** One project that the manager names, for everybody. */
export interface NamedProject {
  /** Its master URL. */
  readonly url: string;
  /** The key that is to be used there. */
  readonly key: string;
  readonly share?: number;
  readonly suspend?: boolean;
  readonly noNewWork?: boolean;
  readonly detach?: boolean;
  readonly detachWhenDone?: boolean;
  /** Its signature is over another address: nobody may believe it. */
  readonly badSignature?: boolean;
}

/** What one request told the manager. */
export interface ManagerRequest {
  readonly name: string;
  readonly hostCpid: string;
  readonly opaque: string;
  readonly projects: readonly { readonly url: string; readonly suspended: boolean }[];
  /** The whole of it, for tests that look for what must not be there. */
  readonly text: string;
}

export type ManagerPage = 'config' | 'rpc';

const pages: Readonly<Record<string, ManagerPage>> = {
  '/manager/get_project_config.php': 'config',
  '/manager/rpc.php': 'rpc',
};
const unknownUser = -136;
const badPassword = -206;

/**
 * A stand-in for an account manager, after the documented protocol: it names projects to whoever signs in,
 * with signed addresses. Tests change `projects` at any time.
 */
export class AccountManagerStandIn implements Disposable {
  readonly url: string;
  projects: readonly NamedProject[] = [];
  /** The time until the next request that it asks for, in seconds. */
  repeatSeconds = 3600;
  /** Everybody is refused with these words; null: nobody. */
  refusal: string | null = null;
  /** Signs with another key than it did before. */
  changedKey = false;
  /** What it was told, in order. */
  readonly told: ManagerRequest[] = [];
  readonly requests: RequestRecord[] = [];
  readonly #name: string;
  readonly #server: WebServer;
  readonly #signer = makeBoincSigner();
  readonly #otherSigner = makeBoincSigner();
  readonly #passwords = new Map<string, string>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #waiters = new Waiters();

  constructor(o: AccountManagerOptions) {
    this.#name = o.name ?? 'Stand-in manager';
    this.url = `${originOf(o.tls ? 'https' : 'http', o)}/manager/`;
    this.#server = new WebServer(
      { address: o.address ?? o.host, port: o.port ?? (o.tls ? 443 : 80), tls: o.tls?.issue(o.host) },
      {
        nameOf: (path) => (Object.hasOwn(pages, path) ? pages[path] : undefined),
        answer: (page, request) => this.#answer(page as ManagerPage, request),
        trouble: (page) => this.#troubles.get(page),
        onRequest: (record) => {
          this.requests.push(record);
        },
        onAnswered: () => {
          this.#waiters.look();
        },
      },
    );
  }

  /** Listens. Rejects when the address cannot be had. */
  async open(): Promise<void> {
    await this.#server.open();
  }

  /** Refuses all connections until it is opened again. */
  async goDown(): Promise<void> {
    await this.#server.close();
  }

  async dispose(): Promise<void> {
    await this.#server.dispose();
  }

  /** Makes an account. */
  account(name: string, password: string): void {
    this.#passwords.set(name, passwordHashOf(name, password));
  }

  /** Makes a page go wrong until it is called with null. */
  trouble(page: ManagerPage, trouble: Trouble | null): void {
    if (trouble === null) this.#troubles.delete(page);
    else this.#troubles.set(page, trouble);
  }

  /** Resolves as soon as `check` is true; looked at after every answer. */
  until(check: () => boolean): Promise<void> {
    return this.#waiters.until(check);
  }

  #answer(page: ManagerPage, request: WebRequest): WebAnswer {
    if (page === 'rpc') return { body: this.#reply(request.body.toString('utf8')) };
    const config = elements({ name: this.#name, account_manager: true, min_passwd_length: 6 });
    const body = `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<project_config>\n${config}</project_config>\n`;
    return { body };
  }

  #reply(text: string): string {
    const name = field(text, 'name');
    this.told.push({
      name,
      hostCpid: field(text, 'host_cpid'),
      opaque: field(text, 'opaque'),
      projects: contents(text, 'project').map((project) => ({
        url: field(project, 'url'),
        suspended: field(project, 'suspended_via_gui') === '1',
      })),
      text,
    });
    const password = this.#passwords.get(name);
    if (this.refusal !== null) return refuse(-1, this.refusal);
    if (password === undefined) return refuse(unknownUser, 'There is no such account.');
    if (password !== field(text, 'password_hash')) return refuse(badPassword, 'The password is wrong.');
    const signer = this.changedKey ? this.#otherSigner : this.#signer;
    const accounts = this.projects.map((project) => {
      const signed = project.badSignature === true ? `${project.url}else/` : project.url;
      return `<account>\n${elements({
        url: project.url,
        authenticator: project.key,
        resource_share: project.share,
        suspend: project.suspend === undefined ? undefined : Number(project.suspend),
        dont_request_more_work: project.noNewWork === undefined ? undefined : Number(project.noNewWork),
        detach: project.detach,
        detach_when_done: project.detachWhenDone === undefined ? undefined : Number(project.detachWhenDone),
      })}<url_signature>\n${signer.signText(signed)}</url_signature>\n</account>\n`;
    });
    return [
      '<?xml version="1.0" encoding="UTF-8" ?>\n<acct_mgr_reply>\n',
      elements({ name: this.#name, user_name: name, repeat_sec: this.repeatSeconds }),
      `<signing_key>\n${signer.publicKey}</signing_key>\n`,
      `<opaque>\n${elements({ seen: this.told.length })}</opaque>\n`,
      ...accounts,
      '</acct_mgr_reply>\n',
    ].join('');
  }
}

function refuse(number: number, words: string): string {
  return `<acct_mgr_reply>\n${elements({ error_num: number, error_msg: words })}</acct_mgr_reply>\n`;
}

/** A stand-in that listens. */
export async function startAccountManager(o: AccountManagerOptions): Promise<AccountManagerStandIn> {
  const manager = new AccountManagerStandIn(o);
  await manager.open();
  return manager;
}
