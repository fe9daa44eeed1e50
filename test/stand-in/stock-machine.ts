import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Disposable } from '../../electron/base/disposal.ts';
import { GleanerError } from '../../electron/contract/index.ts';
import type { AgentMachine } from '../../electron/grid/boinc/runner.ts';
import type { AgentStart } from '../../electron/grid/boinc/runner-machine.ts';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';

/**
 * What a runner takes for a VM: the appliance's stock client with a data folder of its own, in the network of the
 * tests. Lost when it is disposed of; another one on the same folder goes on.
 */
export class StockMachine implements AgentMachine, Disposable {
  readonly dataDir: string;
  readonly started: AgentStart[] = [];
  readonly #rootDir: string;
  readonly #gatewayPath: string;
  readonly #socketDir = mkdtempSync(path.join(tmpdir(), 'gr-'));
  readonly #servers: Server[] = [];
  #child: OwnedChild | undefined;
  #running = false;
  #words = 'never started';
  #isLost = false;

  /** @param rootDir of `unpackAppliance` */
  constructor(rootDir: string, gatewayPath: string, dataDir = mkdtempSync(path.join(tmpdir(), 'gm-'))) {
    this.#rootDir = rootDir;
    this.#gatewayPath = gatewayPath;
    this.dataDir = dataDir;
    mkdirSync(path.join(rootDir, 'data'), { recursive: true });
  }

  startAgent(agent: AgentStart): Promise<void> {
    this.#check();
    this.started.push(agent);
    for (const { path: name, content, mode } of agent.files) {
      writeFileSync(path.join(this.dataDir, name), content, { mode });
    }
    const files = ['resolv.conf', 'hosts', 'nsswitch.conf'].map((name) => `/etc/${name}`);
    const child = spawnOwned(
      [
        ...['bwrap', '--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
        ...['--bind', this.#rootDir, '/', '--bind', this.dataDir, '/data', '--chdir', '/data'],
        ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
        ...files.flatMap((file) => ['--ro-bind', file, file]),
        ...agent.argv,
      ],
      { env: { PATH: process.env['PATH'], ...agent.env }, stdio: 'ignore' },
    );
    this.#child = child;
    this.#running = true;
    void child.exited.then((code) => {
      if (this.#child !== child) return;
      this.#running = false;
      this.#words = `exited ${code}`;
    });
    return Promise.resolve();
  }

  agentStatus(): Promise<{ running: boolean; words: string }> {
    this.#check();
    return Promise.resolve({ running: this.#running, words: this.#running ? 'running' : this.#words });
  }

  async stopAgent(graceSeconds: number): Promise<void> {
    this.#check();
    await this.#child?.stop(graceSeconds * 1000);
    this.#running = false;
  }

  reach(port: number): Promise<string> {
    this.#check();
    const socketPath = path.join(this.#socketDir, `${port}`);
    return this.#serve({ path: socketPath }, { host: '127.0.0.1', port }).then(() => socketPath);
  }

  forwardGateway(port: number): Promise<void> {
    this.#check();
    return this.#serve({ host: '127.0.0.1', port }, { path: this.#gatewayPath });
  }

  frozenMs(): number {
    return 0;
  }

  facts(): { accelerator: string; applianceDigest: string } {
    return { accelerator: 'none', applianceDigest: `sha256:${'0'.repeat(64)}` };
  }

  /** Its client ends at once, with all that it started. */
  async kill(): Promise<void> {
    this.#child?.process.kill('SIGKILL');
    await this.#child?.exited;
  }

  /** The machine is gone; its data folder stays. */
  async lose(): Promise<void> {
    this.#isLost = true;
    await this.kill();
    for (const server of this.#servers.splice(0)) server.close();
    rmSync(this.#socketDir, { recursive: true, force: true });
  }

  async dispose(): Promise<void> {
    await this.lose();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #check(): void {
    if (this.#isLost) throw new GleanerError('session-lost', 'The machine is gone.');
  }

  async #serve(
    at: { readonly path: string } | { readonly host: string; readonly port: number },
    to: { readonly path: string } | { readonly host: string; readonly port: number },
  ): Promise<void> {
    const server = createServer((socket) => {
      const other = connect(to);
      // Whoever speaks through it hears of its end.
      void Promise.allSettled([pipeline(socket, other), pipeline(other, socket)]);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, resolve);
    });
  }
}
