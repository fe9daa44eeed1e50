import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Disposer } from '../../electron/base/disposal.ts';
import { ReadmeBlocks } from '../fixtures/readme.ts';
import { Desktop, FreshServer } from './fresh-machine.ts';
import { PoolNetwork } from './network.ts';
import { Tail } from './tail.ts';

/**
 * "Run it on your pool" of the README, block by block as it stands there. What is not as at a reader's: addresses are
 * given by the test, packages are on the disk already, `systemctl` is a stand-in, files are carried by the test, and the
 * desktops share one computer without a screen, where root has the command by its path.
 */
const disposer = new Disposer();
const startedAt = Date.now();
let server: FreshServer;
let desktops: readonly Desktop[];
let catalog: ReturnType<FreshServer['leave']>;

const readme = new ReadmeBlocks('Run it on your pool');
const block = (where: string): string => readme.take(where);

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'readme-'));
  disposer.ownCallback(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  // QEMU's own user goes through it.
  chmodSync(dir, 0o711);
  const network = disposer.own(await PoolNetwork.start());
  const machine = (name: string, address: string) => ({ network, name, address, dir: join(dir, name) });
  server = disposer.own(await FreshServer.start(machine('pool-1', '10.1.2.3')));
  desktops = await Promise.all(
    ['pc-1', 'pc-2'].map(async (name, at) =>
      disposer.own(await Desktop.start(machine(name, `10.1.2.${11 + at}`))),
    ),
  );
});

afterAll(async () => {
  await disposer.dispose();
});

test('a central manager is made of a fresh Debian', async () => {
  await server.type(block('on each machine, as root'));
  const said = await server.type(block('on pool-1, as root'));
  expect(said).toMatch(/htcondor is already the newest version/);
  expect(said).toMatch(/IsReady = true/);
  expect(said).toMatch(/2 files in \/root\/tokens/);
  catalog = server.leave(block('on pool-1, as root, in a second terminal'));
});

test('two desktops join, each by two commands', async () => {
  const commands = block('on each desktop');
  const collector = new Tail(server.path('/var/log/condor/CollectorLog'));
  await Promise.all(
    desktops.map(async (desktop) => {
      const file = `${desktop.name}.gleaner-pool.json`;
      copyFileSync(server.path(`/root/tokens/${file}`), desktop.path(file));
      // The other desktop's VM is a program of this one, too.
      await desktop.type('gleaner settings set pauseOn.load never');
      const host = desktop.leave(commands);
      const slot = new RegExp(`MachineSlotAd *: Inserting.*slot1@${desktop.name}`);
      await Promise.race([host.ended, catalog.ended, collector.untilMatch(slot)]);
      expect(existsSync(desktop.path(file))).toBe(false);
    }),
  );
  expect(await server.type(block('on pool-1'))).toMatch(/^2 hosts, 2 cores offered/);
  expect(catalog.said()).toContain('timestamp.json');
});

test('a cluster of jobs is done by both of them, with the right result', async () => {
  const said = await server.type(block('on pool-1, as a user'), 'alice');
  expect(said).toContain('4 job(s) submitted to cluster 1.');
  expect(said).toContain('283146 primes');
  const ran = [...said.matchAll(/^(\d) slot\d+_\d+@(pc-\d)/gm)];
  expect(new Set(ran.map(([, job]) => job)).size).toBe(4);
  expect(new Set(ran.map(([, , host]) => host))).toEqual(new Set(['pc-1', 'pc-2']));
});

test('the employee of one of them pauses it and sees what ran, for whom', async () => {
  const said = await desktops[0]?.type(block('on pc-1'));
  expect(said).toMatch(/^Paused until \d\d:\d\d\.$/m);
  expect(said).toMatch(/^VM condor-pool-example-org +frozen/m);
  expect(said).toMatch(/^1\.\d +primes\.sh +alice@pool\.example\.org +done/m);
  expect(said).toMatch(/^\d+ .*done.*primes\.sh \(1\.\d\)/m);
});

test('every block of the section was tried', () => {
  expect(readme.left).toEqual([]);
  console.log(`The commands of the README took ${Math.round((Date.now() - startedAt) / 1000)} s.`);
});
