import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { followCatalog, plantRoot, readStatement } from '../../electron/grid/condor/catalog.ts';
import { parseEnrolment } from '../../electron/grid/condor/enrolment.ts';
import type { Documents } from '../../electron/grid/condor/messages.ts';
import { changeCatalog } from '../../electron/pool/catalog.ts';
import { documentBytes } from '../../electron/pool/init.ts';
import { Spill } from '../../electron/pool/spill.ts';
import { publishStatement } from '../../electron/pool/statement-publish.ts';
import { FakeWeb } from '../fakes/fake-web.ts';
import { enrolment } from './condor-fixture.ts';
import { makeCatalog, poolName } from './pool-fixture.ts';

/** How a host reads a pool's catalog: the product's own, behind a fake web. */

let dir = '';
let web: FakeWeb;
/** What the web server hands out. */
let served = '';
let asked: string[] = [];
let down: number | null = null;

const dayMs = 86_400_000;
const origin = 'http://pool.example.org';
const made = (): string => join(dir, 'catalog');
const place = () => ({ url: `${origin}/`, pool: poolName, dir: join(dir, 'host') });
const way = () => ({ gatewayPath: web.gatewayPath, authorities: null, clock: systemClock });
const follow = (): Promise<Documents> => followCatalog(way(), place());

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-cat-'));
  web = await FakeWeb.start(dir);
  await makeCatalog(made());
  served = join(made(), 'public');
  asked = [];
  down = null;
  await web.add(origin, ({ url }, answer) => {
    const path = new URL(url).pathname;
    asked.push(path);
    void (async () => {
      const bytes = await readFile(join(served, path)).catch(() => null);
      if (down !== null || bytes === null) answer.writeHead(down ?? 404).end();
      else {
        const tag = `"${bytes.length}-${path.includes('timestamp') ? bytes.toString('base64').slice(-40) : ''}"`;
        const isSame = answer.req.headers['if-none-match'] === tag;
        answer.writeHead(isSame ? 304 : 200, { ETag: tag }).end(isSame ? undefined : bytes);
      }
    })();
    return undefined;
  });
  await plantRoot(place().dir, JSON.parse(await readFile(join(served, 'metadata/1.root.json'), 'utf8')));
});
afterEach(async () => {
  await web.stop();
  await rm(dir, { recursive: true, force: true });
});

async function setShare(share: number, version: number): Promise<void> {
  await changeCatalog(made(), Date.now, async (catalog) => {
    const bytes = documentBytes({ schema: 1, pool: poolName, share });
    await catalog.commit({ targets: [{ path: 'policy.json', bytes, version }] });
  });
}

const refused = { code: 'pool-document-refused' };

describe('a host', () => {
  test('takes policy and tariff, and hears of a change', async () => {
    const first = await follow();
    expect(first).toMatchObject({
      changed: true,
      policy: { share: 1 },
      tariff: { unit: 'points' },
      statements: [],
    });
    expect(first.expiresAt).toBeGreaterThan(Date.now() + 10 * dayMs);
    expect(await follow()).toMatchObject({ changed: false });
    await setShare(0.5, 2);
    const next = await follow();
    expect(next).toMatchObject({ changed: true, policy: { share: 0.5 } });
    expect(next.version).toBeGreaterThan(first.version);
  });

  test('asks for nothing but the next root and the timestamp while nothing is new', async () => {
    await follow();
    asked = [];
    await follow();
    expect(asked.sort()).toEqual(['/metadata/2.root.json', '/metadata/timestamp.json']);
  });

  test('goes on with what it has when the server fails, whatever the failure', async () => {
    await follow();
    for (down of [500, 302, 418]) {
      await expect(follow()).rejects.toMatchObject({ code: 'grid-unreachable' });
    }
    down = null;
    expect(await follow()).toMatchObject({ changed: false });
  });

  test('reads on after a crash in the middle of writing what it had seen', async () => {
    await follow();
    const metadata = join(place().dir, 'metadata');
    for (const name of await readdir(metadata)) await writeFile(join(metadata, name), '{"signed":');
    expect(await follow()).toMatchObject({ policy: { share: 1 } });
  });
});

