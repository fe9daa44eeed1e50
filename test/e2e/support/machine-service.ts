import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SettingsLayer, settingsVersion } from '../../../electron/contract/settings.ts';
import { type OwnedChild, spawnOwned } from '../../../resources/dev/children.ts';
import { checkoutDir } from './launch.ts';

const node = path.join(checkoutDir, 'node_modules', '.bin', 'node');
const cliPath = path.join(checkoutDir, 'electron', 'cli.ts');

/** A machine whose administrator wants a service, under one folder; root's alone, as the overrides are that it needs. */
export class MachineService {
  readonly #dir = mkdtempSync(path.join(tmpdir(), 'gl-service-'));
  #child: OwnedChild | undefined;

  constructor() {
    chmodSync(this.#dir, 0o755);
    for (const dir of [this.#profilesDir, this.#stateDir]) mkdirSync(dir, { mode: 0o755 });
  }

  /** What makes the app and the command line look here instead of at the system's own places. */
  get env(): Record<string, string> {
    return { GLEANER_PROFILES: this.#profilesDir, GLEANER_SERVICE: this.#stateDir };
  }

  /** Replaces the locked profile at once. */
  lock(settings: SettingsLayer): void {
    const filePath = path.join(this.#profilesDir, 'locked.json');
    const profile = { version: settingsVersion, organization: 'ACME', settings };
    writeFileSync(`${filePath}.new`, JSON.stringify(profile), { mode: 0o644 });
    renameSync(`${filePath}.new`, filePath);
  }

  /** Starts the real service and resolves once both sockets are there. */
  async start(): Promise<void> {
    const child = spawnOwned([node, cliPath, 'run', '--service'], {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let log = '';
    const listening = new Promise<void>((resolve) => {
      child.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-100_000);
        if (log.includes('control listening')) resolve();
      });
    });
    const ended = child.exited.then((code) => {
      throw new Error(`The service ended with ${code}:\n${log}`);
    });
    ended.catch(() => undefined);
    await Promise.race([listening, ended]);
  }

  /** kill -9, and all that it has started. */
  async die(): Promise<void> {
    await this.#child?.stop(0);
  }

  /** Ends in good order; resolves to its exit code. */
  async stop(): Promise<number | undefined> {
    await this.#child?.stop(60_000);
    return await this.#child?.exited;
  }

  /** Resolves to its exit code once it ends by itself. */
  async ended(): Promise<number | undefined> {
    return await this.#child?.exited;
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true });
  }

  get #profilesDir(): string {
    return path.join(this.#dir, 'profiles');
  }

  get #stateDir(): string {
    return path.join(this.#dir, 'state');
  }
}
