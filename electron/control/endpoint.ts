import { chmod, link, lstat, mkdir, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Paths } from '../base/paths.ts';
import { GleanerError } from '../contract/failures.ts';

export type EndpointPaths = Pick<Paths, 'runDir' | 'socketPath'>;

/** Who may open a socket: its own mode, and that of the folder that it is in. */
const modes = {
  /** The account that the host runs as. */
  owner: { folder: 0o700, socket: 0o600 },
  /** The same, beside a socket for people. */
  administrators: { folder: 0o750, socket: 0o600 },
  /** The account's group, too. */
  people: { folder: 0o750, socket: 0o660 },
} as const;
export type Access = keyof typeof modes;

/** Where the host listens. A pipe's clients prove a token that only this user can read. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'pipe'; readonly path: string; readonly tokenPath: string };

/** Pure. */
export function endpointOf(paths: EndpointPaths, platform: NodeJS.Platform): Endpoint {
  return platform === 'win32'
    ? { kind: 'pipe', path: paths.socketPath, tokenPath: join(paths.runDir, 'control.token') }
    : { kind: 'socket', path: paths.socketPath };
}

/**
 * The path of a Unix socket that can be used.
 * @throws GleanerError `platform-not-ready` (a Windows pipe), `storage-failed` (the path is too long)
 */
export function socketPathOf(paths: EndpointPaths, platform: NodeJS.Platform): string {
  const endpoint = endpointOf(paths, platform);
  if (endpoint.kind === 'pipe') {
    throw new GleanerError(
      'platform-not-ready',
      'Control over a Windows pipe is not ready yet.',
      `It will be at ${endpoint.path} with its token in ${endpoint.tokenPath}.`,
    );
  }
  // struct sockaddr_un, less its final NUL: 108 bytes on Linux, 104 on macOS and the BSDs.
  const limit = platform === 'linux' ? 107 : 103;
  const length = Buffer.byteLength(endpoint.path);
  if (length > limit) {
    throw new GleanerError(
      'storage-failed',
      `The path of the control socket is too long: ${length} bytes, at most ${limit} are possible.`,
      'Choose a shorter folder with GLEANER_HOME or XDG_RUNTIME_DIR.',
    );
  }
  return endpoint.path;
}

/** Whether an error of the system has this code, e.g. `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}

/** The failure of asking a host that runs as somebody else. */
export const notYours = (): GleanerError =>
  new GleanerError(
    'host-not-running',
    'The Gleaner that runs here belongs to another user.',
    'Ask as that user; a service of the machine lets in those of its group, gleaner.',
  );

const alreadyRunning = (): GleanerError =>
  new GleanerError(
    'already-running',
    'Gleaner is already running on this computer.',
    'Use that one, or stop it first.',
  );

/**
 * Whether something listens there. A file that is no socket, or one nobody listens on any more, does not.
 * @throws GleanerError `host-not-running` when another user's host is in the way; what the system throws
 */
export async function isListening(path: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED', 'ENOENT')) resolve(false);
      // A full queue of connections: somebody is there, and busy.
      else if (hasCode(error, 'EAGAIN')) resolve(true);
      else reject(hasCode(error, 'EACCES', 'EPERM') ? notYours() : error);
    });
  });
}

/** Makes the folder of the socket, in which nobody else can put anything. */
async function prepareFolder(runDir: string, mode: number): Promise<void> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const found = await lstat(runDir);
  const uid = process.getuid?.();
  if (!found.isDirectory() || (uid !== undefined && found.uid !== uid)) {
    throw new GleanerError(
      'storage-failed',
      `The folder for the control socket, ${runDir}, is not a folder of this user.`,
      'Remove it, or choose another place with GLEANER_HOME.',
    );
  }
  if ((found.mode & 0o777) !== mode) await chmod(runDir, mode);
}

/** Links a socket to the host's place, which only one can have. */
async function claim(boundPath: string, path: string): Promise<void> {
  try {
    await link(boundPath, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw alreadyRunning();
    throw error;
  }
}

/** Takes a dead socket away; whoever is found alive keeps the place. */
async function clearStale(path: string, asideDir: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) {
    throw new GleanerError(
      'storage-failed',
      `The control socket can't be made: ${path} is something else.`,
      'Move that file away.',
    );
  }
  if (await isListening(path)) throw alreadyRunning();
  const aside = join(asideDir, 'o');
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  // Between the look and the move another host may have come: then it gets its place back.
  if (await isListening(aside)) {
    await claim(aside, path);
    throw alreadyRunning();
  }
}

/**
 * Puts a listening socket at its path, with its mode at every moment, whatever the umask: 0600 in a 0700 folder for its owner. It is
 * bound inside a fresh private folder, then linked to its name, which fails when that is taken.
 * `listen` binds and listens at the path it is given. Returns what removes the socket again.
 * @throws GleanerError `already-running`, `storage-failed`, `platform-not-ready`
 */
export async function publishSocket(
  paths: EndpointPaths,
  platform: NodeJS.Platform,
  listen: (path: string) => Promise<void>,
  access: Access = 'owner',
): Promise<() => Promise<void>> {
  const path = socketPathOf(paths, platform);
  const mode = modes[access];
  await prepareFolder(paths.runDir, mode.folder);
  // Not longer than `control.sock`, so that what fits there fits here.
  const bindDir = await mkdtemp(join(paths.runDir, '.b'));
  try {
    const bound = join(bindDir, 's');
    await clearStale(path, bindDir);
    await listen(bound);
    await chmod(bound, mode.socket);
    const { ino, dev } = await lstat(bound);
    await claim(bound, path);
    return async () => {
      const found = await lstat(path).catch(() => undefined);
      if (found?.ino === ino && found.dev === dev) await unlink(path).catch(() => undefined);
    };
  } finally {
    await rm(bindDir, { recursive: true, force: true });
  }
}
