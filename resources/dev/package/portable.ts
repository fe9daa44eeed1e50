// What runs from where a person lays it: the archive, and the AppImage's folder. The same app as in the packages.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Installation } from '../../../electron/contract/install.ts';
import { applicationEntry } from '../../../electron/shell/desktop-entry.ts';
import { manifestName } from '../../../electron/shell/updates/feed.ts';
import { checkoutDir, SetupError } from '../console.mjs';
import type { Pressing } from './deb.ts';
import { filled } from './tree.ts';

/** Where an AppImage finds newer versions, and who may have signed them; as install.json has it. */
export type FeedOptions = Pick<Installation, 'feed' | 'authority'> & { readonly keys: readonly string[] };

export interface PortableOptions {
  readonly version: string;
  /** The app's folder, as `packUnpacked` made it. */
  readonly unpackedDir: string;
  /** Made anew. */
  readonly rootDir: string;
  /** Papers about what others wrote, by file name. */
  readonly papers: Readonly<Record<string, string>>;
  /** Of what is made here, seconds since 1970. */
  readonly epoch: number;
}

/** The folder that the archive unpacks to. Pure. */
export const archiveFolder = (version: string): string => `Gleaner-${version}`;

/** Lays out what the archive holds: one folder below `rootDir`. */
export function layOutArchive(o: PortableOptions): void {
  layOutApp(o, archiveFolder(o.version), {
    ...jsonOf({ version: 1, kind: 'tar' }),
    ...o.papers,
    gleaner: { content: fromInstaller('archive/gleaner'), mode: 0o755 },
    'README.txt': filled(fromInstaller('archive/README.txt'), { VERSION: o.version }),
  });
}

/**
 * Writes the archive: sorted, owned by root, of one time, so that the same tree gives the same bytes.
 * @returns its path
 */
export function writeTar(o: {
  readonly rootDir: string;
  readonly version: string;
  readonly outDir: string;
  readonly pressing: Pressing;
  readonly epoch: number;
}): string {
  mkdirSync(o.outDir, { recursive: true });
  const file = path.join(o.outDir, `Gleaner-${o.version}-linux-x64.tar.gz`);
  execFileSync('tar', [
    ...['--create', '--format=gnu', '--sort=name', '--owner=root:0', '--group=root:0', `--mtime=@${o.epoch}`],
    // Or the order of reading would tell which of two names is the file and which the link.
    '--hard-dereference',
    `--use-compress-program=gzip -n ${o.pressing === 'xz' ? '-9' : '-1'}`,
    ...[`--file=${file}`, `--directory=${o.rootDir}`, archiveFolder(o.version)],
  ]);
  return file;
}

/** Lays out the AppImage's folder (AppDir): the app, who starts it, and what a desktop shows of it. */
export function layOutAppDir(o: PortableOptions & { readonly feed: FeedOptions }): void {
  const icon = (size: number) =>
    readFileSync(path.join(checkoutDir, 'resources', 'icons', `app-${size}.png`));
  const docs = Object.entries(o.papers).map(([name, text]) => [`usr/share/doc/gleaner/${name}`, text]);
  layOutApp(o, '.', {
    ...jsonOf({ version: 1, kind: 'appimage', ...o.feed, keys: [...o.feed.keys] }),
    ...(Object.fromEntries(docs) as Record<string, string>),
    AppRun: { content: fromInstaller('appimage/AppRun'), mode: 0o755 },
    'gleaner.desktop': applicationEntry(['AppRun']),
    'gleaner.png': icon(256),
    '.DirIcon': icon(256),
    'usr/share/icons/hicolor/256x256/apps/gleaner.png': icon(256),
    'usr/share/icons/hicolor/512x512/apps/gleaner.png': icon(512),
  });
}

/** The program that begins every AppImage: an ELF file that says so (AppImageSpec, "type 2"). */
function isRuntime(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, 11)).toString('latin1');
  return text.startsWith('\x7fELF') && text.slice(8) === 'AI\x02';
}

/**
 * What an AppImage cannot be made without, and nothing here downloads.
 * @param runtimePath the runtime of AppImages
 * @throws {SetupError} which tool is missing
 */
