import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import type { GuestAgent, GuestFile } from '../../electron/vm/session/messages.ts';

const MiB = 1024 * 1024;

/** The port on which the BOINC client answers inside the guest. */
export const guiRpcPort = 31_416;
export const rpcPassword = 'only-for-this-test';

/** An agent of the tests' own: a shell script as nobody. */
export function shellAgent(script: string, more: Partial<GuestAgent> = {}): GuestAgent {
  return {
    name: 'probe',
    argv: ['/bin/sh', '-c', script],
    env: {},
    memoryBytes: 96 * MiB,
    processes: 32,
    vcpus: 1,
    logBytes: 4096,
    capabilities: [],
    uid: 65_534,
    gid: 65_534,
    data: false,
    files: [],
    ...more,
  };
}

/** Runs an agent to its end; how it ended, and what it said last. */
export async function runAgent(session: GuestSession, agent: GuestAgent): Promise<string> {
  await session.startAgent(agent);
  for (;;) {
    const { running, words } = await session.agentStatus(agent.name);
    if (running) continue;
    await session.stopAgent(agent.name);
    return words;
  }
}

/** The real BOINC client as the appliance starts it, quiet, with no project. */
export function boincAgent(files: readonly GuestFile[] = []): GuestAgent {
  return {
    name: 'boinc',
    argv: ['/usr/lib/gleaner/boinc-agent'],
    env: {},
    memoryBytes: 160 * MiB,
    processes: 64,
    vcpus: 1,
    logBytes: 64 * 1024,
    capabilities: [],
    uid: 600,
    gid: 600,
    data: true,
    files: [
      { path: 'gui_rpc_auth.cfg', content: rpcPassword, mode: 0o600 },
      { path: 'cc_config.xml', content: quietConfig, mode: 0o600 },
      ...files,
    ],
  };
}

const quietConfig = [
  '<cc_config><options>',
  '<dont_contact_ref_site>1</dont_contact_ref_site>',
  '<skip_cpu_benchmarks>1</skip_cpu_benchmarks>',
  '<proxy_info><http_server_name>127.0.0.1</http_server_name><http_server_port>3128</http_server_port></proxy_info>',
  '</options></cc_config>\n',
].join('\n');

/** One connection of GUI RPC, as far as tests need it: requests and answers end with byte 3. */
export class RpcConnection {
  readonly #socket;
  #text = '';

  private constructor(socketPath: string) {
    this.#socket = connect(socketPath);
    this.#socket.on('error', () => undefined);
  }

  /** Connects and proves the password; rejects when nobody answers. */
  static async open(socketPath: string, password = rpcPassword): Promise<RpcConnection> {
    const rpc = new RpcConnection(socketPath);
    try {
      await once(rpc.#socket, 'connect');
      const [, nonce = ''] = /<nonce>([\d.]+)<\/nonce>/.exec(await rpc.ask('<auth1/>')) ?? [];
      const hash = createHash('md5')
        .update(nonce + password)
        .digest('hex');
      const answer = await rpc.ask(`<auth2><nonce_hash>${hash}</nonce_hash></auth2>`);
      if (!answer.includes('<authorized/>')) throw new Error(`refused: ${answer}`);
      return rpc;
    } catch (error) {
      rpc.close();
      throw error;
    }
  }

  async ask(request: string): Promise<string> {
    this.#socket.write(`<boinc_gui_rpc_request>\n${request}\n</boinc_gui_rpc_request>\n\x03`);
    while (!this.#text.includes('\x03')) {
      const [chunk] = (await Promise.race([
        once(this.#socket, 'data'),
        once(this.#socket, 'close').then(() => {
          throw new Error('the connection ended');
        }),
      ])) as [Buffer];
      this.#text += chunk.toString();
    }
    const [answer = '', ...rest] = this.#text.split('\x03');
    this.#text = rest.join('\x03');
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A connection to a client that may still be starting: as soon as it takes one. Rejects when the client has ended. */
export async function answeredRpc(session: GuestSession, socketPath: string): Promise<RpcConnection> {
  for (;;) {
    try {
      return await RpcConnection.open(socketPath);
    } catch (error) {
      const { running, words } = await session.agentStatus('boinc');
      if (!running) throw new Error(`the client ended: ${words}`, { cause: error });
    }
  }
}
