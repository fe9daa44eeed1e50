import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changeCatalog, readCatalog } from '../../electron/pool/catalog.ts';
import { documentBytes } from '../../electron/pool/init.ts';
import { keyOfPem, roles } from '../../electron/pool/keys.ts';
import { makeCatalog, poolName, TufHost, usePoolFolder } from './pool-fixture.ts';

const folder = usePoolFolder();
const dayMs = 86_400_000;
const now = () => Date.now();
const dir = (): string => join(folder(), 'catalog');
const publicDir = (): string => join(dir(), 'public');
const shareOf = async (host: TufHost): Promise<unknown> => (await host.json('policy.json'))['share'];

async function setShare(share: number, version: number): Promise<void> {
  const bytes = documentBytes({ schema: 1, pool: poolName, share });
  await changeCatalog(dir(), now, async (catalog) => {
    await catalog.commit({ targets: [{ path: 'policy.json', bytes, version }] });
  });
}

describe('keys', () => {
  test('are rotated one by one and all at once, and an old host follows from its first root', async () => {
    await makeCatalog(dir());
    const host = await TufHost.enrolled(folder(), publicDir());
    await shareOf(host);
    const before = (await readCatalog(dir(), now)).current;
    for (const role of roles) {
      await changeCatalog(dir(), now, async (catalog) => {
        await catalog.rotate([role]);
      });
      expect(await shareOf(await host.copy())).toBe(1);
    }
    await changeCatalog(dir(), now, async (catalog) => {
      await catalog.rotate(roles);
    });
    await setShare(0.5, 2);
    const after = (await readCatalog(dir(), now)).current;
    // Statements are delegated by targets, not by the root.
    expect(after.root.version).toBe(6);
    for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
      expect(after.root.roles[role]?.keyIDs).not.toEqual(before.root.roles[role]?.keyIDs);
    }
    expect(await shareOf(host)).toBe(0.5);
    expect(host.asked.filter((path) => path.endsWith('.root.json')).length).toBeGreaterThan(5);
    expect(await shareOf(await TufHost.enrolled(folder(), publicDir(), 6))).toBe(0.5);
  });

  test('that came before sign along for two weeks, then they are deleted', async () => {
    await makeCatalog(dir());
    await changeCatalog(dir(), now, async (catalog) => {
      await catalog.rotate(['timestamp']);
    });
    const count = async (): Promise<number> =>
      (await readdir(join(dir(), 'keys'))).filter((name) => name.startsWith('timestamp.')).length;
    expect(await count()).toBe(2);
    await changeCatalog(
      dir(),
      () => Date.now() + 15 * dayMs,
      async (catalog) => {
        await catalog.commit();
      },
    );
    expect(await count()).toBe(1);
  });

  test('of the root may lie elsewhere, and nothing but rotation and renewal asks for it', async () => {
    const rootKeyPath = join(folder(), 'root.pem');
    await makeCatalog(dir(), { rootKeyPath });
    await setShare(0.5, 2);
    const rotate = async (path?: string, newPath?: string): Promise<void> => {
      await changeCatalog(dir(), now, async (catalog) => {
        await catalog.rotate(['root', 'snapshot'], path, newPath);
      });
    };
    const before = await readdir(join(dir(), 'keys'));
    await expect(rotate()).rejects.toMatchObject({ code: 'not-found' });
    expect(await readdir(join(dir(), 'keys'))).toEqual(before);
    const next = join(folder(), 'next.pem');
    await rotate(rootKeyPath, next);
    expect(keyOfPem('root', await readFile(next, 'utf8')).id).toBe(
      (await readCatalog(dir(), now)).current.root.roles['root']?.keyIDs[0],
    );
    await expect(rotate(rootKeyPath, join(folder(), 'more.pem'))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('that are lost can be replaced with the root’s', async () => {
    await makeCatalog(dir());
    const host = await TufHost.enrolled(folder(), publicDir());
    for (const name of await readdir(join(dir(), 'keys'))) {
      if (!name.startsWith('root.')) await rm(join(dir(), 'keys', name));
    }
    await expect(setShare(0.5, 2)).rejects.toMatchObject({ code: 'not-found' });
    await changeCatalog(dir(), now, async (catalog) => {
      await catalog.rotate(['targets', 'snapshot', 'timestamp', 'statements']);
    });
    await setShare(0.5, 2);
    expect(await shareOf(host)).toBe(0.5);
  });

  test('that others may read are refused', async () => {
    await makeCatalog(dir());
    const [name = ''] = await readdir(join(dir(), 'keys'));
    await chmod(join(dir(), 'keys', name), 0o644);
    await expect(setShare(0.5, 2)).rejects.toMatchObject({ code: 'document-invalid' });
  });
});
