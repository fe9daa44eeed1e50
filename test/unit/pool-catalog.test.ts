import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changeCatalog, readCatalog } from '../../electron/pool/catalog.ts';
import { listFiles } from '../../electron/pool/files.ts';
import { documentBytes } from '../../electron/pool/init.ts';
import { readKeys } from '../../electron/pool/keyring.ts';
import { makeKey, roles } from '../../electron/pool/keys.ts';
import { lockCatalog } from '../../electron/pool/lock.ts';
import { type PublicFile, planCommit, planRotation } from '../../electron/pool/plan.ts';
import { checkCatalog, copyPublic, inOrder } from '../../electron/pool/publish.ts';
import { makeCatalog, poolName, TufHost, tamper, usePoolFolder } from './pool-fixture.ts';

const folder = usePoolFolder();
const dayMs = 86_400_000;
const now = () => Date.now();
const dir = (): string => join(folder(), 'catalog');
const publicDir = (): string => join(dir(), 'public');
const metadata = (name: string): string => join(publicDir(), 'metadata', name);
const policyOf = (share: number, pool = poolName): Buffer => documentBytes({ schema: 1, pool, share });
const policyChange = (share: number, version: number) => ({
  targets: [{ path: 'policy.json', bytes: policyOf(share), version }],
});

async function setShare(share: number, version: number): Promise<void> {
  await changeCatalog(dir(), now, async (catalog) => {
    await catalog.commit(policyChange(share, version));
  });
}

const shareOf = async (host: TufHost): Promise<unknown> => (await host.json('policy.json'))['share'];