describe('a host refuses', () => {
  test('a catalog that was rolled back, in whole or by its timestamp', async () => {
    const old = join(dir, 'old');
    await cp(served, old, { recursive: true });
    await setShare(0.5, 2);
    await follow();
    const now = served;
    served = old;
    await expect(follow()).rejects.toMatchObject(refused);
    served = now;
    await cp(join(old, 'metadata/timestamp.json'), join(now, 'metadata/timestamp.json'));
    await expect(follow()).rejects.toMatchObject(refused);
  });

  test('metadata that somebody else has signed', async () => {
    const other = join(dir, 'other');
    await makeCatalog(other);
    served = join(other, 'public');
    await expect(follow()).rejects.toMatchObject(refused);
  });

  test('a policy whose bytes are not those that were signed', async () => {
    const targets = join(served, 'targets');
    const [policy = ''] = (await readdir(targets)).filter((name) => name.endsWith('policy.json'));
    const text = await readFile(join(targets, policy), 'utf8');
    await writeFile(join(targets, policy), text.replace('"share": 1', '"share": 0'));
    await expect(follow()).rejects.toMatchObject(refused);
  });

  test('a catalog that nobody has signed for too long', async () => {
    const stale = join(dir, 'stale');
    await makeCatalog(stale, { now: Date.now() - 30 * dayMs });
    served = join(stale, 'public');
    await plantRoot(place().dir, JSON.parse(await readFile(join(served, 'metadata/1.root.json'), 'utf8')));
    await expect(follow()).rejects.toMatchObject(refused);
  });

  test('documents of another pool, and a root that is none', async () => {
    const other = join(dir, 'other');
    await makeCatalog(other, { pool: 'elsewhere.example.org' });
    served = join(other, 'public');
    await plantRoot(place().dir, JSON.parse(await readFile(join(served, 'metadata/1.root.json'), 'utf8')));
    await expect(follow()).rejects.toThrow('of another pool');
    await rm(place().dir, { recursive: true });
    await plantRoot(place().dir, { signed: 7 });
    await expect(follow()).rejects.toMatchObject(refused);
  });
});

describe('a statement', () => {
  const period = '2026-10-01_2026-11-01';
  const from = Date.parse('2026-10-01T00:00:00Z');
  const frame = { pool: poolName, period, from, to: from + 31 * dayMs, unit: 'points', tariff: 1 };
  const read = (host = 'pc17') => readStatement(way(), { ...place(), period, host });

  beforeEach(async () => {
    await changeCatalog(made(), Date.now, async (catalog) => {
      const spill = await Spill.open(join(dir, 'spill'));
      for (const [host, amount] of [
        ['pc17', 1.5],
        ['pc18', 2],
      ] as const) {
        await spill.add(host, {
          job: 'cm#1.0#1',
          run: 1,
          startedAt: from,
          endedAt: from + 1000,
          cores: 1,
          memoryBytes: 0,
          cpuSeconds: 1,
          frozenSeconds: 0,
          amount,
          late: false,
        });
      }
      await publishStatement(catalog, frame, spill, false);
      await spill.dispose();
    });
  });

  const contentOf = async (word: string): Promise<string> => {
    const folder = join(served, 'targets/statements');
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), 'utf8');
      if (/^[0-9a-f]{64}[.]json$/.test(name) && text.includes(word)) return join(folder, name);
    }
    throw new Error(`nothing says ${word}`);
  };

  test('is told of, and is each host’s own', async () => {
    expect((await follow()).statements).toMatchObject([{ period }]);
    expect((await read())?.statement).toMatchObject({ host: 'pc17', amount: 1.5 });
    expect((await read('pc18'))?.statement).toMatchObject({ host: 'pc18', amount: 2 });
    expect(await read('pc19')).toBeNull();
  });

  test('that was forged is refused, and so is one that was put in another’s place', async () => {
    const own = await contentOf('"pc17"');
    const text = await readFile(own, 'utf8');
    await writeFile(own, text.replace('1.5', '9.5'));
    await expect(read()).rejects.toMatchObject(refused);
    await cp(await contentOf('"pc18"'), own);
    await expect(read()).rejects.toMatchObject(refused);
    await rm(own);
    await expect(read()).rejects.toMatchObject(refused);
  });
});

describe('an enrolment', () => {
  test('is what it should be, or refused without a word of its token', () => {
    expect(parseEnrolment(JSON.stringify(enrolment))).toEqual(enrolment);
    const bad = [
      '',
      '[]',
      JSON.stringify({ ...enrolment, kind: 'other' }),
      JSON.stringify({ ...enrolment, token: `${enrolment.token} more` }),
      JSON.stringify({ ...enrolment, collector: { address: 'localhost', port: 9618 } }),
      JSON.stringify({ ...enrolment, catalog: { ...enrolment.catalog, url: 'file:///etc/passwd' } }),
    ];
    for (const text of bad) {
      let message = '';
      try {
        parseEnrolment(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'enrolment-invalid' });
        message = String(error);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain(enrolment.token);
    }
  });
});
