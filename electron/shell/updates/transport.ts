import { net, session } from 'electron';
import type { Settings } from '../../contract/settings.ts';
import type { OpenRequest } from './executor.ts';
import { isIssuedBy, proxyConfig } from './trust.ts';

/**
 * Chromium's transport, in a session of its own that keeps nothing: it knows the system's proxies and authorities.
 * @param authority a further one (PEM), of the installation
 */
export function electronTransport(authority: string | undefined): {
  readonly open: OpenRequest;
  readonly useProxy: (setting: Settings['network.proxy']) => Promise<void>;
} {
  const own = session.fromPartition('updates', { cache: false });
  if (authority !== undefined) {
    own.setCertificateVerifyProc(({ hostname, certificate, verificationResult }, answer) => {
      const isGood =
        verificationResult === 'net::OK' || isIssuedBy(authority, certificate.data, hostname, Date.now());
      // -2: refused, whatever the cause.
      answer(isGood ? 0 : -2);
    });
  }
  return {
    open: (options, onResponse) => {
      const { protocol, hostname, port, path, headers } = options;
      const request = net.request({
        method: 'GET',
        redirect: 'manual',
        credentials: 'omit',
        session: own,
        protocol: protocol === 'http:' ? 'http:' : 'https:',
        hostname: String(hostname),
        ...(port == null || port === '' ? {} : { port: Number(port) }),
        path: String(path),
      });
      for (const [name, value] of Object.entries(headers ?? {})) {
        if (value !== undefined) request.setHeader(name, String(value));
      }
      request.on('response', onResponse as unknown as (response: Electron.IncomingMessage) => void);
      return request;
    },
    useProxy: (setting) => own.setProxy(proxyConfig(setting)),
  };
}
