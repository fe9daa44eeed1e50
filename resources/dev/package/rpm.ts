// The .rpm: rpmbuild over the same tree as the .deb.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Pressing } from './deb.ts';
import { rpmRecommends, rpmRequires } from './depends.ts';
import { configFiles, script } from './tree.ts';

export interface RpmOptions {
  readonly rootDir: string;
  readonly version: string;
  readonly outDir: string;
  readonly pressing: Pressing;
  /** Seconds since 1970: the time of everything in it. */
  readonly epoch: number;
}

/** rpm's names for them. */
const payloads: Readonly<Record<Pressing, string>> = { xz: 'w6.xzdio', zstd: 'w3.zstdio', none: 'w0.gzdio' };

/**
 * Writes the package.
 * @returns its path
 */
export function writeRpm({ rootDir, version, outDir, pressing, epoch }: RpmOptions): string {
  const workDir = path.join(outDir, `.rpm-${process.pid}`);
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  try {
    const spec = path.join(workDir, 'gleaner.spec');
    writeFileSync(spec, specText(rootDir, version));
    const define = (name: string, value: string) => ['--define', `${name} ${value}`];
    execFileSync(
      'rpmbuild',
      [
        ...['-bb', '--quiet', '--target', 'x86_64', '--nodeps'],
        ...define('_topdir', workDir),
        ...define('_rpmdir', workDir),
        ...define('_build_name_fmt', '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm'),
        ...define('_binary_payload', payloads[pressing]),
        ...define('_buildhost', 'localhost'),
        ...define('use_source_date_epoch_as_buildtime', '1'),
        ...define('clamp_mtime_to_source_date_epoch', '1'),
        spec,
      ],
      { env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const name = `gleaner-${version}-1.x86_64.rpm`;
    renameSync(path.join(workDir, name), path.join(outDir, name));
    return path.join(outDir, name);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** @param rootDir the tree, whose files the spec names one by one */
function specText(rootDir: string, version: string): string {
  const entries = readdirSync(rootDir, { recursive: true, withFileTypes: true });
  const places = entries
    .filter((entry) => entry.isFile())
    .map((entry) => `/${path.relative(rootDir, path.join(entry.parentPath, entry.name))}`)
    .filter((place) => !place.startsWith('/DEBIAN/'))
    .sort();
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => `/${path.relative(rootDir, path.join(entry.parentPath, entry.name))}`)
    .filter(
      (place) =>
        place === '/etc/gleaner' ||
        place.startsWith('/opt/Gleaner') ||
        place.startsWith('/usr/share/doc/gleaner'),
    )
    .sort();
  const section = (name: string, source: string) => `%${name}\n${escaped(script(`rpm/${source}`, version))}`;
  return [
    'Name: gleaner',
    `Version: ${version}`,
    'Release: 1',
    "Summary: Put a computer's idle hours to work for grids",
    'License: MIT',
    'Vendor: The Gleaner authors',
    'AutoReqProv: no',
    ...rpmRequires.map((name) => `Requires: ${name}`),
    ...rpmRecommends.map((name) => `Recommends: ${name}`),
    '%global __os_install_post %{nil}',
    '%global debug_package %{nil}',
    '%description',
    "Gleaner runs jobs of public projects (BOINC) or of a company's own pool",
    '(HTCondor) in a virtual machine without a network card, and freezes it the',
    'moment somebody comes back. The installation asks nothing and looks for',
    'nothing.',
    '%install',
    `mkdir -p "%{buildroot}" && cp -a ${quoted(`${rootDir}/.`)} "%{buildroot}/" && rm -rf "%{buildroot}/DEBIAN"`,
    section('pre', 'pre'),
    section('post', 'post'),
    section('preun', 'preun'),
    section('postun', 'postun'),
    '%files',
    '%defattr(-,root,root,-)',
    ...folders.map((place) => `%dir "${place}"`),
    ...places.map((place) => {
      const kind = configFiles.includes(place) ? '%config(noreplace) ' : '';
      return place.endsWith('/chrome-sandbox') ? `%attr(4755,root,root) "${place}"` : `${kind}"${place}"`;
    }),
    '',
  ].join('\n');
}

/** A script in a spec: no macros in it. */
const escaped = (text: string): string => text.replaceAll('%', '%%');

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
