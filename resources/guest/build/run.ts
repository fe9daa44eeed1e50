import { spawn } from 'node:child_process';
import { BuildError } from './errors.ts';

/** Debian packages of the programs that a build runs. */
const packageOf: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  'apt-cache': 'apt',
  cpio: 'cpio',
  depmod: 'kmod',
  dpkg: 'dpkg',
  'dpkg-deb': 'dpkg',
  lz4: 'lz4',
  mksquashfs: 'squashfs-tools',
  xz: 'xz-utils',
  zstd: 'zstd',
};

/** Aborted when the person interrupts the build: the running program is killed, and the build cleans up. */
export const interruption = new AbortController();

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes for its standard input. */
  readonly input?: string | Uint8Array;
}

/**
 * Runs a program to its end and gives its standard output.
 * @throws BuildError `tool-missing` (the hint names the package) or `tool-failed` (with the last lines of stderr)
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      LC_ALL: 'C',
      TZ: 'UTC',
      ...options.env,
    };
    // mksquashfs refuses this beside its own switches, and the build must not depend on it.
    delete env['SOURCE_DATE_EPOCH'];
    const child = spawn(program, args, {
      cwd: options.cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: interruption.signal,
    });
    const out: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-4000);
    });
    child.stdin.on('error', () => undefined); // a program that reads no further says why by its exit
    child.stdin.end(options.input);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError') {
        reject(new BuildError('interrupted', 'The build was interrupted.', 'Start it again.'));
        return;
      }
      const missing = error.code === 'ENOENT';
      const debian = packageOf[program] ?? program;
      reject(
        missing
          ? new BuildError('tool-missing', `${program} is not installed.`, `Install the package ${debian}.`)
          : new BuildError(
              'tool-failed',
              `${program} could not be started: ${error.message}`,
              'Look at the message above.',
            ),
      );
    });
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(Buffer.concat(out));
        return;
      }
      const how = signal === null ? `code ${String(code)}` : signal;
      const said = complaint.trim().split('\n').slice(-5).join('\n');
      reject(new BuildError('tool-failed', `${program} ended with ${how}: ${said}`, 'Look at its message.'));
    });
  });
}