describe('a catalog', () => {
  test('is read by a host that trusts its first root', async () => {
    await makeCatalog(dir());
    const host = await TufHost.enrolled(folder(), publicDir());
    expect(await host.json('policy.json')).toMatchObject({ pool: poolName, run: true, revoked: [] });
    expect(await host.json('tariff.json')).toMatchObject({ version: 1, unit: 'points' });
    expect(await host.read('statements/2026-11-01_2026-12-01.json')).toBeUndefined();
    await setShare(0.5, 2);
    expect(await shareOf(host)).toBe(0.5);
    const catalog = await readCatalog(dir(), now);
    expect((await catalog.policy()).version).toBe(2);
    expect(await checkCatalog(catalog)).toMatchObject({ policy: 2, tariff: 1, periods: 0 });
  });

  test('keeps its keys where nobody else reads them, and apart from what is published', async () => {
    await makeCatalog(dir(), { rootKeyPath: join(folder(), 'root.pem') });
    const names = await readdir(join(dir(), 'keys'));
    expect(names.map((name) => name.split('.')[0]).sort()).toEqual([
      'snapshot',
      'statements',
      'targets',
      'timestamp',
    ]);
    expect((await stat(join(dir(), 'keys'))).mode & 0o777).toBe(0o700);
    for (const path of [...names.map((name) => join(dir(), 'keys', name)), join(folder(), 'root.pem')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    const published = await readdir(publicDir(), { recursive: true });
    for (const name of published) {
      const path = join(publicDir(), name);
      if ((await stat(path)).isFile()) expect(await readFile(path, 'utf8')).not.toContain('PRIVATE');
    }
  });

  test('is made where nothing is yet, and not twice', async () => {
    await makeCatalog(dir());
    await expect(makeCatalog(dir())).rejects.toMatchObject({ code: 'bad-request' });
    expect(await readdir(folder())).toEqual(['catalog']);
    await expect(readCatalog(folder(), now)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('is changed by one command at a time', async () => {
    await makeCatalog(dir());
    const unlock = lockCatalog(dir());
    await expect(setShare(0.5, 2)).rejects.toMatchObject({ code: 'already-running' });
    unlock();
    await setShare(0.5, 2);
  });

  test('keeps old metadata for a while only, and the targets that are named there', async () => {
    await makeCatalog(dir());
    for (let version = 2; version < 24; version += 1) await setShare(version / 100, version);
    const names = await readdir(join(publicDir(), 'metadata'));
    for (const role of ['targets', 'snapshot']) {
      expect(names.filter((name) => name.endsWith(`.${role}.json`)).length).toBe(10);
    }
    const targets = await readdir(join(publicDir(), 'targets'));
    expect(targets.filter((name) => name.endsWith('.policy.json')).length).toBe(10);
    expect(targets.filter((name) => name.endsWith('.tariff.json')).length).toBe(1);
    await checkCatalog(await readCatalog(dir(), now));
  });

  test('signs anew what has used up half of its time, and with every change the time of all', async () => {
    const start = Date.now();
    await makeCatalog(dir(), { now: start });
    const at = async (days: number): Promise<string[]> => {
      await changeCatalog(
        dir(),
        () => start + days * dayMs,
        async (catalog) => {
          await catalog.commit();
        },
      );
      const { current } = await readCatalog(dir(), now);
      return [current.root, current.targets, current.snapshot, current.timestamp].map(({ expires }) =>
        String(Math.round((Date.parse(expires) - start) / dayMs)),
      );
    };
    expect(await at(5)).toEqual(['365', '365', '19', '19']);
    expect(await at(190)).toEqual(['555', '555', '204', '204']);
    expect((await readCatalog(dir(), now)).current.root.version).toBe(2);
  });
});

describe('a host refuses', () => {
  test('a forged signature, of each role', async () => {
    await makeCatalog(dir());
    await setShare(0.5, 2);
    const host = await TufHost.enrolled(folder(), publicDir());
    for (const name of ['timestamp.json', '2.snapshot.json', '2.targets.json']) {
      const original = await readFile(metadata(name));
      await tamper(metadata(name), (value) => {
        return { ...value, signed: { ...(value['signed'] as object), expires: '2099-01-01T00:00:00Z' } };
      });
      await expect((await host.copy()).read('policy.json')).rejects.toThrow();
      await writeFile(metadata(name), original);
    }
    expect(await shareOf(await host.copy())).toBe(0.5);
    // A key of somebody else, that says it is the pool's.
    const { key } = makeKey('timestamp');
    const { current } = await readCatalog(dir(), now);
    const forged = planCommit(
      current,
      {},
      {
        keys: roles.map((role) => ({ ...key, role, id: current.root.roles[role]?.keyIDs[0] ?? key.id })),
        expiryDays: { root: 1, targets: 365, statements: 365, snapshot: 1, timestamp: 1 },
        now: Date.now(),
      },
    );
    await place(publicDir(), forged);
    await expect((await host.copy()).read('policy.json')).rejects.toThrow();
  });

  test('a target with other content', async () => {
    await makeCatalog(dir());
    const host = await TufHost.enrolled(folder(), publicDir());
    const names = await readdir(join(publicDir(), 'targets'));
    const policy = join(publicDir(), 'targets', names.find((name) => name.endsWith('policy.json')) ?? '');
    const text = await readFile(policy, 'utf8');
    await writeFile(policy, text.replace('"run": true', '"run":false'));
    await expect(host.read('policy.json')).rejects.toThrow(/hash|length/);
    await expect(checkCatalog(await readCatalog(dir(), now))).rejects.toMatchObject({
      code: 'signature-invalid',
    });
  });

  test('what is older than what it has seen: the whole, or its timestamp, snapshot or targets alone', async () => {
    await makeCatalog(dir());
    const old = join(folder(), 'old');
    await setShare(0.25, 2);
    await cp(publicDir(), old, { recursive: true });
    const host = await TufHost.enrolled(folder(), publicDir());
    await setShare(0.75, 3);
    expect(await shareOf(host)).toBe(0.75);
    const replayed = await host.copy();
    replayed.moveTo(old);
    await expect(replayed.read('policy.json')).rejects.toThrow(/version/);
    // Old snapshot or targets under the newer names.
    for (const [from, to] of [
      ['2.snapshot.json', '3.snapshot.json'],
      ['2.targets.json', '3.targets.json'],
    ] as const) {
      const mixed = join(folder(), `mixed-${to}`);
      await cp(publicDir(), mixed, { recursive: true });
      await cp(join(old, 'metadata', from), join(mixed, 'metadata', to));
      const fresh = await TufHost.enrolled(folder(), mixed);
      await expect(fresh.read('policy.json')).rejects.toThrow();
    }
    // An old policy under the newer one's name.
    const { current } = await readCatalog(dir(), now);
    const digest = current.targets.targets['policy.json']?.hashes['sha256'] ?? '';
    await writeFile(join(publicDir(), 'targets', `${digest}.policy.json`), policyOf(0.25));
    await expect(host.read('policy.json')).rejects.toThrow();
  });

  test('what is expired, and another pool’s catalog', async () => {
    await makeCatalog(dir(), { now: Date.now() - 15 * dayMs });
    const host = await TufHost.enrolled(folder(), publicDir());
    await expect(host.read('policy.json')).rejects.toThrow(/expired/);
    await changeCatalog(dir(), now, async (catalog) => {
      await catalog.commit();
    });
    expect(await host.json('policy.json')).toMatchObject({ pool: poolName });
    const other = join(folder(), 'other');
    await makeCatalog(other, { pool: 'other.example.org' });
    host.moveTo(join(other, 'public'));
    await expect(host.read('policy.json')).rejects.toThrow();
  });
});

const emptyIndex = {
  schema: 1,
  pool: poolName,
  period: '2026-11-01_2026-12-01',
  from: 0,
  to: 1,
  bins: Array.from({ length: 256 }, () => null),
};

/** Writes files as a command does, but no further than so many. */
async function place(toDir: string, files: readonly PublicFile[], count = files.length): Promise<void> {
  for (const { path, bytes } of files.slice(0, count)) {
    await mkdir(dirname(join(toDir, path)), { recursive: true });
    await writeFile(join(toDir, path), bytes);
  }
}

describe('at every step of a change', () => {
  test('a host reads the state before or the one after, and the next command goes on', async () => {
    await makeCatalog(dir());
    await setShare(0.25, 2);
    const host = await TufHost.enrolled(folder(), publicDir());
    expect(await shareOf(host)).toBe(0.25);
    const { current, paths, state } = await readCatalog(dir(), now);
    const keys = await readKeys(paths.keysDir);
    const change = {
      ...policyChange(0.75, 3),
      statements: [{ path: `statements/${emptyIndex.period}.json`, bytes: documentBytes(emptyIndex) }],
    };
    const files = planCommit(current, change, { keys, expiryDays: state.expiryDays, now: Date.now() });
    expect(files.map(({ path }) => path.replace(/[0-9a-f]{64}/, 'DIGEST'))).toEqual([
      'targets/DIGEST.policy.json',
      'targets/statements/DIGEST.2026-11-01_2026-12-01.json',
      'metadata/3.targets.json',
      'metadata/2.statements.json',
      'metadata/3.snapshot.json',
      'metadata/timestamp.json',
    ]);
    for (let count = 0; count <= files.length; count += 1) {
      const cut = join(folder(), `cut-${count}`);
      await cp(dir(), cut, { recursive: true });
      await place(join(cut, 'public'), files, count);
      for (const reader of [await host.copy(), await TufHost.enrolled(folder(), join(cut, 'public'))]) {
        reader.moveTo(join(cut, 'public'));
        expect(await shareOf(reader)).toBe(count === files.length ? 0.75 : 0.25);
      }
      // The command died here; another one comes.
      await changeCatalog(cut, now, async (catalog) => {
        await catalog.commit(policyChange(0.5, 4));
      });
      const reader = await host.copy();
      reader.moveTo(join(cut, 'public'));
      expect(await shareOf(reader)).toBe(0.5);
      await checkCatalog(await readCatalog(cut, now));
    }
  });

  test('of a rotation, too: with the old root and with the new one', async () => {
    await makeCatalog(dir());
    const host = await TufHost.enrolled(folder(), publicDir());
    await shareOf(host);
    const { current, paths, state } = await readCatalog(dir(), now);
    const keys = await readKeys(paths.keysDir);
    const fresh = Object.fromEntries(roles.map((role) => [role, makeKey(role).key]));
    const files = planRotation(current, fresh, { keys, expiryDays: state.expiryDays, now: Date.now() });
    for (let count = 0; count <= files.length; count += 1) {
      const cut = join(folder(), `cut-${count}`);
      await cp(publicDir(), cut, { recursive: true });
      await place(cut, files, count);
      for (const reader of [await host.copy(), await TufHost.enrolled(folder(), cut)]) {
        reader.moveTo(cut);
        expect(await shareOf(reader)).toBe(1);
      }
    }
  });

  test('of a copy to a web server’s folder, over several states and a rotation', async () => {
    await makeCatalog(dir());
    const web = join(folder(), 'web');
    await copyPublic(await readCatalog(dir(), now), web);
    const host = await TufHost.enrolled(folder(), web);
    expect(await shareOf(host)).toBe(1);
    await setShare(0.5, 2);
    await changeCatalog(dir(), now, async (catalog) => {
      await catalog.rotate(['timestamp', 'root', 'targets']);
      await catalog.commit(policyChange(0.75, 3));
      await catalog.rotate(['snapshot', 'statements', 'timestamp']);
    });
    const paths = inOrder(await listFiles(publicDir()));
    expect(paths.at(-1)).toBe('metadata/3.root.json');
    const seen = new Set<unknown>();
    for (const path of paths) {
      await mkdir(dirname(join(web, path)), { recursive: true });
      await cp(join(publicDir(), path), join(web, path));
      const share = await shareOf(await host.copy());
      seen.add(share);
    }
    expect([...seen]).toEqual([1, 0.75]);
    expect((await copyPublic(await readCatalog(dir(), now), web)).files).toBe(0);
  });

  test('nothing is copied over another pool’s catalog, or over a newer state', async () => {
    await makeCatalog(dir());
    const backup = join(folder(), 'backup');
    const web = join(folder(), 'web');
    await cp(dir(), backup, { recursive: true });
    await setShare(0.5, 2);
    await copyPublic(await readCatalog(dir(), now), web);
    await expect(copyPublic(await readCatalog(backup, now), web)).rejects.toMatchObject({
      code: 'bad-request',
    });
    await makeCatalog(join(folder(), 'other'));
    await expect(copyPublic(await readCatalog(join(folder(), 'other'), now), web)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});
