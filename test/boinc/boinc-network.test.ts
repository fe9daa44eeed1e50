import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Denial, GridDetail } from '../../electron/contract/index.ts';
import { type AccountManagerStandIn, startAccountManager } from '../fakes/boinc-project/account-manager.ts';
import type { StandInUser } from '../fakes/boinc-project/accounts.ts';
import { type Authority, makeAuthority } from '../fakes/boinc-project/certificates.ts';
import type { StandIn } from '../fakes/boinc-project/stand-in.ts';
import { addresses, BoincWorld, placeOf, shows } from './boinc-world.ts';

/**
 * A project that an account manager named, over HTTPS with a company's own authority, whose files go elsewhere, and
 * which turns on its volunteer in every way that its servers and its tasks have. The tests follow one another.
 */

const inside = '10.77.0.9';
let authority: Authority;
let world: BoincWorld;
let standIn: StandIn;
let manager: AccountManagerStandIn;
let user: StandInUser;
let id: string;
/** Whoever reaches it has got past the gateway. */
let company: Server;
let reached = 0;

beforeAll(async () => {
  authority = makeAuthority();
  world = await BoincWorld.start({ settings: { 'network.authorities': authority.certificate } });
  standIn = await world.standIn({
    tls: authority,
    upload: placeOf('upload.example'),
    mirror: placeOf('data.example'),
  });
  manager = await startAccountManager({ ...placeOf('manager.example'), tls: authority });
  world.own(manager);
  user = standIn.account('person@example.org', 'a good password');
  company = createServer((socket) => {
    reached += 1;
    socket.destroy();
  });
  company.listen(80, inside);
  await once(company, 'listening');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await world.story(standIn));
});
afterAll(async () => {
  await world.dispose();
  company.close();
});

/** Resolves with the first denial of this grid that `wanted` says yes to. */
async function denied(wanted: (denial: Denial) => boolean): Promise<Denial> {
  const { denials } = await shows(world.host, id, (detail) => detail.denials.some(wanted));
  return denials.find(wanted) as Denial;
}

/** Resolves when the client has taken the refusal, and waits before it tries again. */
async function waits(direction: 'up' | 'down'): Promise<void> {
  await shows(world.host, id, ({ transfers }) =>
    transfers.some((transfer) => transfer.direction === direction && transfer.words !== null),
  );
}

/** Has the client ask the scheduler; resolves when it says that nothing came of it. Only then it hears the next wish. */
async function failsToAsk(): Promise<void> {
  const failed = ({ messages }: GridDetail): number =>
    messages.filter(({ text }) => /No (start|close) tag|Scheduler request .*failed/.test(text)).length;
  const before = failed(await world.host.call('grids.show', { id }));
  await world.host.call('grids.update', { id });
  await shows(world.host, id, (detail) => failed(detail) > before);
}

test('a manager’s project is joined, and its files go where the person lets them', async () => {
  const { host } = world;
  manager.account('me', 'the manager’s password');
  manager.projects = [
    { url: standIn.masterUrl, key: user.key, share: 42 },
    { url: 'https://second.example/other/', key: user.key, badSignature: true },
  ];
  const view = await host.call('manager.join', {
    url: manager.url,
    name: 'me',
    password: 'the manager’s password',
    allowPrivate: false,
  });
  expect(view).toMatchObject({ name: 'Stand-in manager', failure: null });
  expect(view.refused.map(({ url }) => url)).toEqual(['https://second.example/other/']);
  const grid = (await host.call('grids.list', {})).find(({ kind }) => kind === 'boinc');
  id = grid?.id ?? '';
  expect(grid).toMatchObject({ name: 'Stand-in', managedBy: 'Stand-in manager', share: 42 });
  const task = standIn.addTask({ cpuSeconds: 2, outputBytes: 100_000 });
  const upload = await denied(({ host: name }) => name === 'upload.example');
  expect(upload).toMatchObject({ port: 443, reason: 'not-listed', allowable: true });
  expect(standIn.count('upload')).toBe(0);
  await waits('up');
  await host.call('grids.allow', { id, host: 'upload.example', port: 443, private: false });
  await world.until(standIn, () => task.verdict !== null);
  expect(task.verdict).toBe('valid');
  const detail = await host.call('grids.show', { id });
  expect(detail.contacted.map(({ host: name }) => name).sort()).toEqual([
    'project.example',
    'upload.example',
  ]);
  expect(detail.weakKey).toBe(true);
});

test('a hostile task reaches its own project, and nothing else', async () => {
  const { host } = world;
  const task = standIn.addTask({ script: hostileScript });
  await world.until(standIn, () => task.verdict !== null);
  const said = task.output?.toString() ?? '';
  const section = (name: string): string =>
    new RegExp(`^== ${name}\n([\\s\\S]*?)(?=^== |$(?![\\s\\S]))`, 'm').exec(said)?.[1]?.trim() ?? 'missing';
  // Who it is.
  expect(section('id')).toBe('uid=600(boinc) gid=600(boinc) groups=600(boinc)');
  expect(section('host name')).toBe('gleaner');
  expect(section('interfaces')).toBe('lo');
  expect(section('capabilities')).toBe('CapEff:\t0000000000000000');
  // What it can read: the weak key of its own project and the password of its own client, which are of no other use.
  expect(section('keys')).toContain(user.weakKey);
  expect(said).not.toContain(user.key);
  expect(said).not.toContain('manager');
  // What it cannot: the control plane and its session.
  expect(section('control')).toBe('');
  expect(section('processes of others')).toBe('');
  expect(section('devices')).not.toMatch(/vd[a-z]|vport|hvc|ttyS|kmsg|mem/);
  // Ports of its loopback: the client's and the gateway's.
  expect(section('ports').split('\n').sort()).toEqual(['3128', '31416']);
  // Through the gateway: its project, and nobody else.
  expect(section('project')).toContain('200');
  for (const place of ['other', 'company', 'loopback', 'host']) {
    expect(section(place)).toMatch(/403|503/);
  }
  expect(section('direct')).toMatch(/unreachable/i);
  expect(reached).toBe(0);
  const { denials } = await host.call('grids.show', { id });
  const names = denials.map(({ host: name }) => name);
  for (const name of ['second.example', inside, '127.0.0.1']) expect(names).toContain(name);
});

