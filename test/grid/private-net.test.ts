import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { own } from '../../resources/dev/private-addresses.ts';
import { namedTest } from '../fixtures/names.ts';

describe('the network that these tests have to themselves', () => {
  test.each(['45.33.7.1', '2600:3c00::7:1', '10.77.0.7', 'fd77:1::7', '100.64.0.7', '169.254.169.254'])(
    'answers for %s, which no interface lists',
    async (address) => {
      const server = createServer((socket) => socket.end('here'));
      server.listen(0, address);
      await once(server, 'listening');
      const client = connect((server.address() as AddressInfo).port, address);
      const [words] = (await once(client, 'data')) as [Buffer];
      client.destroy();
      server.close();
      await once(server, 'close');
      expect(words.toString()).toBe('here');
      expect(listed()).not.toContain(address);
    },
  );

  test('lists its own public addresses, and none of the computer’s', () => {
    expect(listed().sort()).toEqual([own.public4, own.public6, '127.0.0.1', '::1'].sort());
  });

  test('has no way out', async () => {
    const client = connect(80, '198.41.0.4');
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENETUNREACH');
  });

  namedTest('asks the tests’ own name server', async ({ names }) => {
    names.set('both.example', ['45.33.0.1', '2600:3c00::1', '::ffff:10.1.2.3']);
    names.set('turning.example', ({ before }) => (before === 0 ? ['45.33.0.1'] : ['127.0.0.1']));
    const addresses = await lookup('both.example', { all: true });
    expect(addresses.map(({ address }) => address).sort()).toEqual(
      ['45.33.0.1', '2600:3c00::1', '::ffff:10.1.2.3'].sort(),
    );
    expect(await lookup('turning.example', { family: 4 })).toMatchObject({ address: '45.33.0.1' });
    expect(await lookup('turning.example', { family: 4 })).toMatchObject({ address: '127.0.0.1' });
    await expect(lookup('missing.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(names.questions.map(({ name }) => name)).toContain('missing.example');
  });
});

function listed(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}
