import { z } from 'zod';
import { GleanerError } from '../contract/index.ts';
import type { Login } from '../egress/messages.ts';
import { isProxyUrl } from '../egress/proxy-answer.ts';
import type { NetworkDesk } from './network-desk.ts';
import type { SealedFiles } from './sealed.ts';

const sealedName = 'proxy';
const Kept = z.object({ proxy: z.string().refine(isProxyUrl), name: z.string(), password: z.string() });

/** The name and password for one proxy, kept enciphered. No other proxy is ever told them. */
export class ProxyLogin {
  readonly #sealed: Pick<SealedFiles, 'get' | 'put' | 'forget'>;
  readonly #network: Pick<NetworkDesk, 'login' | 'proxyInForce'>;

  constructor(
    sealed: Pick<SealedFiles, 'get' | 'put' | 'forget'>,
    network: Pick<NetworkDesk, 'login' | 'proxyInForce'>,
  ) {
    this.#sealed = sealed;
    this.#network = network;
  }

  async recover(): Promise<void> {
    // One that cannot be read any more is asked for by the proxy itself.
    const text = await this.#sealed.get(sealedName).catch(() => null);
    if (text === null) return;
    const kept = Kept.safeParse(JSON.parse(text));
    if (kept.success) this.#network.login = kept.data;
  }

  /**
   * For the proxy that is set, or else the one that asked last; null forgets it.
   * Rejects `proxy-refused` when none is known to want any.
   */
  async set(login: Omit<Login, 'proxy'> | null): Promise<void> {
    if (login === null) {
      await this.#sealed.forget(sealedName);
      this.#network.login = null;
      return;
    }
    const proxy = this.#network.proxyInForce;
    if (proxy === null) {
      throw new GleanerError(
        'proxy-refused',
        'No proxy has asked for a name and a password yet.',
        'Set the proxy (network.proxy), or wait until a grid has tried to get through it.',
      );
    }
    const bound = { proxy, ...login };
    await this.#sealed.put(sealedName, JSON.stringify(bound));
    this.#network.login = bound;
  }
}
