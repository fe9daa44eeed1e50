import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { formatLine } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/index.ts';
import { readArchive } from '../../electron/grid/local/package-archive.ts';
import { parseLogLine } from '../../electron/host/logs.ts';
import { type Ask, supportBundle } from '../../electron/host/support.ts';
import { type ComputerClues, computerClues } from '../../electron/host/support-clues.ts';
import { supportFiles, supportFolder } from '../../electron/host/support-words.ts';
import { fakeDenial, fakeDetail, fakeGrid, fakeLocalGrid, fakeManager } from '../fakes/fake-grid-views.ts';
import { FakeHost, fakeJob } from '../fakes/fake-host.ts';

const computer: ComputerClues = {
  homes: ['/home/annegret'],
  dataDirs: ['/mnt/depot/gleaner-data'],
  userNames: ['annegret'],
  hostNames: ['schreibtisch7'],
};
const hexKey = '0123456789abcdef'.repeat(2);
const bounds = { totalBytes: 32 * 1024 * 1024, entries: 100, nameBytes: 256, depth: 4 };

/** Nobody may find these in a bundle, nor these parts of them. */
const planted = {
  'an account key': hexKey,
  'a key of letters': 'organization-key-of-letters',
  'a weak key': `4711_${'fedcba9876543210'.repeat(2)}`,
  'a token': 'tok9Xq27LmPz04RtYw81VbNc55',
  'a password': 'Correct-Horse-9',
  'a login': 'proxyuser:proxypass',
  'an authorization': 'Basic cHJveHl1c2VyOnByb3h5cGFzcw==',
  'a PEM key': 'MIIEvQIBADANBgkqhkiG9w0BAQ',
  'a query': 'auth=geheim',
  'an e-mail address': 'annegret.m@mail.example',
  'a private address': '192.168.178.23',
  'a private IPv6 address': 'fd12:3456:789a::42',
  'a hardware address': '9c:b6:d0:11:22:33',
  'a home folder': '/home/annegret',
  'a user': 'annegret',
  'a computer': 'schreibtisch7',
  'a private host': 'pool.acme-optik.example',
  'a private proxy': 'wpad',
  'an organization': 'ACME Optik',
  'an account': 'Annegrets Konto',
  'a project’s number': '90210777',
  'a private grid': 'Optik Simulations',
  'a title': 'Secret lens design',
  'an owner': 'lens-department',
  'a program': 'lens-designer',
  'a message': 'Dear volunteer',
} as const;
const everything = [
  `key ${planted['an account key']} weak ${planted['a weak key']} token ${planted['a token']}`,
  `password="${planted['a password']}" http://${planted['a login']}@gate.example:3128/?${planted['a query']}`,
  `Proxy-Authorization: ${planted['an authorization']}`,
];
const more = [
  `of ${planted['an e-mail address']} from ${planted['a private address']}:8080, [${planted['a private IPv6 address']}], ${planted['a hardware address']}`,
  `in ${planted['a home folder']}/.local/share as ${planted['a user']} on ${planted['a computer']}`,
  `at https://${planted['a private host']}/x for ${planted['an organization']} and ${planted['an account']}`,
  `-----BEGIN PRIVATE KEY-----\n${planted['a PEM key']}\n-----END PRIVATE KEY-----`,
];

function plantedHost(): FakeHost {
  const host = new FakeHost();
  const failure = (words: string) => ({ code: 'internal', sentence: words, hint: words }) as const;
  const detail = fakeDetail();
  const privateContact = {
    host: planted['a private host'],
    port: 443,
    source: 'project',
    private: true,
  } as const;
  host.grids.load(
    [
      fakeDetail({ grid: fakeLocalGrid() }),
      fakeDetail({
        grid: fakeGrid({
          sentence: everything.join(' '),
          failure: failure(more.join(' ')),
          managedBy: planted['an organization'],
        }),
        userName: planted['an account'],
        hostId: planted['a project’s number'],
        messages: [
          { at: 1, title: '', text: `${planted['a message']} ${everything.join(' ')}`, priority: 'notice' },
        ],
        denials: [fakeDenial({ host: planted['a private address'], sentence: everything.join(' ') })],
      }),
      fakeDetail({
        grid: fakeGrid({
          id: 'boinc-optik',
          name: planted['a private grid'],
          url: `https://${planted['a private host']}/`,
        }),
        contacts: [...detail.contacts, privateContact],
      }),
    ],
    fakeManager({ userName: planted['an account'] }),
  );
  host.settings.organization = planted['an organization'];
  host.settings.layers.locked = {
    'network.proxy': `pac+http://${planted['a private proxy']}/proxy.pac`,
    'network.authorities': `-----BEGIN CERTIFICATE-----\n${planted['a PEM key']}\n-----END CERTIFICATE-----`,
    'pauseOn.programs': [planted['a program']],
    'grids.permitted': [`https://${planted['a private host']}/`],
    'grids.boinc': [
      {
        url: `https://${planted['a private host']}/`,
        key: planted['a key of letters'],
        share: 100,
        contacts: [],
      },
    ],
  };
  host.signals = { ...host.signals, programs: [planted['a program']] };
  host.sensorTroubles = [{ sensor: 'x11', words: more.join(' ') }];
  host.health.checks = host.health.checks.map((check) => ({
    ...check,
    detail: more.join(' '),
    values: { files: everything.join(' ') },
  }));
  host.health.log = [...everything, ...more, `with ${planted['a key of letters']}`].flatMap((words) =>
    [
      formatLine(0, 'warn', 'vm', words, { why: words, title: planted['a title'] }),
      formatLine(0, 'info', 'vm', `ran ${planted['a program']}`, { grid: 'boinc-optik' }),
    ].flatMap((line) => parseLogLine(line) ?? []),
  );
  host.snapshot = {
    ...host.snapshot,
    jobs: [fakeJob({ title: planted['a title'], owner: planted['an owner'] })],
    contribution: {
      ...host.snapshot.contribution,
      sentence: `Working on “${planted['a title']}” of ${planted['an owner']}.`,
    },
    grids: host.grids.views,
    manager: host.grids.manager,
    problems: [failure(everything.join(' ')), failure(more.join(' '))],
    vms: host.snapshot.vms.map((vm) => ({ ...vm, failure: failure(more.join(' ')) })),
  };
  return host;
}

