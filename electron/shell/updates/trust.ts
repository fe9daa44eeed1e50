import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ProxyConfig } from 'electron';
import type { Settings } from '../../contract/settings.ts';

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
