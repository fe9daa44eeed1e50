import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { GuestAgent } from '../../electron/vm/session/messages.ts';

const MiB = 1024 * 1024;

/** The port on which the agent answers inside the guest. */
export const controlPort = 9620;
export const controlSecret = 'only-for-this-test';
/** A pool's collector, and the address that the execute node calls its own. */
export const pool = { collector: '10.77.0.1', port: 9618, own: '10.77.0.5' };

export const capabilities = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid'];

/** HTCondor's execute daemons as the appliance keeps them; they start when they are asked to. */
export function condorAgent(more: Partial<GuestAgent> = {}): GuestAgent {
  return {
    name: 'condor',
    argv: ['/usr/lib/gleaner/condor-agent'],
    env: { GLEANER_SECRET: controlSecret },
    memoryBytes: 224 * MiB,
    processes: 256,
    vcpus: 1,
    logBytes: 64 * 1024,
    capabilities,
    uid: 0,
    gid: 0,
    data: false,
    files: [],
    addresses: [pool.collector, pool.own],
    privateTmp: true,
    ...more,
  };
}

/** What a host says of its pool, but for what the appliance's own file adds; `start` is the allowance. */
export const sampleConfig = (start = 'True'): string => `
CONDOR_HOST = ${pool.collector}
COLLECTOR_HOST = ${pool.collector}:${pool.port}
UID_DOMAIN = pool.test
TRUST_DOMAIN = pool.test
FILESYSTEM_DOMAIN = exec-1.pool.test
NO_DNS = True
DEFAULT_DOMAIN_NAME = pool.test
ENABLE_IPV6 = False
USE_SHARED_PORT = True
BIND_ALL_INTERFACES = False
NETWORK_INTERFACE = ${pool.own}
NETWORK_HOSTNAME = exec-1.pool.test
CCB_ADDRESS = $(COLLECTOR_HOST)
CCB_HEARTBEAT_INTERVAL = 30
CCB_RECONNECT_TIME = 5
UPDATE_COLLECTOR_WITH_TCP = True
UPDATE_INTERVAL = 30
DAEMON_LIST = MASTER, STARTD

SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_ENCRYPTION = REQUIRED
SEC_DEFAULT_INTEGRITY = REQUIRED
# The daemons know one another by FS; whoever is elsewhere cannot.
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_CLIENT_AUTHENTICATION_METHODS = IDTOKENS, FS
SEC_ENABLE_REMOTE_ADMINISTRATION = False
SEC_USE_FAMILY_SESSION = False
ALLOW_ADMINISTRATOR = root@*
ALLOW_DAEMON = root@*
ALLOW_WRITE = root@*
ALLOW_READ = root@*

NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = 100%
SLOT_TYPE_1_PARTITIONABLE = True
START = ${start}
IS_OWNER = START =?= False
SUSPEND = False
PREEMPT = False
KILL = False
MachineMaxVacateTime = 20
`;

/** A token of the right shape; it opens nothing. */
export const sampleToken = `eyJhbGciOiJIUzI1NiIsImtpZCI6IlBPT0wifQ.${'cGxhbnRlZC1mb3ItdGhpcy10ZXN0'.repeat(4)}.c2lnbmF0dXJl`;

async function connected(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function restOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'close');
  return text;
}

/** Sends bytes as they are, and gives all that comes back before the connection is closed. */
export async function send(socketPath: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await connected(socketPath);
  const answer = restOf(socket);
  socket.write(bytes);
  return answer;
}

export interface Slot {
  readonly name: string;
  readonly state: string;
  readonly activity: string;
  readonly claimed: boolean;
}
export type Answer = Readonly<Record<string, unknown>> & { readonly slots?: readonly Slot[] };

/** One request of the agent's, with the right secret; an empty answer of a connection that nobody took throws. */
export async function ask(socketPath: string, request: Readonly<Record<string, unknown>>): Promise<Answer> {
  return JSON.parse(
    await send(socketPath, `${JSON.stringify({ secret: controlSecret, ...request })}\n`),
  ) as Answer;
}