const askOf =
  (host: FakeHost): Ask =>
  (name, input) =>
    host.call(name, input);

async function unpack(bytes: AsyncIterable<Uint8Array>): Promise<Map<string, string>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const files = new Map<string, string>();
  for await (const { path, content } of readArchive([gunzipSync(Buffer.concat(chunks))], bounds)) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    files.set(path, Buffer.concat(parts).toString());
  }
  return files;
}

test('it holds what its README says, and nothing else', async () => {
  const files = await unpack(await supportBundle(askOf(plantedHost()), computer));
  const names = ['README.txt', ...Object.keys(supportFiles)].map((name) => `${supportFolder}/${name}`);
  expect([...files.keys()].sort()).toEqual(names.sort());
  const readme = files.get(`${supportFolder}/README.txt`) ?? '';
  for (const name of Object.keys(supportFiles)) expect(readme).toContain(name);
  expect(readme).toContain('Left out');
});

test('nothing that was planted anywhere is in it', async () => {
  const host = plantedHost();
  // What is planted is there before.
  const before = JSON.stringify([
    host.snapshot,
    host.settings.list(),
    [...host.grids.details.values()],
    host.settings.organization,
    host.signals,
    host.health.log,
  ]).replaceAll('\\n', '\n');
  const files = await unpack(await supportBundle(askOf(host), computer));
  const all = [...files.values()].join('\n').toLowerCase();
  for (const [what, secret] of Object.entries(planted)) {
    expect(before, what).toContain(secret);
    expect(all, what).not.toContain(secret.toLowerCase());
  }
});

test('what helps is in it', async () => {
  const host = plantedHost();
  const files = await unpack(await supportBundle(askOf(host), computer));
  const read = (name: string): unknown => JSON.parse(files.get(`${supportFolder}/${name}`) ?? '');
  expect(read('versions.json')).toEqual({ ...host.health.versions });
  expect(read('settings.json')).toContainEqual({
    key: 'grids.boinc',
    value: '1 of them',
    source: 'locked',
    preset: null,
  });
  expect(read('settings.json')).toContainEqual(expect.objectContaining({ key: 'idle.share', value: 1 }));
  expect(read('grids.json')).toContainEqual(
    expect.objectContaining({ url: 'https://orchard.example.org/', isManaged: true, done: 14 }),
  );
  expect(read('ledger.json')).toMatchObject({ ok: true, latest: { kinds: { attempt: 1 } } });
  expect(read('doctor.json')).toMatchObject([{ id: 'qemu', code: 'found' }]);
  expect(files.get(`${supportFolder}/log.txt`)).toContain('warn vm');
});

test('on a computer called vm every key, topic and code stays', async () => {
  const host = new FakeHost();
  host.health.log = [
    { at: 1, level: 'warn', topic: 'vm', text: 'failed vm="local" in /mnt/depot/gleaner-data/vms' },
  ];
  const clues = { ...computer, hostNames: ['vm.acme.example', 'vm'] };
  const files = await unpack(await supportBundle(askOf(host), clues));
  expect(files.get(`${supportFolder}/settings.json`)).toContain('"vm.maxRunning"');
  expect(files.get(`${supportFolder}/log.txt`)).toContain('warn vm failed vm="local" in [data]/vms');
  const answers = [...files].filter(([name]) => name.endsWith('.json')).map(([, text]) => text);
  expect(answers.join('')).not.toContain('[computer]');
});

test('the data folder that was chosen is a clue, by each of its names', () => {
  expect(computerClues({ GLEANER_HOME: '/no/such/folder/' }).dataDirs).toContain('/no/such/folder');
  expect(computerClues({}).dataDirs).toEqual([]);
});

test('what cannot be told has its failure in its place; without clues there is no bundle', async () => {
  const host = plantedHost();
  host.failures.set('ledger.verify', new GleanerError('ledger-damaged', 'It is damaged in /home/annegret.'));
  host.failures.set('logs.tail', new GleanerError('storage-failed', 'Not read.'));
  const files = await unpack(await supportBundle(askOf(host), computer));
  expect(JSON.parse(files.get(`${supportFolder}/ledger.json`) ?? '')).toEqual({
    failure: { code: 'ledger-damaged', sentence: 'It is damaged in ~.' },
  });
  expect(files.get(`${supportFolder}/log.txt`)).toContain('storage-failed');
  host.failures.set('settings.list', new GleanerError('internal', 'No.'));
  await expect(supportBundle(askOf(host), computer)).rejects.toMatchObject({ code: 'internal' });
});

test('a log at its longest is cut at its beginning', async () => {
  const host = new FakeHost();
  host.health.log = Array.from({ length: 2000 }, (_, index) => ({
    at: index,
    level: 'info',
    topic: 'vm',
    text: 'many words '.repeat(90),
  }));
  const log =
    (await unpack(await supportBundle(askOf(host), computer))).get(`${supportFolder}/log.txt`) ?? '';
  expect(log.length).toBeLessThanOrEqual(1024 * 1024 + 1);
  expect(log).toContain(new Date(1999).toISOString());
});
