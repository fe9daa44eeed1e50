import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { runAgent, shellAgent } from './agent-fixture.ts';
import {
  type Answer,
  ask,
  capabilities,
  condorAgent,
  controlPort,
  controlSecret,
  pool,
  sampleConfig,
  sampleToken,
  send,
} from './condor-fixture.ts';
import { program } from './host-jobs-fixture.ts';
import { patientBounds } from './patience.ts';
import { type BareVm, bootBareVm, bootLimitMs } from './session-fixture.ts';

/** The real daemons in their appliance, with no pool to be found; each test goes on where the one before ended. */

const MiB = 1024 * 1024;

let vm: BareVm;
let session: GuestSession;
const servers: Server[] = [];

const socketPath = (): string => join(vm.dir, 'condor.sock');
const look = (): Promise<Answer> => ask(socketPath(), { ask: 'look', history: 0 });
const start = (): Promise<Answer> =>
  ask(socketPath(), {
    ask: 'start',
    config: sampleConfig(),
    tokens: [{ name: 'pool', text: sampleToken }],
  });

/** Looks until the slot is in this state. */
async function slotReaches(state: string): Promise<Answer> {
  for (;;) {
    const seen = await look();
    if (seen['master'] !== true) throw new Error(`no master: ${JSON.stringify(seen)}`);
    if (seen.slots?.some((slot) => slot.name === 'slot1' && slot.state === state)) return seen;
  }
}

beforeAll(async () => {
  vm = await bootBareVm({ appliance: 'condor', grid: 'condor', vcpus: 1 });
  session = vm.session(patientBounds);
  await session.connect(bootLimitMs);
  await session.reach({ port: controlPort, socketPath: socketPath() });
});
afterAll(async () => {
  for (const server of servers) server.close();
  await session.dispose();
  await vm.end();
});

test('the guest is proven before the agent, and addresses that a computer cannot have are refused', async () => {
  expect((await session.selfCheck()).filter((check) => !check.ok)).toEqual([]);
  for (const address of [
    '127.0.0.2',
    '0.1.2.3',
    '224.0.0.1',
    '255.255.255.255',
    '10.0.0',
    '010.0.0.1',
    '::1',
  ]) {
    const agent = condorAgent({ addresses: [pool.own, address] });
    await expect(session.startAgent(agent), address).rejects.toMatchObject({ code: 'bad-request' });
  }
  const many = Array.from({ length: 33 }, (_, i) => `10.1.1.${i}`);
  await expect(session.startAgent(condorAgent({ addresses: many }))).rejects.toMatchObject({
    code: 'bad-request',
  });
});

interface Seen {
  readonly [fact: string]: unknown;
}

