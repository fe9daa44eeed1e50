import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { net, type ProxyConfig, session } from 'electron';
import type { Settings } from '../../contract/settings.ts';
import type { OpenRequest } from './executor.ts';

/** How Chromium is told the setting of the proxy. Pure. */
export function proxyConfig(setting: Settings['network.proxy']): ProxyConfig {
  if (setting === 'system') return { mode: 'system' };
  if (setting === 'none') return { mode: 'direct' };
  if (setting.startsWith('pac+')) return { mode: 'pac_script', pacScript: setting.slice('pac+'.length) };
  return { mode: 'fixed_servers', proxyRules: setting };
}

/** Whether this authority has issued this very certificate, for this host, and it holds now (epoch ms). Pure; never throws. */
export function isIssuedBy(authority: string, certificate: string, host: string, now: number): boolean {
  try {
    const [issuer, own] = [new X509Certificate(authority), new X509Certificate(certificate)];
    const named = isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host);
    return (
      issuer.ca &&
      own.checkIssued(issuer) &&
      own.verify(issuer.publicKey) &&
      named !== undefined &&
      [issuer, own].every(
        ({ validFrom, validTo }) => Date.parse(validFrom) <= now && now < Date.parse(validTo),
      )
    );
  } catch {
    return false;
  }
}

/**
 * Chromium's transport, in a session of its own that keeps nothing: it knows the system's proxies and authorities.
 * @param authority a further one (PEM), of the installation
 * @param proxy what the setting says, asked before each request
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
