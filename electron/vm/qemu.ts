import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GleanerError } from '../contract/failures.ts';
import { bwrapPrefix, librariesOf, type WrapperTools } from './sandbox.ts';

const run = promisify(execFile);

/** The oldest QEMU with everything on our command line. */
export const oldestQemu: readonly [number, number] = [6, 2];
const installHint = 'Install QEMU (Debian and Ubuntu: apt-get install qemu-system-x86).';
/** Nothing that is asked here takes longer unless it hangs. */
const askLimitMs = 20_000;

/** What is known of the QEMU on this computer and of the wrapper around it. */
export interface QemuFacts {
  /** Where the program really lies. */
  readonly path: string;
  /** E.g. `7.2.22`. */
  readonly version: string;
  readonly tools: WrapperTools;
  /** QEMU, its libraries, modules and firmware; empty where the wrapper is not used. */
  readonly programPaths: readonly string[];
  /** Why the wrapper cannot be used; undefined when it works. */
  readonly wrapperRefusal: string | undefined;
}

/** The version in `qemu-system-x86_64 --version`'s first line, or undefined. Pure. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /^QEMU emulator version (\d+)\.(\d+)\.(\d+)/m.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/** Whether a version like `7.2.22` comes before another. Pure. */
export function isOlder(version: string, than: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < than[0] || (major === than[0] && minor < than[1]);
}

/** Throws `qemu-too-old` unless new enough. Pure. */
export function requireVersion(text: string): string {
  const version = parseVersion(text)?.join('.');
  if (version === undefined) {
    throw new GleanerError(
      'qemu-missing',
      'What is installed as QEMU does not tell its version.',
      installHint,
    );
  }
  if (isOlder(version, oldestQemu)) {
    throw new GleanerError(
      'qemu-too-old',
      `QEMU ${version} is too old: ${oldestQemu.join('.')} or newer is needed.`,
      'Update QEMU, for example by updating the operating system.',
    );
  }
  return version;
}

/**
 * Finds QEMU and tries the wrapper by running `qemu --version` inside it, as the user that QEMU will run as.
 * Rejects `qemu-missing` or `qemu-too-old`.
 */
export async function inspectQemu(o: {
  qemuPath: string | undefined;
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  uid: number | undefined;
}): Promise<QemuFacts> {
  const found = o.qemuPath ?? (await firstFile(qemuCandidates(o.platform, o.env)));
  if (found === undefined || !(await isFile(found))) {
    throw new GleanerError('qemu-missing', 'QEMU is not installed.', installHint);
  }
  // QEMU looks for its modules and firmware from where it lies itself: a link to it bound elsewhere finds none.
  const path = await realpath(found);
  const tools = o.platform === 'linux' ? await findTools(o.env) : noTools;
  const who = o.uid === undefined ? {} : { uid: o.uid, gid: o.uid };
  if (o.platform !== 'linux') {
    const version = requireVersion(await ask(path, ['--version'], who));
    const wrapperRefusal = 'There is no wrapper for QEMU on this platform yet.';
    return { path, version, tools, programPaths: [], wrapperRefusal };
  }
  const programPaths = await filesOf(path);
  const version = requireVersion(await ask(path, ['--version'], who));
  return {
    path,
    version,
    tools,
    programPaths,
    wrapperRefusal: await tryWrapper(path, tools, programPaths, who),
  };
}

export const noTools: WrapperTools = {
  chrt: undefined,
  ionice: undefined,
  prlimit: undefined,
  setpriv: undefined,
  bwrap: undefined,
};

/**
 * Where QEMU may lie, the likeliest first. RHEL and its rebuilds have only one for the computer's own processor, under a
 * name and in a place of their own. Pure.
 */
export function qemuCandidates(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const name = platform === 'win32' ? 'qemu-system-x86_64.exe' : 'qemu-system-x86_64';
  const everywhere = programDirs(platform, env).map((dir) => join(dir, name));
  return platform === 'linux' ? [...everywhere, '/usr/libexec/qemu-kvm'] : everywhere;
}

async function tryWrapper(
  path: string,
  tools: WrapperTools,
  programPaths: readonly string[],
  who: { uid?: number; gid?: number },
): Promise<string | undefined> {
  if (!tools.bwrap) return 'bubblewrap is not installed';
  const [command = '', ...args] = bwrapPrefix(tools.bwrap, {
    programPaths,
    readOnly: [],
    writable: [],
    devices: [],
  });
  // Nobody reads the pid here: it goes where nothing is kept.
  const quiet = args.map((arg, index) => (args[index - 1] === '--info-fd' ? '2' : arg));
  try {
    const { stdout } = await run(command, [...quiet, path, '--version'], { ...who, timeout: askLimitMs });
    return parseVersion(stdout) ? undefined : 'QEMU did not run inside bubblewrap';
  } catch (error) {
    return `bubblewrap was refused: ${lastLine(error)}`;
  }
}

/** QEMU's program, its libraries and the loader's cache, its modules and its firmware, as far as they exist. */
async function filesOf(path: string): Promise<string[]> {
  const libraries = librariesOf(await ask('ldd', [path], {}).catch(() => ''));
  // The linker says /lib where QEMU itself, looking for its modules, says /usr/lib.
  const linkedDirs = [...new Set(libraries.map((library) => dirname(library)))];
  const libraryDirs = [...linkedDirs, ...(await Promise.all(linkedDirs.map((dir) => realpath(dir))))];
  const others = [
    '/etc/ld.so.cache',
    '/usr/share/qemu',
    '/usr/share/qemu-kvm',
    '/usr/share/seabios',
    '/usr/share/qemu-firmware',
    join(dirname(dirname(path)), 'share', 'qemu'),
    ...libraryDirs.flatMap((dir) => [join(dir, 'qemu'), join(dir, 'qemu-kvm')]),
  ];
  const existing = await Promise.all(others.map(async (other) => ((await exists(other)) ? [other] : [])));
  return [...new Set([path, ...libraries, ...existing.flat()])];
}

async function findTools(env: Readonly<Record<string, string | undefined>>): Promise<WrapperTools> {
  const [chrt, ionice, prlimit, setpriv, bwrap] = await Promise.all(
    ['chrt', 'ionice', 'prlimit', 'setpriv', 'bwrap'].map((name) =>
      firstFile(programDirs('linux', env).map((dir) => join(dir, name))),
    ),
  );
  return { chrt, ionice, prlimit, setpriv, bwrap };
}

/** PATH, then where systems keep such programs. */
function programDirs(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): string[] {
  const usual =
    platform === 'win32'
      ? [join(env['ProgramFiles'] ?? String.raw`C:\Program Files`, 'qemu')]
      : ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  return [...(env['PATH'] ?? '').split(delimiter), ...usual].filter((dir) => dir !== '');
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await isFile(path)) return path;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function ask(
  path: string,
  args: readonly string[],
  who: { uid?: number; gid?: number },
): Promise<string> {
  try {
    const { stdout } = await run(path, args, { ...who, cwd: '/', timeout: askLimitMs });
    return stdout;
  } catch (cause) {
    const words = lastLine(cause);
    throw new GleanerError('qemu-missing', `${path} does not run: ${words}`, installHint, { cause });
  }
}

function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const words = stderr === '' ? String(error instanceof Error ? error.message : error) : stderr;
  return (words.split('\n').at(-1) ?? '').replace(/[^\x20-\x7e]/g, ' ').slice(0, 300);
}