test('jobs in the wrapper are apart from one another, and hold nothing', async () => {
  let told = '';
  const ended = new Promise<void>((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => (told += chunk.toString()));
      socket.on('end', resolve);
    });
    servers.push(server);
    server.listen(join(vm.dir, 'pool'));
  });
  await session.startAgent(
    condorAgent({
      name: 'wrapped',
      argv: ['/usr/bin/python3', '-c', program('wrapped.py'), pool.collector, String(pool.port)],
    }),
  );
  const forward = { bindAddress: pool.collector, port: pool.port, toSocketPath: join(vm.dir, 'pool') };
  await session.forward(forward);
  const end = async (): Promise<string> => {
    for (;;) {
      const { running, words } = await session.agentStatus('wrapped');
      if (!running) return words;
    }
  };
  expect(await end()).toBe('exit 0');
  await session.stopAgent('wrapped');
  await ended;
  const report = JSON.parse(told) as Seen;
  const none = '0'.repeat(16);
  for (const [name, uid] of [
    ['first', 1001],
    ['second', 1002],
  ] as const) {
    expect(report[name], name).toEqual({
      ids: [uid, uid, uid, []],
      seen: { '/tmp': [name], '/var/tmp': [name], '/dev/shm': [name] },
      sticky: ['0o41777', '0o41777', '0o41777'],
      caps: [none, none, none, none, none],
      nnp: '1',
      // SIGPIPE and SIGXFSZ: it is Python, which ignores them itself.
      ignored: 0x1001000,
      'user namespace': 'No space left on device',
      'mount namespace': 'Operation not permitted',
      mount: 'Operation not permitted',
      limit: 'Read-only file system',
      'oom score of root': 'No such file or directory',
      others: [],
      preloaded: true,
      environment: [
        ...['LD_DEBUG', 'LD_DEBUG_OUTPUT', 'LD_PRELOAD'],
        ...['_CONDOR_SCRATCH_DIR', '_CONDOR_WRAPPER_ERROR_FILE', 'an odd name'],
      ],
      odd: 'a = b',
      argument: 'x=y  *',
    });
  }
  expect(report['codes']).toEqual([7, -10]);
  expect(report['own /tmp']).toEqual([]);
  // The variables of the loader reached the job's program, and none of those that have privileges.
  expect(report['loaded programs']).toEqual([1, 1]);
  expect(report['again']).toEqual([0, 0, 0, 0, 0]);
  const failed = { out: '', file: null };
  const words = 'gleaner: /nowhere/job: No such file or directory\n';
  expect(report['no program']).toEqual({ ...failed, code: 127, err: words });
  const unfit = 'gleaner: /etc/passwd: Permission denied\n';
  expect(report['no executable']).toEqual({ ...failed, code: 126, err: unfit });
  const sentence = expect.stringMatching(/^gleaner could not start the job: .*No space left/) as unknown;
  expect(report['no namespace']).toEqual({ code: 1, out: '', err: sentence, file: sentence });
  expect(report['no scratch']).toEqual([1, expect.stringContaining('Permission denied')]);
  expect(report['root']).toEqual({ limit: 'Read-only file system', sysrq: 'Read-only file system' });
  expect(report['reach']).toEqual({
    [`${pool.collector}:${pool.port + 1}`]: 'Connection refused',
    [`${pool.own}:${pool.port}`]: 'Connection refused',
    [`10.77.0.2:${pool.port}`]: 'Network is unreachable',
    [`127.0.0.1:${pool.port}`]: 'Connection refused',
    '1.1.1.1:80': 'Network is unreachable',
  });
  for (const server of servers.splice(0)) server.close();
});

test('of what lies where jobs write, only what a job cannot have made is told, and no secret', async () => {
  const argv = ['/usr/bin/python3', '-B', '-c', program('view.py')];
  expect(await runAgent(session, condorAgent({ name: 'view', argv }))).toBe('exit 0');
});

test('what jobs say of their progress is a number, whatever they answer, and waited for by nobody', async () => {
  const argv = ['/usr/bin/python3', '-B', '-c', program('chirping.py')];
  expect(await runAgent(session, condorAgent({ name: 'chirping', argv }))).toBe('exit 0');
});

test('with the last agent that asked for it, the right to user namespaces is gone', async () => {
  expect((await session.selfCheck()).filter((check) => !check.ok)).toEqual([]);
  const attempt = 'python3 -c "import os; os.unshare(os.CLONE_NEWUSER)" 2>&1 | tail -n 1';
  expect(await runAgent(session, shellAgent(attempt))).toMatch(/^exit 0: OSError: .*No space left/);
  const proc = '(: >/proc/self/comm) 2>/dev/null && echo writable || echo read-only';
  expect(await runAgent(session, shellAgent(proc))).toBe('exit 0: read-only');
});

test('the daemons come up with no pool to be found', async () => {
  await session.startAgent(condorAgent());
  // Until it listens, nobody takes the connection.
  for (;;) {
    const answer = await send(
      socketPath(),
      `${JSON.stringify({ secret: controlSecret, ask: 'look', history: 0 })}\n`,
    );
    if (answer === '') continue;
    expect(JSON.parse(answer)).toEqual({
      master: false,
      ended: null,
      slots: [],
      jobs: [],
      history: { from: 0, next: 0, text: '' },
    });
    break;
  }
  expect(await ask(socketPath(), { ask: 'configure', config: '' })).toEqual({
    error: 'the master is not running',
  });
  expect(await start()).toEqual({});
  expect((await slotReaches('Unclaimed')).slots).toEqual([
    { name: 'slot1', state: 'Unclaimed', activity: 'Idle', claimed: false },
  ]);
  expect(await start()).toEqual({ error: 'the master is running' });
  const { code, words } = await ask(socketPath(), { ask: 'ping' });
  expect(code).not.toBe(0);
  expect(words).toMatch(/^ADVERTISE_STARTD failed!\nSECMAN:\d+:/);
});

