import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A certificate authority of a test's own, as a company has one. */
export interface Authority {
  /** PEM, for those who are to trust it. */
  readonly certificate: string;
  /** A server's key and certificate for these names and addresses. */
  issue(names: readonly string[]): { readonly key: string; readonly cert: string };
}

const days = ['-days', '30'];
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes an authority with the program `openssl`. Nothing of it stays on the disk. */
export function makeAuthority(): Authority {
  const make = (args: readonly string[], files: Readonly<Record<string, string>>) =>
    inTemporaryDir((dir) => openssl(dir, ['req', '-x509', ...newKey, ...days, ...args], files));
  const { key: caKey, cert: certificate } = make(
    [
      ...['-subj', '/CN=Stand-in authority'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE'],
      ...['-addext', 'keyUsage=critical,keyCertSign'],
    ],
    {},
  );
  const issue = (names: readonly string[]) => {
    const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
    return make(
      [
        ...['-CA', 'ca.pem', '-CAkey', 'ca.key'],
        ...['-subj', '/CN=Stand-in server'],
        ...['-addext', `subjectAltName=${alternatives}`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ],
      { 'ca.pem': certificate, 'ca.key': caKey },
    );
  };
  return { certificate, issue };
}

function openssl(dir: string, args: readonly string[], files: Readonly<Record<string, string>>) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(dir, name), content, { mode: 0o600 });
  }
  execFileSync('openssl', [...args, '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: dir, stdio: 'pipe' });
  const read = (name: string): string => readFileSync(path.join(dir, name), 'utf8');
  return { key: read('key.pem'), cert: read('cert.pem') };
}

function inTemporaryDir<T>(use: (dir: string) => T): T {
  const dir = mkdtempSync(path.join(tmpdir(), 'gc-'));
  try {
    return use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
