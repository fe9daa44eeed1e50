import { describe, expect } from 'vitest';
import { contact, egressTest, stillWorks } from './egress-fixture.ts';

/** Every way to write this computer's own loopback, and what is known to fool readers of addresses. */
const loopbacks = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  '127.0.0.1',
  '127.0.0.2',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.01',
  '127.0.0.1.',
  '0',
  '0.0.0.0',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[::1%25lo]',
  '[::1%lo]',
  '[fe80::1%lo]',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
  '127.0.0.1%00.good.example',
  'good.example@127.0.0.1',
  '127.0.0.1#good.example',
  '127.0.0.1\\good.example',
];

describe('the computer itself', () => {
  egressTest('is not reached by any spelling of its loopback', async ({ world }) => {
    const here = [
      await world.tcp('127.0.0.1', 8080, (socket) => socket.end('secret')),
      await world.tcp('::1', 8080, (socket) => socket.end('secret')),
      await world.tcp('45.34.0.1', 8080, (socket) => socket.end('secret')),
    ];
    const gateway = await world.open({
      // Not even where somebody put it on the list.
      contacts: ['localhost', '127.0.0.1', '127.0.0.2', '::1', '45.34.0.1'].map((host) =>
        contact(host, 8080, true),
      ),
    });
    for (const spelling of [...loopbacks, '45.34.0.1', '[2600:3c01::1]']) {
      const bytes = Buffer.from(`CONNECT ${spelling}:8080 HTTP/1.1\r\nHost: ${spelling}:8080\r\n\r\n`);
      expect([400, 403], `CONNECT ${spelling}`).toContain(await gateway.status(bytes));
      const get = Buffer.from(`GET http://${spelling}:8080/ HTTP/1.1\r\nHost: ${spelling}:8080\r\n\r\n`);
      expect([400, 403, 503], `GET ${spelling}`).toContain(await gateway.status(get));
    }
    expect(here.map(({ connections }) => connections())).toEqual([0, 0, 0]);
    expect(world.names.questions).toEqual([]);
    const [first] = await gateway.denied('own-address');
    expect(first).toMatchObject({ port: 8080, allowable: false });
    await stillWorks(gateway);
  });

  egressTest('is not reached by a listed name that points at it', async ({ world }) => {
    const here = await world.tcp('45.34.0.1', 8080, (socket) => socket.end('secret'));
    const addresses = ['127.0.0.1', '::1', '0.0.0.0', '45.34.0.1', '2600:3c01::1', '::ffff:127.0.0.1'];
    const gateway = await world.open({
      contacts: addresses.map((_, index) => contact(`own${index}.example`, 8080, true)),
    });
    for (const [index, address] of addresses.entries()) {
      world.names.set(`own${index}.example`, [address]);
      expect((await gateway.tunnel(`own${index}.example:8080`)).status, address).toBe(403);
      expect(await gateway.get(`http://own${index}.example:8080/`)).toMatchObject({ status: 403 });
    }
    expect(here.connections()).toBe(0);
    await gateway.until(() => gateway.denials.length >= addresses.length);
    for (const denial of gateway.denials) {
      expect(denial).toMatchObject({ reason: 'own-address', allowable: false });
    }
    await stillWorks(gateway);
  });
});