test('who does not know the secret, or is not root, learns nothing', async () => {
  const said = (request: unknown): Promise<string> => send(socketPath(), `${JSON.stringify(request)}\n`);
  const wrong = '{"error": "the secret is wrong"}\n';
  const request = { ask: 'stop', mode: 'fast', seconds: 5 };
  for (const secret of [
    undefined,
    null,
    '',
    'only-for-this-tes',
    `${controlSecret}!`,
    'ö\ud800',
    [],
    {},
    true,
  ])
    expect(await said({ ...request, secret })).toBe(wrong);
  expect(await said([controlSecret])).toBe('{"error": "the request is no object"}\n');
  const script = `
import json, socket
with socket.create_connection(("127.0.0.1", ${controlPort})) as s:
    try:
        s.sendall(json.dumps({"secret": "${controlSecret}", "ask": "look", "history": 0}).encode() + b"\\n")
        print(len(s.recv(65536)))
    except OSError:
        print(0)
`;
  const argv = ['/usr/bin/python3', '-c', script];
  expect(await runAgent(session, shellAgent('', { argv, uid: 1001, gid: 1001 }))).toBe('exit 0: 0');
  expect(await runAgent(session, shellAgent('', { argv, uid: 0, gid: 0 }))).toMatch(/^exit 0: [1-9]/);
});

test('garbage, what is too large and what never ends are refused, beside those that are answered', async () => {
  // Open for as long as the agent waits for its line.
  const slow = Array.from({ length: 4 }, () => send(socketPath(), '{"secret":'));
  const errorOf = (answer: string): string => (JSON.parse(answer) as { error: string }).error;
  const refused = async (line: string): Promise<string> => errorOf(await send(socketPath(), line));
  expect(await refused('\n')).toBe('the request is no JSON');
  const noLine = Uint8Array.from({ length: 2000 }, (_, i) => (i % 256 === 10 ? 0 : i % 256));
  expect(errorOf(await send(socketPath(), noLine))).toMatch(/./);
  expect(await refused(`${'['.repeat(100_000)}\n`)).toBe('the request is no JSON');
  expect(await refused(`${'9'.repeat(100_000)}\n`)).toBe('the request is no JSON');
  const line = (request: Readonly<Record<string, unknown>>): string =>
    `${JSON.stringify({ secret: controlSecret, ...request })}\n`;
  expect(await refused(line({ ask: 'everything' }))).toBe('there is no such request');
  expect(await refused(line({ ask: ['look'] }))).toBe('there is no such request');
  for (const history of [-1, '0', null, 1e300, true])
    expect(await refused(line({ ask: 'look', history }))).toMatch(/^history is no number/);
  for (const name of ['../config', '', '.hidden', 'a/b', 7, null, 'a\n'])
    expect(await refused(line({ ask: 'tokens', tokens: [{ name, text: '' }] }))).toBe('a token has no name');
  expect(await refused(line({ ask: 'configure', config: 'A = \0' }))).toMatch(/^config is no text/);
  expect(await refused(line({ ask: 'stop', mode: 'softly', seconds: 1 }))).toMatch(/^mode/);
  expect(await refused(line({ ask: 'frozen', jobs: { slot1_1: 'long' } }))).toMatch(/^slot1_1 is no number/);
  expect(await refused(line({ ask: 'look', history: 0, more: 'x'.repeat(MiB) }))).toMatch(
    /no line of at most/,
  );
  expect(await ask(socketPath(), { ask: 'frozen', jobs: { slot1_1: 3 } })).toEqual({
    published: [],
    failed: { slot1_1: 'no job runs there' },
  });
  for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^{"error": /);
  expect((await look())['master']).toBe(true);
});

test('a new configuration is what the daemons go by', async () => {
  expect(await ask(socketPath(), { ask: 'configure', config: sampleConfig('False') })).toEqual({});
  await slotReaches('Owner');
  expect(await ask(socketPath(), { ask: 'configure', config: sampleConfig() })).toEqual({});
  await slotReaches('Unclaimed');
  const other = sampleToken.replace('c2lnbmF0dXJl', 'c2lnbmF0dXJm');
  expect(await ask(socketPath(), { ask: 'tokens', tokens: [{ name: 'other', text: other }] })).toEqual({});
});

