import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { FeedEngine } from '../../electron/shell/updates/engine.ts';
import { addressOf, isInFeed } from '../../electron/shell/updates/executor.ts';
import {
  checkSignature,
  FeedManifest,
  manifestName,
  newerOffer,
  type Seen,
} from '../../electron/shell/updates/feed.ts';
import { feedSignature, publicKeyText } from '../../resources/dev/sign-feed.ts';
import { FakeFeed } from '../fakes/fake-feed.ts';

const nothingSeen: Seen = { newest: null, takenBack: [] };
const content = randomBytes(300_000);

describe('electron-updater behind a signed feed on loopback', () => {
  let feed: FakeFeed;
  let dir: string;
  const before = process.env['APPIMAGE'];

  beforeEach(async () => {
    feed = await FakeFeed.open();
    dir = mkdtempSync(join(tmpdir(), 'gl-update-'));
    process.env['APPIMAGE'] = join(dir, 'Gleaner.AppImage');
    writeFileSync(process.env['APPIMAGE'], 'the old one');
  });
  afterEach(async () => {
    await feed.close();
    rmSync(dir, { recursive: true });
    if (before === undefined) delete process.env['APPIMAGE'];
    else process.env['APPIMAGE'] = before;
  });

  const engine = (version = '1.0.0', id = 'an installation', now = Date.now()): FeedEngine =>
    new FeedEngine({
      feed: { url: feed.url, keys: [feed.keyText], authority: undefined, target: '/nowhere' },
      version,
      dir,
      id,
      open: feed.requests,
      now: () => now,
      log: silentLog,
    });
  const look = (channel: 'stable' | 'beta' = 'stable') => engine().look(channel, nothingSeen);

  it('finds a good version, downloads it, and says how far it is', async () => {
    feed.publish({ version: '1.1.0', content, more: ['notes: https://example.org/1.1.0'] });
    const updater = engine();
    const seen = await updater.look('stable', nothingSeen);
    expect(seen).toEqual({
      newest: '1.1.0',
      offer: { version: '1.1.0', notes: 'https://example.org/1.1.0' },
    });
    const told: number[] = [];
    const { path } = await updater.download((part) => told.push(part));
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(told.at(-1)).toBe(1);
    expect(path.startsWith(dir)).toBe(true);
    // Nobody is told who asks.
    for (const headers of feed.headers) expect(Object.keys(headers).join()).not.toMatch(/staging|cookie/i);
    // Nothing was replaced yet.
    expect(readFileSync(join(dir, 'Gleaner.AppImage'), 'utf8')).toBe('the old one');
  });

  it('refuses a file that is not what was signed, and takes the right one afterwards', async () => {
    feed.publish({ version: '1.1.0', content });
    const tampered = Buffer.from(content);
    tampered[1000] = (tampered[1000] ?? 0) ^ 1;
    feed.files.set('Gleaner-1.1.0.AppImage', tampered);
    const updater = engine();
    await updater.look('stable', nothingSeen);
    await expect(updater.download(() => undefined)).rejects.toMatchObject({ code: 'update-refused' });
    feed.files.set('Gleaner-1.1.0.AppImage', content);
    const { path } = await updater.download(() => undefined);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('refuses a manifest that was changed, before it asks for anything else', async () => {
    const name = feed.publish({ version: '1.1.0', content });
    const manifest = Buffer.from(feed.files.get(name) ?? []).toString();
    feed.files.set(name, Buffer.from(manifest.replace('version: 1.1.0', 'version: 9.9.9')));
    await expect(look()).rejects.toMatchObject({ code: 'update-refused' });
    expect(feed.asked).toEqual([`/gleaner/${name}.sig`, `/gleaner/${name}`]);
  });

  it('refuses a signature by a foreign key, one that is stale, and none at all', async () => {
    feed.publish({ version: '1.1.0', content, keys: [generateKeyPairSync('ed25519').privateKey] });
    await expect(look()).rejects.toMatchObject({ code: 'update-refused' });
    const name = feed.publish({ version: '1.1.0', content, days: 30 });
    const later = Date.now() + 31 * 86_400_000;
    await expect(engine('1.0.0', 'x', later).look('stable', nothingSeen)).rejects.toThrow('out of date');
    feed.files.set(`${name}.sig`, Buffer.from('{}'));
    await expect(look()).rejects.toMatchObject({ code: 'update-refused' });
    feed.files.delete(`${name}.sig`);
    await expect(look()).rejects.toMatchObject({ code: 'update-unreachable' });
  });

  it('takes either of two keys, so that one may follow the other', async () => {
    const next = generateKeyPairSync('ed25519').privateKey;
    feed.publish({ version: '1.1.0', content, keys: [next, feed.key] });
    expect((await look()).offer?.version).toBe('1.1.0');
  });

  it('refuses the manifest of another channel in the place of its own', async () => {
    const beta = feed.publish({ version: '2.0.0-beta.1', content, channel: 'beta' });
    const stable = manifestName('stable', process.platform, process.arch);
    for (const end of ['', '.sig']) feed.files.set(stable + end, feed.files.get(beta + end) ?? content);
    await expect(look()).rejects.toThrow('another file');
    expect((await look('beta')).offer?.version).toBe('2.0.0-beta.1');
  });

  it('takes no older version, nor the same, nor one behind what was signed before', async () => {
    for (const version of ['0.9.0', '1.0.0']) {
      feed.publish({ version, content });
      expect((await look()).offer).toBeNull();
    }
    feed.publish({ version: '1.1.0', content });
    await expect(engine().look('stable', { newest: '1.2.0', takenBack: [] })).rejects.toThrow('older');
    expect((await engine().look('stable', { newest: '1.1.0', takenBack: ['1.1.0'] })).offer).toBeNull();
  });

  it('takes no development version', async () => {
    feed.publish({ version: '1.1.0+devruntime', content });
    await expect(look()).rejects.toThrow('development');
  });

  it('comes to those first whom the rollout names', async () => {
    feed.publish({ version: '1.1.0', content, more: ['stagingPercentage: 50'] });
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const offers = await Promise.all(
      ids.map(async (id) => (await engine('1.0.0', id).look('stable', nothingSeen)).offer !== null),
    );
    expect(new Set(offers)).toEqual(new Set([true, false]));
  });

  it('loses nothing when a download is cut off, and begins again', async () => {
    feed.publish({ version: '1.1.0', content });
    let cut = 0;
    feed.intercept = (asked, response) => {
      if (asked.url?.endsWith('.AppImage') !== true || cut > 0) return false;
      cut += 1;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    const updater = engine();
    await updater.look('stable', nothingSeen);
    await expect(updater.download(() => undefined)).rejects.toMatchObject({ code: 'update-unreachable' });
    const { path } = await updater.download(() => undefined);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(cut).toBe(1);
  });

  it('ends a download when it is told to', async () => {
    feed.publish({ version: '1.1.0', content });
    const updater = engine();
    feed.intercept = (asked, response) => {
      if (asked.url?.endsWith('.AppImage') !== true) return false;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => {
        updater.cancel();
      });
      return true;
    };
    await updater.look('stable', nothingSeen);
    await expect(updater.download(() => undefined)).rejects.toThrow();
  });

  it('follows no redirect and takes no more than was signed', async () => {
    feed.publish({ version: '1.1.0', content });
    const updater = engine();
    await updater.look('stable', nothingSeen);
    const asks = feed.asked.length;
    feed.intercept = (_asked, response) => {
      response.writeHead(302, { location: `${feed.url}elsewhere.AppImage` }).end();
      return true;
    };
    await expect(updater.download(() => undefined)).rejects.toThrow('elsewhere');
    expect(feed.asked.length).toBe(asks + 1);
    feed.intercept = (_asked, response) => {
      response.writeHead(200).end(Buffer.concat([content, content]));
      return true;
    };
    await expect(updater.download(() => undefined)).rejects.toThrow('more than it may');
    await expect(look()).rejects.toThrow('more than it may');
  });

  it('says that the feed cannot be reached, without its address', async () => {
    await expect(look()).rejects.toMatchObject({ code: 'update-unreachable' });
    const updater = engine();
    await feed.close();
    await expect(updater.look('stable', nothingSeen)).rejects.toThrow(
      /^The feed of updates cannot be reached \(ECONNREFUSED\)\.$/,
    );
    feed = await FakeFeed.open();
  });
});

describe('a feed', () => {
  const keys = [generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('ed25519').privateKey];
  const [key = keys[0], other = keys[1]] = keys;

  it('is believed only byte by byte, under its name, by its key, in its time', () => {
    if (!key || !other) throw new Error('no keys');
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(7), (manifest, at, bit) => {
        const now = 1_700_000_000_000;
        const signature = Buffer.from(
          feedSignature({ file: 'latest.yml', manifest, keys: [key], now, days: 1 }),
        );
        const good = { manifest, signature, file: 'latest.yml', keys: [publicKeyText(key)], now };
        expect(checkSignature(good).file).toBe('latest.yml');
        const changed = Uint8Array.from(manifest);
        const where = at % changed.length;
        changed[where] = (changed[where] ?? 0) ^ (1 << bit);
        const bad = [
          { ...good, manifest: changed },
          { ...good, file: 'beta.yml' },
          { ...good, keys: [publicKeyText(other)] },
          { ...good, keys: [] },
          { ...good, now: now + 86_400_000 },
          {
            ...good,
            signature: Buffer.from(signature.toString().replace('"signedAt": "2', '"signedAt": "1')),
          },
        ];
        for (const attempt of bad) expect(() => checkSignature(attempt)).toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it('names plain files only', () => {
    const file = { sha512: Buffer.alloc(64).toString('base64'), size: 5 };
    const manifest = {
      version: '1.1.0',
      files: [{ ...file, url: 'a.AppImage' }],
      releaseDate: '2026-01-01T00:00:00Z',
    };
    expect(FeedManifest.safeParse(manifest).success).toBe(true);
    for (const url of [
      '../a.AppImage',
      '/a',
      'https://b.example/a',
      '//b/a',
      'a/b',
      'a?b',
      'a%2fb',
      '',
      '.a',
      'a\nb',
    ]) {
      expect(FeedManifest.safeParse({ ...manifest, files: [{ ...file, url }] }).success, url).toBe(false);
    }
  });

  it('never offers what is not newer, whatever was seen', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join('.'));
    fc.assert(
      fc.property(
        version,
        version,
        fc.option(version),
        fc.array(version),
        (offered, current, newest, takenBack) => {
          const manifest = FeedManifest.parse({
            version: offered,
            files: [{ url: 'a', sha512: Buffer.alloc(64).toString('base64'), size: 1 }],
            releaseDate: '2026-01-01T00:00:00Z',
          });
          let offer: FeedManifest | null = null;
          try {
            offer = newerOffer(manifest, current, { newest, takenBack });
          } catch {
            expect(newest).not.toBeNull();
          }
          if (offer === null) return;
          const rank = (text: string): number =>
            text.split('.').reduce((sum, part) => sum * 10 + Number(part), 0);
          expect(rank(offered)).toBeGreaterThan(rank(current));
          expect(takenBack).not.toContain(offered);
        },
      ),
    );
  });

  it('is one folder of one origin', () => {
    const base = 'https://updates.example.org/gleaner/';
    expect(isInFeed(`${base}a.AppImage?noCache=1`, base)).toBe(true);
    const others = [
      'https://updates.example.org/',
      'http://updates.example.org/gleaner/a',
      'https://updates.example.org:444/gleaner/a',
      `${base}../a`,
      'https://evil.example/gleaner/a',
      'nonsense',
    ];
    for (const address of others) expect(isInFeed(address, base), address).toBe(false);
    expect(addressOf({ protocol: 'https:', hostname: 'a', port: 8443, path: '/b' })).toBe('https://a:8443/b');
  });
});
