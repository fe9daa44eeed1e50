import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError, type SettingsLayer } from '../../electron/contract/index.ts';
import { plainly } from '../../electron/contract/said.ts';
import type { ManagedAccount, ManagerReply, ProjectFacts } from '../../electron/grid/boinc/messages.ts';
import type { BoincGrids } from '../../electron/host/boinc-grids.ts';
import type { ManagedJoins } from '../../electron/host/managed-joins.ts';
import { ManagerDesk } from '../../electron/host/manager-desk.ts';
import { Organization } from '../../electron/host/organization.ts';
import { Problems } from '../../electron/host/problems.ts';
import { SealedFiles } from '../../electron/host/sealed.ts';
import { KeyFiles } from '../../electron/host/secrets-file.ts';
import type { WebDesk } from '../../electron/host/web-desk.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeManagedGrids } from '../fakes/fake-managed-grids.ts';
import { managedAccount as account, organizationProject as project } from './host-grids-fixture.ts';
import { effectiveOf } from './policy-fixture.ts';

const hour = 3_600_000;
const settled = () => new Promise((resolve) => setImmediate(resolve));

const asGrids = (grids: FakeManagedGrids): BoincGrids => grids as unknown as BoincGrids;
const asJoins = (grids: FakeManagedGrids): ManagedJoins => grids as unknown as ManagedJoins;
let clock: FakeClock;
let grids: FakeManagedGrids;
let problems: Problems;
let settings: SettingsLayer;
let broken: boolean;
let dir = '';
beforeEach(() => {
  clock = new FakeClock();
  grids = new FakeManagedGrids();
  problems = new Problems(() => undefined);
  settings = {};
  broken = false;
  dir = mkdtempSync(join(tmpdir(), 'gleaner-managed-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function organization(): Organization {
  return new Organization({
    grids: asGrids(grids),
    joins: asJoins(grids),
    effective: () => effectiveOf(settings, { broken }),
    problems,
    clock,
    log: silentLog,
  });
}

async function follow(desk: Organization): Promise<void> {
  desk.follow();
  clock.advance(0);
  await settled();
}

test('an organization’s projects are joined, and left when they are named no more', async () => {
  const desk = organization();
  settings = { 'grids.boinc': [project('https://a.example/'), project('https://b.example/')] };
  await follow(desk);
  expect(grids.story).toEqual(['join https://a.example/', 'join https://b.example/']);
  // The same settings ask for nothing new.
  await follow(desk);
  expect(grids.story).toHaveLength(2);
  settings = { 'grids.boinc': [project('https://b.example', { share: 7 })] };
  await follow(desk);
  expect(grids.story.slice(2)).toEqual(['leave boinc-0 by organization', 'follow boinc-1 with 7']);
  await desk.dispose();
});

test('one that cannot be joined is told, and tried again', async () => {
  const desk = organization();
  grids.refuse.set('https://a.example/', new GleanerError('grid-unreachable', 'It does not answer.'));
  settings = { 'grids.boinc': [project('https://a.example/')] };
  await follow(desk);
  expect(problems.get('project https://a.example/')).toMatchObject({
    code: 'grid-unreachable',
    sentence: 'A project of your organization is not joined: It does not answer.',
  });
  grids.refuse.clear();
  clock.advance(10 * 60_000);
  await settled();
  expect(grids.story).toEqual(['join https://a.example/']);
  expect(problems.get('project https://a.example/')).toBeUndefined();
  expect(clock.pending).toBe(0);
  await desk.dispose();
});

test('a profile that is broken for a while hides nothing that it names once it is mended', async () => {
  const desk = organization();
  settings = { 'grids.boinc': [project('https://a.example/')] };
  broken = true;
  await follow(desk);
  expect(grids.story).toEqual([]);
  broken = false;
  await follow(desk);
  expect(grids.story).toEqual(['join https://a.example/']);
  await desk.dispose();
});

const facts: ProjectFacts = {
  kind: 'manager',
  url: 'https://manager.example/',
  name: 'Manager',
  platforms: [],
  canCreateAccount: false,
  usesName: true,
  minPasswordLength: 6,
  terms: null,
  schedulers: [],
  signingKey: 'key of the manager',
};
function managed() {
  const waiting: (() => void)[] = [];
  const asked: {
    passwordHash: string;
    opaque: string | null;
    signingKey: string | null;
    hostCpid: string;
  }[] = [];
  const world = {
    accounts: [] as ManagedAccount[],
    failure: null as GleanerError | null,
    kind: 'manager' as ProjectFacts['kind'],
  };
  const web = {
    lookup: () => Promise.resolve({ facts: { ...facts, kind: world.kind } }),
    syncManager: (input: (typeof asked)[number] & { facts: ProjectFacts }): Promise<ManagerReply> => {
      if (world.failure) return Promise.reject(world.failure);
      asked.push({ ...input, signingKey: input.facts.signingKey });
      return Promise.resolve({
        name: 'Manager',
        userName: 'Somebody',
        opaque: `opaque ${asked.length}`,
        signingKey: 'another key',
        repeatSeconds: 3600,
        accounts: world.accounts,
        refused: [forged],
      });
    },
  } as unknown as WebDesk;
  const make = (): ManagerDesk => {
    const desk = new ManagerDesk({
      web,
      grids: asGrids(grids),
      joins: asJoins(grids),
      sealed: new SealedFiles(dir, new KeyFiles(dir)),
      clock,
      log: silentLog,
      onChange: () => {
        for (const resolve of waiting.splice(0)) resolve();
      },
    });
    desk.begin();
    return desk;
  };
  /** Resolves when something of the manager has changed. */
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
    });
  return { asked, world, make, changed };
}

const forged = {
  url: 'https://forged.example/',
  sentence: 'The account manager’s signature for it is not right.',
  said: plainly('refused.signature'),
};
const login = { url: 'manager.example', name: 'Some@Body', password: 'a password', allowPrivate: false };

test('a manager is asked with a hash, obeyed, and asked again in its own time', async () => {
  const { asked, world, make, changed } = managed();
  const desk = make();
  world.accounts = [account('https://a.example/'), account('https://b.example/', { suspended: true })];
  const view = await desk.join(login);
  expect(view).toMatchObject({
    name: 'Manager',
    userName: 'Somebody',
    nextAt: clock.now() + hour,
    refused: [forged],
  });
  // md5 of the password and the name in lower case.
  expect(asked[0]?.passwordHash).toBe('3de4b451ba2d24768745f4a4659b7268');
  expect(grids.story).toEqual([
    'join https://a.example/',
    'set boinc-0 {"share":50,"noNewWork":false,"suspended":false}',
    'join https://b.example/',
    'set boinc-1 {"share":50,"noNewWork":false,"suspended":true}',
  ]);
  world.accounts = [account('https://a.example/', { detach: true })];
  clock.advance(hour);
  await changed();
  expect(asked.map(({ opaque }) => opaque)).toEqual([null, 'opaque 1']);
  expect(asked[1]).toMatchObject({ signingKey: 'key of the manager', hostCpid: asked[0]?.hostCpid });
  expect(grids.story.slice(4)).toEqual(['leave boinc-0 by manager']);
  await desk.dispose();
});

test('nothing of the password lies in the open, and a new host goes on with the manager', async () => {
  const { asked, make } = managed();
  const first = make();
  await first.join(login);
  await first.dispose();
  for (const name of readdirSync(dir)) {
    const content = readFileSync(join(dir, name));
    expect(content.includes('a password')).toBe(false);
    expect(content.includes(asked[0]?.passwordHash ?? '')).toBe(false);
  }
  const second = make();
  await second.recover();
  second.begin();
  expect(second.view()).toMatchObject({ name: 'Manager', nextAt: clock.now() + hour });
  await second.sync();
  expect(asked).toHaveLength(2);
  await second.dispose();
});

test('a project that the person has joined stays theirs, and one that is not permitted is told', async () => {
  const { world, make } = managed();
  const desk = make();
  grids.projects = [
    {
      id: 'boinc-mine',
      url: 'https://a.example/',
      name: 'A',
      share: 1,
      managedBy: { kind: 'person', name: null },
      named: null,
      hostId: null,
      suspended: false,
      noNewWork: false,
    },
  ];
  grids.refuse.set('https://b.example/', new GleanerError('grid-not-permitted', 'It is not permitted.'));
  world.accounts = [account('https://a.example/', { detach: true }), account('https://b.example/')];
  const { refused } = await desk.join(login);
  expect(grids.story).toEqual([]);
  expect(refused.slice(1)).toEqual([
    expect.objectContaining({
      url: 'https://a.example/',
      sentence: 'It is joined already, and not by the manager.',
    }),
    {
      url: 'https://b.example/',
      sentence: 'It is not permitted.',
      said: {
        code: 'failure',
        values: { failure: 'grid-not-permitted', sentence: 'It is not permitted.' },
      },
    },
  ]);
  await desk.dispose();
});

test('a project that is to go when it is done gets no more work, and goes', async () => {
  const { world, make } = managed();
  const desk = make();
  world.accounts = [account('https://a.example/', { detachWhenDone: true })];
  grids.tasks = { running: 1, unreported: 0 };
  await desk.join(login);
  expect(grids.story).toEqual([
    'join https://a.example/',
    'set boinc-0 {"share":50,"noNewWork":true,"suspended":false}',
  ]);
  // What is over is lost with the project until it is reported.
  grids.tasks = { running: 0, unreported: 1 };
  await desk.sync();
  grids.tasks = { running: 0, unreported: 0 };
  expect(grids.story.filter((one) => one.startsWith('leave'))).toEqual([]);
  await desk.sync();
  expect(grids.story.slice(4)).toEqual(['leave boinc-0 by manager']);
  await desk.dispose();
});

test('a refused account joins nothing; a manager that fails later is told and tried again', async () => {
  const { asked, world, make, changed } = managed();
  const desk = make();
  world.failure = new GleanerError('account-refused', 'The password is wrong.');
  await expect(desk.join(login)).rejects.toMatchObject({ code: 'account-refused' });
  expect(desk.view()).toBeNull();
  world.failure = null;
  await desk.join(login);
  world.failure = new GleanerError('grid-unreachable', 'It does not answer.');
  await expect(desk.sync()).rejects.toMatchObject({ code: 'grid-unreachable' });
  expect(desk.view()).toMatchObject({ failure: { code: 'grid-unreachable' } });
  world.failure = null;
  clock.advance(10 * 60_000);
  await changed();
  expect(desk.view()?.failure).toBeNull();
  expect(asked).toHaveLength(2);
  await desk.dispose();
});

test('a clock that ran ahead and is set right makes no manager fall silent', async () => {
  const { asked, make, changed } = managed();
  const year = 365 * 24 * hour;
  clock.jump(year);
  const first = make();
  await first.join(login);
  clock.jump(-year);
  // The one that goes on as well as the next host.
  clock.advance(hour);
  clock.advance(hour);
  await changed();
  expect(asked).toHaveLength(2);
  clock.jump(year);
  await first.sync();
  await first.dispose();
  clock.jump(-year);
  const second = make();
  await second.recover();
  second.begin();
  expect(second.view()?.nextAt).toBe(clock.now() + hour);
  clock.advance(hour);
  await changed();
  expect(asked).toHaveLength(4);
  await second.dispose();
});

test('leaving it leaves its projects, or hands them to the person', async () => {
  const { world, make } = managed();
  const desk = make();
  world.accounts = [account('https://a.example/')];
  await desk.join(login);
  await expect(desk.join(login)).rejects.toMatchObject({ code: 'already-joined' });
  await desk.leave(false);
  expect(grids.story.at(-1)).toBe('adopt boinc-0');
  expect(desk.view()).toBeNull();
  await expect(desk.sync()).rejects.toMatchObject({ code: 'not-joined' });
  await desk.join(login);
  await desk.leave(true);
  expect(grids.story.at(-1)).toBe('leave boinc-0 by manager');
  expect(readdirSync(dir)).toEqual(['sealed.key']);
  await desk.dispose();
});

test('one whose projects cannot be left goes on being heard', async () => {
  const { asked, world, make, changed } = managed();
  const desk = make();
  world.accounts = [account('https://a.example/')];
  await desk.join(login);
  grids.refuse.set('boinc-0', new GleanerError('wrong-phase', 'It is busy.'));
  await expect(desk.leave(true)).rejects.toThrow('It is busy.');
  grids.refuse.clear();
  clock.advance(24 * hour);
  await changed();
  expect(asked).toHaveLength(2);
  await desk.dispose();
});

test('the address of a project is no manager', async () => {
  const { world, make } = managed();
  const desk = make();
  world.kind = 'project';
  await expect(desk.join(login)).rejects.toMatchObject({ code: 'grid-unsupported' });
  await desk.dispose();
});
