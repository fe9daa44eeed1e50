// The .deb: Debian's own dpkg-deb over the tree.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { debDepends, debRecommends, maintainer } from './depends.ts';
import { appDir, configFiles, filled, script } from './tree.ts';

/** How the data is pressed: `xz` for publishing, `zstd` where it has to be quick, `none` for tests. */
export type Pressing = 'xz' | 'zstd' | 'none';

const pressed: Readonly<Record<Pressing, readonly string[]>> = {
  xz: ['-Zxz', '-z6'],
  zstd: ['-Zzstd', '-z3'],
  none: ['-Znone'],
};

export interface DebOptions {
  readonly rootDir: string;
  readonly version: string;
  readonly outDir: string;
  readonly pressing: Pressing;
  /** Seconds since 1970: the time of everything in it. */
  readonly epoch: number;
}

/**
 * Writes the package.
 * @returns its path
 */
export function writeDeb({ rootDir, version, outDir, pressing, epoch }: DebOptions): string {
  const controlDir = path.join(rootDir, 'DEBIAN');
  mkdirSync(controlDir, { recursive: true });
  chmodSync(controlDir, 0o755);
  const files = readdirSync(rootDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(rootDir, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith('DEBIAN/'))
    .sort();
  const bytes = files.reduce((sum, name) => sum + statSync(path.join(rootDir, name)).size, 0);
  const write = (name: string, text: string, mode = 0o644): void => {
    writeFileSync(path.join(controlDir, name), text);
    chmodSync(path.join(controlDir, name), mode);
  };
  write('control', controlText(version, Math.ceil(bytes / 1024)));
  write('conffiles', `${configFiles.join('\n')}\n`);
  write(
    'md5sums',
    files
      .filter((name) => !configFiles.includes(`/${name}`))
      .map((name) => md5Line(rootDir, name))
      .join(''),
  );
  for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
    write(name, script(`deb/${name}`, version), 0o755);
  }
  mkdirSync(outDir, { recursive: true });
  const file = path.join(outDir, `gleaner_${version}_amd64.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', ...pressed[pressing], '--build', rootDir, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return file;
}

/** @param kib the installed size. Pure. */
export function controlText(version: string, kib: number): string {
  return filled(
    [
      'Package: gleaner',
      'Version: @VERSION@',
      'Architecture: amd64',
      `Maintainer: ${maintainer}`,
      `Installed-Size: ${kib}`,
      `Depends: ${debDepends.join(', ')}`,
      `Recommends: ${debRecommends.join(', ')}`,
      'Section: science',
      'Priority: optional',
      "Description: put a computer's idle hours to work for grids",
      ' Gleaner runs jobs of public projects (BOINC) or of a company’s own pool',
      ' (HTCondor) in a virtual machine without a network card, and freezes it the',
      ' moment somebody comes back.',
      ' .',
      ` The app lies in ${appDir}, administrators’ profiles in /etc/gleaner. The`,
      ' installation asks nothing, needs no display and looks for nothing: the first',
      ' run does.',
      '',
    ].join('\n'),
    { VERSION: version },
  );
}

function md5Line(rootDir: string, name: string): string {
  return `${createHash('md5')
    .update(readFileSync(path.join(rootDir, name)))
    .digest('hex')}  ${name}\n`;
}
