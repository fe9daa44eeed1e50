import { z } from 'zod';
import type { Login } from '../egress/messages.ts';
import type { NetworkDesk } from './network-desk.ts';
import type { SealedFiles } from './sealed.ts';

const sealedName = 'proxy';
const Kept = z.object({ name: z.string(), password: z.string() });

/** The name and password for the proxy, kept enciphered. */
export class ProxyLogin {
  readonly #sealed: SealedFiles;
  readonly #network: NetworkDesk;

  constructor(sealed: SealedFiles, network: NetworkDesk) {
    this.#sealed = sealed;
    this.#network = network;
  }

  async recover(): Promise<void> {
    // One that cannot be read any more is asked for by the proxy itself.
    const text = await this.#sealed.get(sealedName).catch(() => null);
    if (text !== null) this.#network.login = Kept.parse(JSON.parse(text));
  }

  /** null forgets it. */
  async set(login: Login | null): Promise<void> {
    if (login) await this.#sealed.put(sealedName, JSON.stringify(login));
    else await this.#sealed.forget(sealedName);
    this.#network.login = login;
  }
}
