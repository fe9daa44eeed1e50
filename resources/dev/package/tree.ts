// What a Linux package puts where, beside what its control files say: the same tree for the .deb and the .rpm.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { applicationEntry, loginEntry } from '../../../electron/shell/desktop-entry.ts';
import { checkoutDir } from '../console.mjs';
import { maintainer } from './depends.ts';

/** What the distribution's package manager installs. */
export type PackagedKind = 'deb' | 'rpm';

export interface TreeOptions {
  readonly kind: PackagedKind;
  readonly version: string;
  /** The app's folder, as {@link packUnpacked} made it. */
  readonly unpackedDir: string;
  /** Made anew. */
  readonly rootDir: string;
  /** Papers about what others wrote, by file name. */
  readonly papers: Readonly<Record<string, string>>;
  /** Of what is made here: files, releases; seconds since 1970. */
  readonly epoch: number;
}

/** Where the app lies in an installed system: where electron-builder's own packages put it, too. */
export const appDir = '/opt/Gleaner';
const installerDir = path.join(checkoutDir, 'resources', 'installer', 'linux');

interface TreeFile {
  readonly place: string;
  readonly content: string | Uint8Array;
  readonly mode?: number;
}

/** Lays the whole tree out below `rootDir`, as it will be installed. */
export function layOut(o: TreeOptions): void {
  const { unpackedDir, rootDir, epoch } = o;
  rmSync(rootDir, { recursive: true, force: true });
  const app = path.join(rootDir, appDir);
  mkdirSync(path.dirname(app), { recursive: true });
  // By links: the two trees are never written to.
  execFileSync('cp', ['-al', unpackedDir, app]);
  // The helper of Chromium's sandbox; where user namespaces are there it is not used, and elsewhere there is no other way.
  rmSync(path.join(app, 'chrome-sandbox'));
  cpSync(path.join(unpackedDir, 'chrome-sandbox'), path.join(app, 'chrome-sandbox'));
  chmodSync(path.join(app, 'chrome-sandbox'), 0o4755);
  for (const { place, content, mode = 0o644 } of filesOf(o)) {
    const file = path.join(rootDir, place);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }
  mkdirSync(path.join(rootDir, 'etc', 'gleaner'), { recursive: true });
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', rootDir]);
  chmodSync(path.join(app, 'chrome-sandbox'), 0o4755);
  execFileSync('find', [rootDir, '-exec', 'touch', '--no-dereference', `--date=@${epoch}`, '{}', '+']);
}

/** Files that an administrator may change, and that an upgrade leaves as they are. */
export const configFiles = ['/etc/xdg/autostart/gleaner.desktop'];

function filesOf({ kind, version, papers, epoch }: TreeOptions): TreeFile[] {
  const docs = '/usr/share/doc/gleaner';
  const icon = (size: number): TreeFile => ({
    place: `/usr/share/icons/hicolor/${size}x${size}/apps/gleaner.png`,
    content: readFileSync(path.join(checkoutDir, 'resources', 'icons', `app-${size}.png`)),
  });
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  return [
    { place: `${appDir}/resources/install.json`, content: `${JSON.stringify({ version: 1, kind })}\n` },
    { place: `${appDir}/resources/installer/apparmor`, content: installer('apparmor') },
    { place: `${appDir}/resources/installer/purge`, content: script('purge', version), mode: 0o755 },
    { place: '/usr/bin/gleaner', content: installer('gleaner'), mode: 0o755 },
    {
      place: '/usr/share/applications/gleaner.desktop',
      content: applicationEntry([`${appDir}/gleaner-app`]),
    },
    {
      place: '/etc/xdg/autostart/gleaner.desktop',
      content: loginEntry(['/usr/bin/gleaner', 'open', '--at-login']),
    },
    icon(256),
    icon(512),
    {
      place: '/usr/share/metainfo/org.gleaner.Gleaner.metainfo.xml',
      content: filled(installer('org.gleaner.Gleaner.metainfo.xml'), { VERSION: version, DATE: date }),
    },
    { place: '/usr/share/man/man1/gleaner.1.gz', content: zipped(fromCheckout('docs/gleaner.1')) },
    {
      place: '/usr/share/bash-completion/completions/gleaner',
      content: execFileSync(process.execPath, [
        path.join(checkoutDir, 'electron', 'cli.ts'),
        'completion',
        'bash',
      ]),
    },
    ...['gleaner.service', 'gleaner-profile.path'].map((name) => ({
      place: `/usr/lib/systemd/system/${name}`,
      content: installer(name),
    })),
    { place: `${docs}/changelog.gz`, content: zipped(changelog(version, epoch)) },
    { place: '/usr/share/lintian/overrides/gleaner', content: installer('lintian-overrides') },
    ...Object.entries(papers).map(([name, content]) => ({ place: `${docs}/${name}`, content })),
    ...profiles().map(([name, content]) => ({ place: `${docs}/profiles/${name}`, content })),
  ];
}

/** A script of the package with what all of them share in front. Pure but for reading the sources. */
export function script(name: string, version: string): string {
  return filled(`#!/bin/sh\nset -e\n${installer('functions.sh')}\n${installer(name)}`, { VERSION: version });
}

/** Debian's form of a changelog (deb-changelog(5)), with the one entry that the package itself can tell of. Pure. */
function changelog(version: string, epoch: number): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `gleaner (${version}) unstable; urgency=medium\n\n  * Version ${version}.\n\n -- ${maintainer}  ${date}\n`;
}

function profiles(): (readonly [string, string])[] {
  return ['gleaner-profile.schema.json', 'linux/defaults.json', 'linux/locked.json', 'linux/ansible.yml'].map(
    (name) => [path.basename(name), fromCheckout(`docs/profiles/${name}`)],
  );
}

function installer(name: string): string {
  return readFileSync(path.join(installerDir, name), 'utf8');
}

function fromCheckout(name: string): string {
  return readFileSync(path.join(checkoutDir, name), 'utf8');
}

/** Each `@NAME@` by its value. Pure. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce(
    (filling, [name, value]) => filling.replaceAll(`@${name}@`, value),
    text,
  );
}

/** Without a name or time in it, so that the same text gives the same bytes. */
export function zipped(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}