test('the daemons hold the capabilities that were named and no more, and the secrets are root’s, in memory', async () => {
  await session.dispose();
  const { ssh, socket } = await vm.raw({ fresh: false });
  const run = async (script: string): Promise<string[]> => {
    const { stdout, stderr } = await ssh.exec(script);
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  };
  const processes = await run(
    `for p in $(cat /sys/fs/cgroup/work/agent-condor/cgroup.procs); do
       name=$(cat /proc/$p/comm 2>/dev/null)
       [ -z "$name" ] || [ "$name" = busybox ] || [ "$name" = time ] || [ "$name" = unshare ] ||
         echo $name $(sed -n 's/^Uid:\\t//p; s/^Cap...:\\t//p; s/^NoNewPrivs:\\t//p' /proc/$p/status)
     done | sort`,
  );
  const [none, asked] = ['0'.repeat(16), '00000000000000fb'];
  expect(capabilities).toHaveLength(7);
  expect(processes).toEqual(
    ['condor-agent', 'condor_master', 'condor_procd', 'condor_shared_p', 'condor_startd'].map(
      (name) => `${name} 0 0 0 0 ${none} ${asked} ${asked} ${asked} ${none} 1`,
    ),
  );
  // None of them had to be started again.
  const log = '/proc/$(cat /run/work/agent-condor/main)/root/var/lib/condor/log/StartLog';
  expect(await run(`grep -c 'STARTING UP' ${log}`)).toEqual(['1']);
  const inside = 'cd /proc/$(cat /run/work/agent-condor/main)/root/dev/shm';
  expect(await run(`${inside}; stat -c '%a %u %n' gleaner gleaner/* gleaner/tokens/*`)).toEqual([
    '700 0 gleaner',
    '600 0 gleaner/claim.slot1',
    '600 0 gleaner/config',
    '700 0 gleaner/passwords',
    '700 0 gleaner/tokens',
    '600 0 gleaner/tokens/other',
  ]);
  const asSlot = `/bin/setpriv --reuid 1001 --regid 1001 --clear-groups`;
  expect(
    await run(`${inside}; ${asSlot} /kit/busybox cat gleaner/tokens/other gleaner/config 2>&1; true`),
  ).toEqual([
    "cat: can't open 'gleaner/tokens/other': Permission denied",
    "cat: can't open 'gleaner/config': Permission denied",
  ]);
  // The words of neither token nor secret are anywhere on the scratch disk; those of the daemons are.
  await run('sync');
  const onDisk = (words: string): Promise<string[]> =>
    run(`grep -c -a -F '${words}' /run/disk/scratch || true`);
  expect(await onDisk(sampleToken.split('.')[1] ?? '')).toEqual(['0']);
  expect(await onDisk(controlSecret)).toEqual(['0']);
  expect(Number(await onDisk('condor_master'))).toBeGreaterThan(0);
  expect(
    await run(`cd /proc; for p in $(cat /sys/fs/cgroup/work/agent-condor/cgroup.procs); do
      [ "$(cat $p/comm)" != condor_master ] || tr '\\0' '\\n' <$p/environ | grep -c GLEANER; done`),
  ).toEqual(['0']);
  for (const address of [
    '127.0.0.1',
    '0.0.0.1',
    '240.0.0.1',
    '10.0.0.256',
    '10.0.0.01',
    '10.0.0',
    '1.2.3.4.5',
    '',
    'x',
  ]) {
    const request = `arg ${btoa('/bin/true')}\naddress ${address}\nmemory 9999999\npids 9\ncpu max 100000\nend\n`;
    const { stderr } = await ssh.exec('ctl agent-start other', { stdin: request });
    expect(stderr, address).toBe('bad-request: this address is not given to agents\n');
  }
  expect(await run('nsenter --net=/run/net ip -o -4 addr | sed "s/.*inet //; s/ .*//"')).toEqual([
    ...['127.0.0.1/8', `${pool.collector}/32`, `${pool.own}/32`],
  ]);
  ssh.end();
  socket.destroy();
  session = vm.session(patientBounds);
  await session.connect(bootLimitMs);
  await session.reach({ port: controlPort, socketPath: socketPath() });
  expect((await look()).slots).toHaveLength(1);
});

test('asked to end gracefully, all of them do; and so does the agent, with what it keeps', async () => {
  expect(await ask(socketPath(), { ask: 'stop', mode: 'graceful', seconds: 600 })).toEqual({ stopped: true });
  expect(await look()).toMatchObject({ master: false, ended: 'exit 0', slots: [] });
  expect(await start()).toEqual({});
  await slotReaches('Unclaimed');
  await session.stopAgent('condor', 600);
  await expect(session.agentStatus('condor')).rejects.toMatchObject({ code: 'not-found' });
  expect((await session.selfCheck()).filter((check) => !check.ok)).toEqual([]);
});
