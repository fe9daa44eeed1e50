import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../../electron/base/disposal.ts';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';
import { defaultOutDir } from '../../resources/guest/recipe.ts';

const port = 31416;
const password = 'only-for-this-test';
const endMark = '\x03';

const config = `<cc_config>
<log_flags>
<task_debug>1</task_debug><sched_op_debug>1</sched_op_debug><unparsed_xml>1</unparsed_xml>
</log_flags>
<options>
<dont_contact_ref_site>1</dont_contact_ref_site><no_info_fetch>1</no_info_fetch><no_gpus>1</no_gpus>
<report_results_immediately>1</report_results_immediately><skip_cpu_benchmarks>1</skip_cpu_benchmarks>
<ncpus>2</ncpus>
</options>
</cc_config>
`;
const preferences = `<global_preferences>
<run_on_batteries>1</run_on_batteries><run_if_user_active>1</run_if_user_active>
<suspend_cpu_usage>0</suspend_cpu_usage><cpu_usage_limit>100</cpu_usage_limit>
<leave_apps_in_memory>1</leave_apps_in_memory><work_buf_min_days>0.01</work_buf_min_days><work_buf_additional_days>0</work_buf_additional_days>
</global_preferences>
`;

/** The appliance `boinc` as set-up has built it, unpacked into a new folder; the caller deletes it. */
export function unpackAppliance(): string {
  const imagesDir = defaultOutDir();
  const manifest = JSON.parse(readFileSync(path.join(imagesDir, 'manifest.json'), 'utf8')) as {
    appliances: { boinc: { file: string } };
  };
  const dir = mkdtempSync(path.join(tmpdir(), 'ga-'));
  const image = path.join(imagesDir, manifest.appliances.boinc.file);
  execFileSync('unsquashfs', ['-quiet', '-no-progress', '-force', '-dest', dir, image]);
  return dir;
}

/**
 * The appliance's stock client without a VM round it, for tests of the stand-in alone. It shares the test's own
 * network; its files and processes are apart.
 */
export class StockClient implements Disposable {
  readonly dir: string;
  readonly #rootDir: string;
  #child: OwnedChild | undefined;
  #socket: Socket | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  /**
   * @param rootDir of `unpackAppliance`
   * @param authority PEM of one to trust
   */
  constructor(rootDir: string, authority?: string) {
    this.#rootDir = rootDir;
    this.dir = mkdtempSync(path.join(tmpdir(), 'gs-'));
    writeFileSync(path.join(this.dir, 'cc_config.xml'), config);
    writeFileSync(path.join(this.dir, 'global_prefs_override.xml'), preferences);
    writeFileSync(path.join(this.dir, 'gui_rpc_auth.cfg'), password, { mode: 0o600 });
    if (authority !== undefined) writeFileSync(path.join(this.dir, 'ca-bundle.crt'), authority);
    mkdirSync(path.join(rootDir, 'data'), { recursive: true });
  }

  /** Resolves when it listens and knows us. */
  async start(): Promise<void> {
    const files = ['resolv.conf', 'hosts', 'nsswitch.conf'].map((name) => `/etc/${name}`);
    const argv = [
      ...['bwrap', '--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
      ...['--bind', this.#rootDir, '/', '--bind', this.dir, '/data', '--chdir', '/data'],
      ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
      ...files.flatMap((file) => ['--ro-bind', file, file]),
      ...['/usr/bin/boinc', '--dir', '/data', '--redirectio'],
      // A transfer that broke off is tried again after a second instead of a minute.
      ...['--pers_retry_delay_min', '1', '--pers_retry_delay_max', '2'],
    ];
    const child = spawnOwned(argv, { env: { PATH: process.env['PATH'] }, stdio: 'ignore' });
    this.#child = child;
    this.#socket = await this.#connected(child);
    const nonce = /<nonce>(.*)<\/nonce>/.exec(await this.rpc('<auth1/>'))?.[1] ?? '';
    const hash = createHash('md5').update(`${nonce}${password}`).digest('hex');
    const answer = await this.rpc(`<auth2>\n<nonce_hash>${hash}</nonce_hash>\n</auth2>`);
    if (!answer.includes('<authorized/>')) throw new Error('The client does not know us.');
  }

  attach(masterUrl: string, key: string): Promise<string> {
    return this.rpc(
      `<project_attach>\n<project_url>${masterUrl}</project_url>\n<authenticator>${key}</authenticator>\n<project_name>Stand-in</project_name>\n</project_attach>`,
    );
  }

  /** Has it ask the project now, whatever it waits for. */
  update(masterUrl: string): Promise<string> {
    return this.rpc(`<project_update>\n<project_url>${masterUrl}</project_url>\n</project_update>`);
  }

  /** One request and its reply, as XML. */
  rpc(request: string): Promise<string> {
    const next = this.#busy.then(() => this.#ask(request));
    this.#busy = next.catch(() => undefined);
    return next;
  }

  /** What it has said so far. */
  log(): string {
    return readFileSync(path.join(this.dir, 'stdoutdae.txt'), 'utf8');
  }

  /** Ends it softly, as a computer does that is shut down. */
  async quit(): Promise<void> {
    await this.rpc('<quit/>');
    await this.#child?.exited;
    this.#forget();
  }

  /** Ends it and everything that it started, at once. */
  async kill(): Promise<void> {
    this.#socket?.destroy();
    const child = this.#child;
    if (!child) return;
    child.process.kill('SIGKILL');
    await child.exited;
    this.#forget();
    // Its process namespace dies with the wrapper, a little later.
    while (await isListening()) await delay(50);
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #forget(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#child = undefined;
  }

  async #ask(request: string): Promise<string> {
    const socket = this.#socket;
    if (!socket) throw new Error('The client does not run.');
    socket.write(`<boinc_gui_rpc_request>\n${request}\n</boinc_gui_rpc_request>\n${endMark}`);
    let text = '';
    while (!text.endsWith(endMark)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      text += chunk.toString('latin1');
    }
    return text.slice(0, -1);
  }

  async #connected(child: OwnedChild): Promise<Socket> {
    let ended: number | undefined;
    void child.exited.then((code) => {
      ended = code;
    });
    while (ended === undefined) {
      const socket = await tryToConnect();
      if (socket) return socket;
      // Nothing tells when it begins to listen.
      await delay(100);
    }
    throw new Error(`The client ended with ${ended}.`);
  }
}

async function tryToConnect(): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } catch {
    return undefined;
  }
  // Its end is told to whoever waits for an answer.
  socket.on('error', () => undefined);
  return socket;
}

async function isListening(): Promise<boolean> {
  const socket = await tryToConnect();
  socket?.destroy();
  return socket !== undefined;
}