describe('addresses that are not public', () => {
  const addresses = [
    ['10.77.0.5', '10.77.0.5'],
    ['100.64.0.5', '100.64.0.5'],
    ['169.254.169.254', '169.254.169.254'],
    ['fd77:1::5', '[fd77:1::5]'],
  ] as const;

  egressTest('are not reached, though they would answer', async ({ world }) => {
    const peers = await Promise.all(
      addresses.map(([address]) => world.tcp(address, 80, (socket) => socket.end('secret'))),
    );
    const gateway = await world.open({
      contacts: addresses.flatMap(([address], index) => [
        contact(address, 80),
        contact(`inside${index}.example`, 80),
      ]),
    });
    for (const [index, [address, spelled]] of addresses.entries()) {
      world.names.set(`inside${index}.example`, [address]);
      expect((await gateway.tunnel(`${spelled}:80`)).status, address).toBe(403);
      expect(await gateway.get(`http://inside${index}.example/`)).toMatchObject({ status: 403 });
    }
    expect(peers.map(({ connections }) => connections())).toEqual([0, 0, 0, 0]);
    await gateway.until(() => gateway.denials.length >= 8);
    expect(gateway.denials.every(({ reason }) => reason === 'private-address')).toBe(true);
    const byHost = new Map(gateway.denials.map((denial) => [denial.host, denial]));
    expect(byHost.get('10.77.0.5')).toMatchObject({ allowable: true });
    expect(byHost.get('169.254.169.254')).toMatchObject({ allowable: false });
    expect(byHost.get('inside0.example')?.sentence).toContain('10.77.0.5');
    await stillWorks(gateway);
  });

  egressTest(
    'are reached by an entry for a company’s network, but for link-local ones',
    async ({ world }) => {
      for (const [address] of addresses) await world.tcp(address, 80, (socket) => socket.end('inside'));
      const gateway = await world.open({
        contacts: [
          ...addresses.map(([address]) => contact(address, 80, true)),
          contact('inside.example', 80, true),
        ],
      });
      world.names.set('inside.example', ['10.77.0.5']);
      const statuses = await Promise.all(
        addresses.map(async ([, spelled]) => (await gateway.tunnel(`${spelled}:80`)).status),
      );
      expect(statuses).toEqual([200, 200, 403, 200]);
      expect((await gateway.tunnel('inside.example:80')).status).toBe(200);
      // The entry is for one port.
      expect((await gateway.tunnel('10.77.0.5:81')).status).toBe(403);
      await stillWorks(gateway);
    },
  );

  egressTest('are refused by their class, whatever could be reached', async ({ world }) => {
    const special = [
      ...['192.168.1.1', '172.16.0.1', '192.0.2.1', '198.18.0.1', '203.0.113.9', '224.0.0.1', '240.0.0.1'],
      ...['255.255.255.255', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', '100::1', '4000::1'],
      ...[
        '64:ff9b::10.0.0.1',
        '::ffff:0:10.0.0.1',
        '2002:a00:1::',
        '2001:0:a00:1::',
        '2600:3c00::5efe:10.0.0.1',
      ],
    ];
    const gateway = await world.open({ contacts: [contact('special.example', 80)] });
    for (const address of special) {
      world.names.set('special.example', [address]);
      expect((await gateway.tunnel('special.example:80')).status, address).toBe(403);
    }
    await stillWorks(gateway);
  });
});

describe('names that turn', () => {
  egressTest('to a private address after they were looked up', async ({ world }) => {
    const outside = await world.http('45.33.0.20', 80, (_, answer) => answer.end('outside'));
    const inside = await world.http('10.77.0.20', 80, (_, answer) => answer.end('inside'));
    world.names.set('turning.example', ({ before }) => (before === 0 ? ['45.33.0.20'] : ['10.77.0.20']));
    const gateway = await world.open({ contacts: [contact('turning.example', 80)] });
    expect(await gateway.get('http://turning.example/')).toMatchObject({ status: 200, body: 'outside' });
    expect(await gateway.get('http://turning.example/')).toMatchObject({ status: 403 });
    expect((await gateway.tunnel('turning.example:80')).status).toBe(403);
    expect(outside.connections()).toBe(1);
    expect(inside.connections()).toBe(0);
    await gateway.denied('private-address');
    await stillWorks(gateway);
  });

  egressTest(
    'in every look-up: each connection has looked up once and goes where that said',
    async ({ world }) => {
      await world.http('45.33.0.20', 80, (_, answer) => answer.end('outside'));
      const here = await world.http('127.0.0.1', 80, (_, answer) => answer.end('secret'));
      world.names.set('turning.example', ({ before }) => (before % 2 === 0 ? ['45.33.0.20'] : ['127.0.0.1']));
      const gateway = await world.open({ contacts: [contact('turning.example', 80)] });
      for (let round = 0; round < 10; round += 1) {
        const { status, body } = await gateway.get('http://turning.example/');
        expect([status, body.includes('secret')]).toEqual([round % 2 === 0 ? 200 : 403, false]);
      }
      expect(here.connections()).toBe(0);
      await stillWorks(gateway);
    },
  );

  egressTest('answers with good and bad addresses together are refused as a whole', async ({ world }) => {
    const outside = await world.http('45.33.0.20', 80, (_, answer) => answer.end('outside'));
    const here = await world.http('127.0.0.1', 80, (_, answer) => answer.end('secret'));
    const gateway = await world.open({ contacts: [contact('mixed.example', 80)] });
    for (const addresses of [
      ['45.33.0.20', '127.0.0.1'],
      ['127.0.0.1', '45.33.0.20'],
      ['45.33.0.20', '::1'],
      // The first does not answer, so that the second would be tried.
      ['45.33.0.99', '10.77.0.20'],
    ]) {
      world.names.set('mixed.example', addresses);
      expect(await gateway.get('http://mixed.example/')).toMatchObject({ status: 403 });
    }
    expect(outside.connections() + here.connections()).toBe(0);
    await stillWorks(gateway);
  });

  egressTest('several good addresses: another is tried where one does not answer', async ({ world }) => {
    await world.http('45.33.0.20', 80, (_, answer) => answer.end('second'));
    await world.http('2600:3c00::20', 80, (_, answer) => answer.end('by IPv6'));
    const gateway = await world.open({ contacts: [contact('several.example', 80)] });
    world.names.set('several.example', ['45.33.0.19', '45.33.0.20']);
    expect(await gateway.get('http://several.example/')).toMatchObject({ status: 200, body: 'second' });
    world.names.set('several.example', ['2600:3c00::20']);
    expect(await gateway.get('http://several.example/')).toMatchObject({ status: 200, body: 'by IPv6' });
  });
});

describe('what is not on the list', () => {
  egressTest('is refused without being looked up', async ({ world }) => {
    const gateway = await world.open({ contacts: [contact('*.wild.example', 443)] });
    const refused = [
      ...['other.example:80', 'good.example:81', 'xgood.example:80', 'good.example.evil.example:80'],
      ...['a.good.example:80', 'wild.example:443', 'evilwild.example:443', 'a.wild.example:80'],
      ...[
        'secret-words-as-a-name.evil.example:443',
        '45.33.0.10:80',
        '[2600:3c00::10]:80',
        '[::ffff:45.33.0.10]:80',
      ],
    ];
    for (const authority of refused) {
      expect([400, 403], authority).toContain((await gateway.tunnel(authority)).status);
    }
    expect(world.names.questions).toEqual([]);
    await gateway.until(() => gateway.denials.length >= refused.length);
    const unlisted = gateway.denials.filter(({ reason }) => reason === 'not-listed');
    expect(unlisted).toHaveLength(refused.length - 1);
    expect(unlisted[0]).toMatchObject({ host: 'other.example', port: 80, allowable: true, count: 1 });
    await stillWorks(gateway);
  });

  egressTest('is what a redirect leads to, when it is followed', async ({ world }) => {
    const inside = await world.http('10.77.0.20', 80, (_, answer) => answer.end('inside'));
    await world.http('45.33.0.20', 80, (asked, answer) => {
      const places = [
        'http://10.77.0.20/',
        'http://127.0.0.1/',
        'http://inside.example/',
        'http://other.example/',
      ];
      answer.writeHead(302, { Location: places[Number(asked.url?.slice(1))] }).end();
    });
    world.names.set('leading.example', ['45.33.0.20']);
    world.names.set('inside.example', ['10.77.0.20']);
    const gateway = await world.open({
      contacts: [contact('leading.example', 80), contact('inside.example', 80)],
    });
    for (const place of [0, 1, 2, 3]) {
      const led = await gateway.get(`http://leading.example/${place}`);
      expect(led.status).toBe(302);
      const followed = await gateway.get(led.headers.location ?? '');
      expect([403, 503]).toContain(followed.status);
    }
    expect(inside.connections()).toBe(0);
    await stillWorks(gateway);
  });

  egressTest('names that cannot be found and hosts that do not answer are no denials', async ({ world }) => {
    const gateway = await world.open(
      {
        contacts: [
          contact('missing.example', 80),
          contact('away.example', 80),
          contact('silent.example', 80),
        ],
      },
      { lookupMs: 500 },
    );
    world.names.set('away.example', ['45.33.0.99']);
    world.names.set('silent.example', 'silent');
    expect(await gateway.get('http://missing.example/')).toMatchObject({ status: 502 });
    expect(await gateway.get('http://away.example/')).toMatchObject({ status: 502 });
    expect(await gateway.get('http://silent.example/')).toMatchObject({ status: 504 });
    expect(gateway.denials).toEqual([]);
    await stillWorks(gateway);
  });
});