test('a host for downloads that is not allowed is refused and shown, until the person allows it', async () => {
  const { host } = world;
  const elsewhere = 'https://data.example';
  const first = standIn.addTask({ cpuSeconds: 1, inputFrom: elsewhere });
  const denial = await denied(({ host: name }) => name === 'data.example');
  expect(denial).toMatchObject({ port: 443, reason: 'not-listed', allowable: true });
  expect(denial.sentence).toContain('data.example');
  const status = await host.call('status', {});
  expect(status.denials.map(({ host: name }) => name)).toContain('data.example');
  expect(standIn.requests.filter(({ host: name }) => name.startsWith('data.'))).toEqual([]);
  await waits('down');
  const { contacts } = await host.call('grids.allow', {
    id,
    host: 'data.example',
    port: 443,
    private: false,
  });
  expect(contacts).toContainEqual({ host: 'data.example', port: 443, source: 'person', private: false });
  await world.until(standIn, () => first.verdict !== null);
  expect(first.verdict).toBe('valid');
  expect(standIn.requests.filter(({ host: name }) => name.startsWith('data.'))).not.toEqual([]);
});

test('malformed and gigantic replies, and redirects into the company’s network, come to nothing', async () => {
  const { host } = world;
  const answers = [
    { kind: 'malformed' },
    { kind: 'gigantic', bytes: 10_000_000 },
    { kind: 'redirect', to: `http://${inside}:8080/secret` },
  ] as const;
  for (const answer of answers) {
    standIn.trouble('scheduler', answer);
    await failsToAsk();
  }
  await denied(({ host: name, port }) => name === inside && port === 8080);
  standIn.trouble('scheduler', null);
  const task = standIn.addTask({ cpuSeconds: 1 });
  await host.call('grids.update', { id });
  await world.until(standIn, () => task.verdict !== null);
  expect(task.verdict).toBe('valid');
  expect(reached).toBe(0);
});

test('a name that means another address all of a sudden is refused', async () => {
  const { host } = world;
  world.names.set('project.example', [inside]);
  await failsToAsk();
  await denied(({ host: name, reason }) => name === 'project.example' && reason === 'private-address');
  world.names.set('project.example', ['127.0.0.1']);
  await failsToAsk();
  await denied(({ host: name, reason }) => name === 'project.example' && reason === 'own-address');
  world.names.set('project.example', [addresses['project.example']]);
  const next = standIn.asked('scheduler');
  await host.call('grids.update', { id });
  await next;
  expect(reached).toBe(0);
});

test('the manager takes the project away again', async () => {
  const { host } = world;
  expect(manager.told[0]?.text).not.toMatch(/gui_rpc|authenticator|account_key/);
  manager.projects = [{ url: standIn.masterUrl, key: user.key, detach: true }];
  await host.call('manager.sync', {});
  expect((await host.call('grids.list', {})).map((grid) => grid.id)).toEqual(['local']);
  await host.call('manager.leave', { leaveProjects: true });
  expect((await host.call('status', {})).manager).toBeNull();
});

/** Prints what it finds out and what came of asking, in sections. bash opens TCP connections by itself. */
const hostileScript = `
section() { echo "== $1"; }
ask() { # host port request
  bash -c 'exec 3<>/dev/tcp/127.0.0.1/3128 && printf "%s\\r\\nHost: %s\\r\\n\\r\\n" "$1" "$2" >&3 && head -n 1 <&3' - "$1" "$2" 2>&1
}
section id; id
section 'host name'; cat /proc/sys/kernel/hostname
section interfaces; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '
section capabilities; grep CapEff /proc/self/status
section keys; cat /data/account_*.xml /data/gui_rpc_auth.cfg; grep -rhs authenticator /data
section control; ls -d /control /kit /.old /init /run/* 2>/dev/null; find / -xdev -name '*dropbear*' 2>/dev/null
section 'processes of others'
for status in /proc/[0-9]*/status; do grep -H '^Uid:' "$status" | grep -v '600	600	600	600'; done
section devices; ls -R /dev
section ports
tail -n +2 /proc/net/tcp | while read -r _ local _ state _; do
  [ "$state" = 0A ] && printf '%d\\n' "0x\${local##*:}"
done | sort -u
section project; ask 'CONNECT project.example:443 HTTP/1.1' project.example:443
section other; ask 'CONNECT second.example:443 HTTP/1.1' second.example:443
section company; ask 'GET http://${inside}/ HTTP/1.1' ${inside}
section loopback; ask 'CONNECT 127.0.0.1:31416 HTTP/1.1' 127.0.0.1:31416
section host; ask 'CONNECT 45.34.0.1:22 HTTP/1.1' 45.34.0.1:22
section direct; bash -c 'exec 3<>/dev/tcp/45.33.1.1/443' 2>&1
`;
