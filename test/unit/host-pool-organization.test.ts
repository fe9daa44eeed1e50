import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamLog } from '../../electron/base/log.ts';
import { type EffectiveSettings, GleanerError } from '../../electron/contract/index.ts';
import { PoolOrganization } from '../../electron/host/pool-organization.ts';
import { Problems } from '../../electron/host/problems.ts';
import { eventually } from '../fixtures/eventually.ts';
import { CondorFixture, enrolment } from './condor-fixture.ts';
import { effectiveOf } from './policy-fixture.ts';

let dir = '';
let file = '';
let fixture: CondorFixture;
let organization: PoolOrganization;
let effective: EffectiveSettings;
let permitted: boolean;
let told: string[];
const tokens = new Map<string, string>();
let problems: Problems;

const secret = 'c2VjcmV0.b2YtdGhlLWNvbXBhbnk.c2lnbmVk';

function lay(path: string, changes: object = {}, mode = 0o600): void {
  writeFileSync(path, JSON.stringify({ ...enrolment, token: secret, ...changes }), { mode });
  chmodSync(path, mode);
}

/** The profile of this organization names these files. */
function name(by: string, ...paths: readonly string[]): void {
  const pools = paths.map((path) => ({ enrolment: path, share: 50 }));
  effective = effectiveOf(
    { 'grids.pools': pools },
    { organization: by, sources: { 'grids.pools': 'locked' } },
  );
  organization.follow();
  fixture.clock.advance(0);
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-pool-organization-'));
  file = join(dir, 'pool.json');
  fixture = new CondorFixture(dir);
  permitted = true;
  problems = new Problems(() => undefined);
  told = [];
  tokens.clear();
  effective = effectiveOf();
  const { store } = fixture;
  organization = new PoolOrganization({
    pools: {
      list: () => store.pools(),
      requirePermitted: (pool) => {
        if (!permitted) throw new GleanerError('grid-not-permitted', `${pool} is not permitted.`);
      },
      keep: (found, share, managedBy) => {
        const { id } = store.join({ enrolment: found, share, managedBy, contacts: [] });
        tokens.set(id, found.token);
        return Promise.resolve(undefined as never);
      },
      renew: (id, { token }, managedBy) => {
        store.setManagedBy(id, managedBy);
        tokens.set(id, token);
        return Promise.resolve();
      },
      set: (id, values) => {
        store.change(id, values);
        return undefined as never;
      },
      leave: (id) => {
        store.leave(id);
        store.left(id);
        return Promise.resolve();
      },
    },
    effective: () => effective,
    problems: problems.of('pools'),
    clock: fixture.clock,
    log: streamLog({ write: (line) => told.push(line) }),
  });
});

afterEach(async () => {
  await organization.dispose();
  fixture.close();
  rmSync(dir, { recursive: true, force: true });
});

const joined = () =>
  fixture.store.pools().map(({ membership, managedBy, share }) => [membership.pool, managedBy, share]);
const problem = () => problems.list().map(({ code, sentence }) => `${code}: ${sentence}`);
const joinedAre = (pools: readonly unknown[]) =>
  eventually(() => {
    expect(joined()).toEqual(pools);
  });
const problemIs = (text: string) =>
  eventually(() => {
    expect(problem()).toEqual([expect.stringContaining(text)]);
  });
const ofAcme = ['pool.example.org', 'ACME', 50] as const;

test('a pool that the profile names is joined by its file, and left once it is named no more', async () => {
  lay(file);
  name('ACME', file);
  await joinedAre([ofAcme]);
  expect([...tokens.values()]).toEqual([secret]);
  name('ACME');
  await joinedAre([]);
});

test('a file that is not the host’s alone is refused, until it is', async () => {
  lay(file, {}, 0o644);
  name('ACME', file);
  await problemIs(
    `enrolment-invalid: A pool of your organization is not joined (${file}): The file can be opened by others.`,
  );
  expect(joined()).toEqual([]);
  chmodSync(file, 0o600);
  // It tries again by itself.
  await eventually(() => {
    expect(fixture.clock.pending).toBe(1);
  });
  fixture.clock.advance(120_000);
  await joinedAre([ofAcme]);
  await eventually(() => {
    expect(problem()).toEqual([]);
  });
});

test.each([
  ['is not there', () => undefined],
  [
    'is a link',
    () => {
      lay(`${file}.real`);
      symlinkSync(`${file}.real`, file);
    },
  ],
  [
    'is no JSON',
    () => {
      writeFileSync(file, secret, { mode: 0o600 });
    },
  ],
  [
    'token is not as it should be',
    () => {
      lay(file, { token: `${secret} and more` });
    },
  ],
  [
    'has expired',
    () => {
      lay(file, { expiresAt: 1 });
    },
  ],
])('one that %s is told without a word of the secret', async (why, make) => {
  make();
  name('ACME', file);
  await problemIs(why);
  expect(joined()).toEqual([]);
  expect(JSON.stringify([problem(), told])).not.toContain(secret.slice(0, 8));
});

test('one that is not permitted is not joined', async () => {
  permitted = false;
  lay(file);
  name('ACME', file);
  await problemIs('grid-not-permitted: ');
  expect(joined()).toEqual([]);
});

test('a new token in the file is taken over, and another pool in it replaces the first', async () => {
  lay(file);
  name('ACME', file);
  await joinedAre([ofAcme]);
  const renewed = secret.replace('c2VjcmV0', 'bmV3');
  lay(file, { token: renewed });
  name('ACME Ltd', file);
  await joinedAre([['pool.example.org', 'ACME Ltd', 50]]);
  await eventually(() => {
    expect([...tokens.values()]).toEqual([renewed]);
  });
  lay(file, { pool: 'other.example.org' });
  name('ACME', file);
  await joinedAre([['other.example.org', 'ACME', 50]]);
});

test('a file that cannot be read now costs no membership', async () => {
  lay(file);
  name('ACME', file);
  await joinedAre([ofAcme]);
  chmodSync(file, 0o644);
  name('ACME Ltd', file);
  await problemIs('can be opened by others');
  expect(joined()).toEqual([ofAcme]);
});

test('what a person names so is not heeded', async () => {
  lay(file);
  effective = effectiveOf({ 'grids.pools': [{ enrolment: file, share: 50 }] });
  organization.follow();
  fixture.clock.advance(0);
  // It waits for what it has begun.
  await organization.dispose();
  expect(joined()).toEqual([]);
});