export function requireAppImageTools(
  runtimePath: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const isThere = (env['PATH'] ?? '').split(':').some((dir) => existsSync(path.join(dir, 'mksquashfs')));
  if (!isThere) {
    throw new SetupError(
      'No AppImage can be made here: mksquashfs is missing.',
      'Debian and Ubuntu: apt-get install squashfs-tools.',
      2,
    );
  }
  if (runtimePath !== undefined && existsSync(runtimePath) && isRuntime(readFileSync(runtimePath)))
    return runtimePath;
  throw new SetupError(
    `No AppImage can be made here: the runtime of AppImages is missing${runtimePath === undefined ? '' : ` (${runtimePath} is none)`}.`,
    'Download runtime-x86_64 of https://github.com/AppImage/type2-runtime, check it, and name it by --appimage-runtime.',
    2,
  );
}

/**
 * Packs the folder: the runtime, and a file system behind it. Beside it, where there is a feed, the channel's manifest
 * describes it, which is then to be signed.
 * @returns the AppImage's path
 */
export function writeAppImage(o: {
  readonly rootDir: string;
  readonly version: string;
  readonly outDir: string;
  readonly pressing: Pressing;
  readonly epoch: number;
  readonly runtimePath: string;
  readonly feed: FeedOptions;
}): string {
  const { version, outDir, rootDir, feed, epoch } = o;
  const name = `Gleaner-${version}.AppImage`;
  const file = path.join(outDir, name);
  mkdirSync(outDir, { recursive: true });
  const runtime = readFileSync(o.runtimePath);
  // mksquashfs takes a time from one place only.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== 'SOURCE_DATE_EPOCH'),
  );
  execFileSync(
    'mksquashfs',
    [
      ...[rootDir, file, '-offset', String(runtime.length)],
      ...['-noappend', '-all-root', '-no-xattrs', '-no-progress', '-quiet'],
      ...['-mkfs-time', String(epoch), '-all-time', String(epoch)],
      ...['-comp', 'zstd', '-Xcompression-level', o.pressing === 'xz' ? '19' : '3'],
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const written = openSync(file, 'r+');
  try {
    writeSync(written, runtime, 0, runtime.length, 0);
  } finally {
    closeSync(written);
  }
  chmodSync(file, 0o755);
  if (feed.feed !== undefined) {
    const channel = /^\d+\.\d+\.\d+-/.test(version) ? 'beta' : 'stable';
    writeFileSync(path.join(outDir, manifestName(channel, 'linux', 'x64')), manifestOf(file, version, epoch));
  }
  return file;
}

/** What a feed says of the file, as electron-builder writes it. */
function manifestOf(file: string, version: string, epoch: number): string {
  const content = readFileSync(file);
  const sha512 = createHash('sha512').update(content).digest('base64');
  const url = path.basename(file);
  return stringify({
    version,
    files: [{ url, sha512, size: content.length }],
    path: url,
    sha512,
    releaseDate: new Date(epoch * 1000).toISOString(),
  });
}

type Content = string | Uint8Array;
type Files = Readonly<Record<string, Content | { readonly content: Content; readonly mode: number }>>;

function layOutApp({ rootDir, unpackedDir, epoch }: PortableOptions, folder: string, files: Files): void {
  rmSync(rootDir, { recursive: true, force: true });
  const app = path.join(rootDir, folder);
  mkdirSync(app, { recursive: true });
  // By links: the two trees are never written to.
  execFileSync('cp', ['-al', `${unpackedDir}/.`, app]);
  for (const [name, file] of Object.entries(files)) {
    const { content, mode } =
      typeof file === 'object' && 'content' in file ? file : { content: file, mode: 0o644 };
    const target = path.join(app, name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
    chmodSync(target, mode);
  }
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', rootDir]);
  execFileSync('find', [rootDir, '-exec', 'touch', '--no-dereference', `--date=@${epoch}`, '{}', '+']);
}

const jsonOf = (installation: Installation | { readonly version: 1; readonly kind: 'tar' }): Files => ({
  'resources/install.json': `${JSON.stringify(installation)}\n`,
});

function fromInstaller(name: string): string {
  return readFileSync(path.join(checkoutDir, 'resources', 'installer', 'linux', name), 'utf8');
}
