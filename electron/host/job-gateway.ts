import { type Contact, type JobDocument, parseHostPort } from '../contract/index.ts';
import type { GridGateway } from './grid-gateway.ts';

/** The way out of the jobs that declare one. */
export interface JobNetwork {
  readonly socketPath: string;
  /** Opens it for this job and no other, with what its document names; false when it names nothing. */
  open(id: string): Promise<boolean>;
  /** Closes it at the end of an attempt, whose entry takes what it has moved. */
  finish(): Promise<void>;
  /** Closes it when no attempt is left to book what it has moved. */
  close(): Promise<void>;
}

/** The gateway of the embedded grid as its jobs use it, one after the other. */
export class JobGateway implements JobNetwork {
  readonly #gateway: GridGateway;
  readonly #networkOf: (id: string) => JobDocument['network'];
  #contacts: readonly Contact[] = [];
  /** The job that it was opened for last. */
  #served: string | undefined;

  constructor(gateway: GridGateway, networkOf: (id: string) => JobDocument['network']) {
    this.#gateway = gateway;
    this.#networkOf = networkOf;
  }

  get socketPath(): string {
    return this.#gateway.socketPath;
  }

  /** Of the job that runs. */
  get contacts(): readonly Contact[] {
    return this.#contacts;
  }

  async open(id: string): Promise<boolean> {
    // The attempt before may be booked without its gateway having been closed.
    if (id !== this.#served) await this.close();
    this.#served = id;
    this.#contacts = contactsOf(this.#networkOf(id));
    if (this.#contacts.length === 0) return false;
    this.#gateway.follow();
    await this.#gateway.open();
    return true;
  }

  async finish(): Promise<void> {
    this.#contacts = [];
    await this.#gateway.finish();
  }

  async close(): Promise<void> {
    this.#contacts = [];
    await this.#gateway.dispose();
  }
}

function contactsOf(network: JobDocument['network']): Contact[] {
  if (network === 'none') return [];
  return network
    .map(parseHostPort)
    .filter((place) => place !== null)
    .map((place) => ({ ...place, source: 'person', private: false }));
}
