import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Paths, resolvePaths } from '../../electron/base/paths.ts';
import type { Snapshot } from '../../electron/contract/index.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { writeSettings } from '../fixtures/undisturbed.ts';

const cli = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
}

/** `gleaner …` as a process with everything in `home`. */
export function runCli(
  home: string,
  ...args: readonly string[]
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, GLEANER_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout });
    });
  });
  return { child, ended };
}

/** A host as a process of its own, reached over its socket. */
export class HostChild {
  readonly ended: Promise<Ended>;
  readonly paths: Paths;
  /** What it logged, a line each. */
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #readers = new Set<(line: string) => void>();

  private constructor(home: string, flags: readonly string[]) {
    const { platform, env } = process;
    this.paths = resolvePaths({
      platform,
      home: homedir(),
      uid: process.getuid?.(),
      env: { ...env, GLEANER_HOME: home },
    });
    const { child, ended } = runCli(home, 'run', '--headless', ...flags);
    this.#child = child;
    this.ended = ended;
    if (!child.stderr) throw new Error('no stderr');
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.log.push(line);
      if (process.env['GLEANER_TEST_LOG']) console.error(line);
      for (const read of [...this.#readers]) read(line);
    });
  }

  /** Resolves when the host can be asked. */
  static async start(home: string, ...flags: readonly string[]): Promise<HostChild> {
    mkdirSync(home, { recursive: true });
    writeSettings(home);
    const host = new HostChild(home, flags);
    await host.logs('control listening');
    return host;
  }

  get client(): SocketClient {
    return new SocketClient(this.paths);
  }

  /** Resolves once a line with these words was logged; rejects when the host ends without it. */
  logs(words: string): Promise<string> {
    const before = this.log.find((line) => line.includes(words));
    if (before !== undefined) return Promise.resolve(before);
    return new Promise((resolve, reject) => {
      const read = (line: string): void => {
        if (!line.includes(words)) return;
        this.#readers.delete(read);
        resolve(line);
      };
      this.#readers.add(read);
      void this.ended.then(() => {
        reject(new Error(`it ended without "${words}":\n${this.log.join('\n')}`));
      });
    });
  }

  /** Resolves with the first Snapshot that `wanted` says yes to; rejects when the host goes before. */
  async sees(wanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    for await (const { snapshot } of this.client.events()) {
      if (wanted(snapshot)) return snapshot;
    }
    throw new Error('the host tells no more');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
