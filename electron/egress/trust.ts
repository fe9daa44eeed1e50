import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls';

/** The authorities by which https proxies and https scripts are judged: the public ones and those of the rules. */
export class Trust {
  #pem: string | null = null;
  #context: SecureContext | undefined;

  /** @param pem certificates of further authorities; null: none */
  set(pem: string | null): void {
    if (pem === this.#pem) return;
    this.#pem = pem;
    this.#context = undefined;
  }

  /** Speaks TLS over a connection that is there. Rejects with what TLS says; the socket is gone then. */
  secure(socket: Socket, host: string, signal: AbortSignal): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const secured = connect({
        socket,
        host,
        ...(isIP(host) ? {} : { servername: host }),
        secureContext: (this.#context ??= createSecureContext({
          ca: [...rootCertificates, ...(this.#pem === null ? [] : [this.#pem])],
          minVersion: 'TLSv1.2',
        })),
        ALPNProtocols: ['http/1.1'],
      });
      const abort = (): void => {
        secured.destroy();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
      secured.once('secureConnect', () => {
        signal.removeEventListener('abort', abort);
        resolve(secured);
      });
      // Whoever gets the socket hears of its end by `close`.
      secured.on('error', (error: Error) => {
        signal.removeEventListener('abort', abort);
        secured.destroy();
        socket.destroy();
        reject(error);
      });
      secured.once('close', () => {
        socket.destroy();
      });
    });
  }
}
